"""The desk's door to secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobdesk.desk.vault import VaultDoor
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import NotFound, Unavailable
from jobdesk.domain.job import Job
from jobdesk.domain.references import (
    CHANNEL,
    RESERVED,
    check_secret_name,
    check_secret_value,
    names,
)
from jobdesk.domain.secret import names_in
from jobdesk.store import jobs, secrets
from jobdesk.store.database import Database


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """A secret without its value, which nobody is shown again. ``place`` is the vault that
    has it (keyring or file); ``used_by`` are the jobs that refer to it."""

    name: str
    place: str
    created_at: datetime
    updated_at: datetime
    used_by: list[str]


class Secrets:
    """What ``${secret:NAME}`` stands for: ``desk.secrets``."""

    def __init__(self, database: Database, vault: VaultDoor) -> None:
        self._db, self._vault = database, vault

    def set(self, name: str, value: str) -> SecretInfo:
        """Keep a secret, or change it: from the next attempt on the new value counts.

        Raises InvalidInput for a name or value that can't be one, and Unavailable where
        the vault can't be used.
        """
        check_secret_name(name)
        self._vault.keep(name, check_secret_value(value))
        return next(one for one in self.all() if one.name == name)

    def all(self) -> list[SecretInfo]:
        """What secrets there are, by name."""
        with self._db.reading() as conn:
            noted = secrets.all_secrets(conn)
            users: dict[str, list[str]] = {}
            for job in jobs.all_jobs(conn):
                if isinstance(job, Job):
                    spec = job.spec
                    for name in {*names_in(spec.action), *names(spec.callback_url or "")}:
                        users.setdefault(name, []).append(job.name)
        return [
            SecretInfo(one.name, one.place, one.created_at, one.updated_at, users.get(one.name, []))
            for one in noted
            if not one.name.startswith((RESERVED, CHANNEL))
        ]

    def remove(self, name: str) -> None:
        """Forget a secret. Runs that need it fail from now on. Raises NotFound."""
        check_secret_name(name)
        if not self._vault.forget(name):
            raise NotFound("secret", name)

    def describe_vault(self) -> str:
        """Where new secrets are kept, in words. Raises Unavailable where none can be."""
        return self._vault.vault.describe()

    def lost(self) -> list[str]:
        """Names, JobDesk's own among them, that are noted though the vault that this
        session has doesn't know them. Raises Unavailable."""
        with self._db.reading() as conn:
            noted = [one.name for one in secrets.all_secrets(conn)]
        found = self._vault.values(noted) if noted else {}
        return [name for name in noted if name not in found]

    def missing(self, action: ScriptAction | HttpAction) -> list[str]:
        """The secrets that an action needs and that are not set, as far as can be told."""
        wanted = names_in(action)
        if not wanted:
            return []
        with self._db.reading() as conn:
            noted = {one.name for one in secrets.all_secrets(conn)}
        left = [name for name in wanted if name not in noted]
        if not left:
            return []
        try:
            # A database that came out of a backup may know less than the vault.
            found = self._vault.values(left)
        except Unavailable:
            return left
        return [name for name in left if name not in found]
