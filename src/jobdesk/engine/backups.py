"""Once a day: is the database sound? Then a backup. At the start too, if the last is older."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from jobdesk.clock import Clock
from jobdesk.domain.errors import JobDeskError
from jobdesk.store import backup, filecheck
from jobdesk.store.database import Database

_LOOK = 3_600.0
"""Seconds between two looks whether a day has passed; after a failure likewise."""
_AT_STOP = 1.0
"""Seconds that a backup may take when the engine stops."""

log = logging.getLogger(__name__)


class Backups:
    """One thread that checks the file and backs it up. ``damaged`` is told what is wrong
    with a file that must not be written to any more. A database server has its own."""

    def __init__(self, database: Database, clock: Clock, damaged: Callable[[str], None]) -> None:
        self._file, self._clock, self._damaged = database.file, clock, damaged
        self._closing = threading.Event()
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._loop, name="backups", daemon=True)

    def start(self) -> None:
        if self._file is not None:
            self._thread.start()

    def stop(self) -> None:
        """End the thread; a backup that is due gets a second."""
        self._give_up_at = time.monotonic() + _AT_STOP
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
            self.turn(check=False)

    def turn(self, *, check: bool) -> None:
        """Make a backup if one is due, after having looked for damage (always with
        ``check``, which is how a large file's logs are looked at after a start)."""
        file = self._file
        assert file is not None
        try:
            due = backup.is_due(file, self._clock.now())
            if check or (due and not self._closing.is_set()):
                found = filecheck.damage(file, thorough=False)
                if found:
                    self._damaged(filecheck.sentence(file, found))
                    return
            if due and backup.make(file, self._clock.now(), self._late):
                log.info("the database was backed up")
        except backup.Stopped:
            log.info("the engine stops; the backup is made at the next start")
        except JobDeskError as error:
            log.warning("no backup today: %s", error)
        except Exception:
            log.exception("the backup failed")

    def _late(self) -> bool:
        return time.monotonic() > self._give_up_at

    def _loop(self) -> None:
        assert self._file is not None
        self.turn(check=self._file.stat().st_size > filecheck.SMALL)
        while not self._closing.wait(_LOOK):
            self.turn(check=False)
