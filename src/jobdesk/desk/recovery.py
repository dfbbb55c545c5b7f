"""A damaged database: what is wrong with it, which backups there are, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jobdesk.desk.desk import find_database_url
from jobdesk.store import restore as store
from jobdesk.store.database import Database
from jobdesk.store.restore import BackupFound, Restored


@dataclass(frozen=True, slots=True)
class Examination:
    """``file`` is None on a database server. ``damage`` is empty where all is sound."""

    file: Path | None
    damage: list[str] = field(default_factory=list)
    backups: list[BackupFound] = field(default_factory=list)

    @property
    def newest_good(self) -> BackupFound | None:
        return next((one for one in self.backups if one.problem is None), None)


def examine(home: Path) -> Examination:
    """Look, and change nothing. Raises Unavailable for a database that is not ours."""
    file = Database(find_database_url(home), home).file
    if file is None:
        return Examination(None)
    return Examination(file, store.examine(file), list(store.backups(file)))


def restore(home: Path, now: datetime) -> Restored | None:
    """Put the best there is in the place of a damaged database; None where it is sound.

    Raises Unavailable while an engine runs, and where there is nothing to restore.
    """
    return store.restore(Database(find_database_url(home), home), now)
