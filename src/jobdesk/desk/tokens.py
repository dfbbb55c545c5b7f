"""The desk's door to tokens."""

from __future__ import annotations

from jobdesk.clock import Clock
from jobdesk.domain import token
from jobdesk.domain.parsing import check_name
from jobdesk.domain.token import Token
from jobdesk.store import tokens
from jobdesk.store.database import Database


class Tokens:
    """Who may come in over HTTP: ``desk.tokens``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock

    def create(self, name: str, *, allow_scripts: bool = False) -> str:
        """A new token, which is shown this once: only its hash is kept. With
        ``allow_scripts`` it may have programs run on this computer."""
        check_name(name, "name")
        secret = token.new_secret()
        hashed, now = token.digest(secret), self._clock.now()
        self._db.writer.run(
            lambda tx: tokens.add(tx, name, hashed, allow_scripts=allow_scripts, now=now)
        )
        return secret

    def all(self) -> list[Token]:
        """The tokens that are not revoked, by name."""
        with self._db.reading() as conn:
            return tokens.all_tokens(conn)

    def revoke(self, name: str) -> None:
        """Let nobody in with it any more. NotFound where there is none of that name."""
        now = self._clock.now()
        self._db.writer.run(lambda tx: tokens.revoke(tx, name, now))
