"""What every part of the desk is built on: the database, and what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from jobdesk.clock import Clock
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx

T = TypeVar("T")


class Room:
    """A part of the desk."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock

    def now(self) -> datetime:
        return self._clock.now()

    def _write(self, work: Callable[[Tx], T]) -> T:
        """Do it in the writer's next transaction; back when it is on disk."""
        return self._db.writer.run(work)
