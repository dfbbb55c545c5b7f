"""The desk's door to signing: the secret that requests are signed with, and its change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobdesk.desk.vault import VaultDoor
from jobdesk.domain.errors import InvalidInput, NotAllowed
from jobdesk.domain.references import MAX_SECRET, hide
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.signing import CURRENT, PREVIOUS
from jobdesk.store import preferences, secrets
from jobdesk.store.database import Database

SHORT = 16
"""Characters below which a secret can be guessed by trying."""


@dataclass(frozen=True, slots=True)
class SigningStatus:
    """Whether requests are signed, ``rotating``: with the secret before this one, too.
    ``place`` (keyring or file) and ``since`` are None where none is set."""

    on: bool
    rotating: bool
    place: str | None
    since: datetime | None
    header: str
    timestamp_header: str


class Signing:
    """How outgoing requests are signed: ``desk.signing``."""

    def __init__(self, database: Database, vault: VaultDoor) -> None:
        self._db, self._vault = database, vault

    def status(self) -> SigningStatus:
        with self._db.reading() as conn:
            noted = {one.name: one for one in secrets.all_secrets(conn)}
            settings = preferences.load(conn)
        current = noted.get(CURRENT)
        return SigningStatus(
            on=current is not None,
            rotating=current is not None and PREVIOUS in noted,
            place=current.place if current else None,
            since=current.updated_at if current else None,
            header=settings.signing_header,
            timestamp_header=settings.signing_timestamp_header,
        )

    def set(self, secret: str, *, replace: bool = False) -> SigningStatus:
        """Sign from now on. Where a secret is set already this is :meth:`rotate`, so that
        no receiver is locked out by mistake; with ``replace`` the old one is dropped."""
        _check(secret)
        if self.status().on and not replace:
            return self.rotate(secret)
        self._vault.keep(CURRENT, secret)
        self._vault.forget(PREVIOUS)
        return self.status()

    def rotate(self, secret: str) -> SigningStatus:
        """Sign with a new secret, and with the old one beside it until :meth:`finish`.

        Raises NotAllowed where none is set, and while an earlier change is not finished.
        """
        _check(secret)
        status = self.status()
        if not status.on:
            raise NotAllowed("no signing secret is set, so there is none to change: set one")
        old = self._vault.values([CURRENT]).get(CURRENT)
        if old == secret:
            return status
        if status.rotating:
            raise NotAllowed(
                "the change to the present signing secret is not finished: finish it, or replace"
                " both, which drops them at once"
            )
        if old is not None:
            self._vault.keep(PREVIOUS, old)
        self._vault.keep(CURRENT, secret)
        return self.status()

    def finish(self) -> SigningStatus:
        """Every receiver knows the new secret: drop the old one."""
        if not self.status().rotating:
            raise NotAllowed("no change of the signing secret is under way")
        self._vault.forget(PREVIOUS)
        return self.status()

    def remove(self) -> SigningStatus:
        """Sign no more."""
        if not self.status().on:
            raise NotAllowed("no signing secret is set")
        self._vault.forget(CURRENT)
        self._vault.forget(PREVIOUS)
        return self.status()

    def name_headers(
        self, header: str | None = None, timestamp_header: str | None = None
    ) -> SigningStatus:
        """What the headers are called from now on; None leaves a name as it is."""
        with self._db.reading() as conn:
            values = dict(preferences.load(conn))
        if header is not None:
            values["signing_header"] = header
        if timestamp_header is not None:
            values["signing_timestamp_header"] = timestamp_header
        settings = EngineSettings(**values)
        self._db.writer.run(lambda tx: preferences.save(tx, settings))
        return self.status()


def _check(secret: object) -> None:
    if not isinstance(secret, str) or not secret:
        raise InvalidInput("secret", "", "a signing secret that is not empty")
    hidden = hide(secret)
    try:
        size = len(secret.encode())
    except UnicodeEncodeError:
        raise InvalidInput("secret", hidden, "text that is valid Unicode") from None
    if size > MAX_SECRET:
        raise InvalidInput("secret", hidden, f"at most {MAX_SECRET:,} bytes")
    if "\0" in secret:
        raise InvalidInput("secret", hidden, "text without NUL characters")
