"""The desk's door to tokens."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from jobdesk.clock import Clock
from jobdesk.domain import token
from jobdesk.domain.parsing import check_name
from jobdesk.domain.token import Token
from jobdesk.store import tokens
from jobdesk.store.database import Database

_FRESH = 1.0
"""Seconds for which a look at all tokens is good: a revoked one is out by then."""
_NOTED = timedelta(minutes=1)
"""How exactly the last use is known."""


class Tokens:
    """Who may come in over HTTP: ``desk.tokens``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock
        self._guard = threading.Lock()
        self._known: dict[str, Token] = {}
        self._looked: float | None = None
        self._noted: dict[int, datetime] = {}

    def create(self, name: str, *, allow_scripts: bool = False) -> str:
        """A new token, which is shown this once: only its hash is kept. With
        ``allow_scripts`` it may have programs run on this computer."""
        check_name(name, "name")
        secret = token.new_secret()
        hashed, now = token.digest(secret), self._clock.now()
        self._db.writer.run(
            lambda tx: tokens.add(tx, name, hashed, allow_scripts=allow_scripts, now=now)
        )
        self._looked = None
        return secret

    def all(self) -> list[Token]:
        """The tokens that are not revoked, by name."""
        with self._db.reading() as conn:
            return tokens.all_tokens(conn)

    def revoke(self, name: str) -> None:
        """Let nobody in with it any more. NotFound where there is none of that name."""
        now = self._clock.now()
        self._db.writer.run(lambda tx: tokens.revoke(tx, name, now))
        self._looked = None

    def check(self, secret: str) -> Token | None:
        """Whose token this is, if anybody's; a revoked one is out within a second.

        The time that it takes tells nothing: a hash is looked up, not the secret, and
        whoever could choose hashes at will would have broken SHA-256.
        """
        now, hashed = self._clock.monotonic(), token.digest(secret)
        with self._guard:
            found = None
            if self._looked is not None and now - self._looked <= _FRESH:
                found = self._match(hashed)
            if found is None:  # it may just have been made
                with self._db.reading() as conn:
                    self._known = tokens.hashes(conn)
                self._looked = now
                found = self._match(hashed)
        if found is not None:
            self._note_use(found.id)
        return found

    def _match(self, hashed: str) -> Token | None:
        """Compared in constant time all the same, and with each that there is."""
        found = None
        for known, one in self._known.items():
            if token.same(known, hashed):
                found = one
        return found

    def _note_use(self, token_id: int) -> None:
        now = self._clock.now()
        noted = self._noted.get(token_id)
        if noted is None or abs(now - noted) >= _NOTED:
            self._noted[token_id] = now
            self._db.writer.submit(lambda tx: tokens.used(tx, token_id, now))
