"""The vault together with what the store notes of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from jobdesk.clock import Clock
from jobdesk.store import secrets
from jobdesk.store.database import Database
from jobdesk.vault import Vault


class VaultDoor:
    """Keeps values in the vault, and their names in the store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock

    @cached_property
    def vault(self) -> Vault:
        """Opened when first asked for: a wrong JOBDESK_VAULT is nobody else's trouble."""
        return Vault.open(self._db.home)

    def values(self, names: Iterable[str]) -> dict[str, str]:
        return self.vault.get_all(names)

    def keep(self, name: str, value: str) -> None:
        """Keep a value; the vault first, so that no name is noted for nothing."""
        place = self.vault.set(name, value)
        now = self._clock.now()
        self._db.writer.run(lambda tx: secrets.note(tx, name, place, now))

    def forget(self, name: str) -> bool:
        """Forget a value; whether there was one."""
        was_there = name in self.vault.get_all([name])
        self.vault.delete(name)
        return self._db.writer.run(lambda tx: secrets.forget(tx, name)) or was_there
