"""Keeps the history to what the settings say: at the start, daily, and when they change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial

from jobdesk.clock import Clock
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.settings import EngineSettings
from jobdesk.engine.trouble import Complaint
from jobdesk.store import alerts, history, queues
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx

_DAY = 86_400.0
_AFTER_TROUBLE = 60.0
"""Seconds: on a full disk, pruning is what makes room as soon as there is a little."""
_BETWEEN_STEPS = 0.02
"""Seconds between two steps, so that pruning holds nobody up."""

log = logging.getLogger(__name__)


class Janitor:
    """One thread that prunes in small steps."""

    def __init__(
        self, database: Database, clock: Clock, settings: Callable[[], EngineSettings]
    ) -> None:
        self._db, self._clock, self._settings = database, clock, settings
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="janitor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Prune now: the settings have changed."""
        self._wake.set()

    def stop(self) -> None:
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def clean(self) -> int:
        """Prune whatever the settings don't keep; how many runs that were."""
        settings, now = self._settings(), self._clock.now()
        deleted = 0
        if self._db.writer.run(lambda tx: history.believe(tx, now)):
            with self._db.reading() as conn:
                said = queues.policies(conn)
            for part, days in _parts(settings, said):
                before = now - timedelta(days=days)
                deleted += self._repeat(partial(history.prune, part=part, before=before))
            for name, policy in said.items():
                if (keep := policy.keep_finished_runs) is not None:
                    deleted += self._repeat(partial(history.prune_beyond, queue=name, keep=keep))
            over = now - timedelta(days=max(settings.keep_finished_days, settings.keep_dead_days))
            self._repeat(lambda tx: alerts.prune(tx, over))
        else:
            log.warning("no old runs are deleted today: the clock may be wrong")
        with self._db.reading() as conn:
            excess = history.log_bytes(conn) - settings.log_budget
        while excess > 0 and not self._closing.is_set():
            freed = self._db.writer.run(history.prune_logs)
            if not freed:
                break
            excess -= freed
            self._closing.wait(_BETWEEN_STEPS)
        if deleted:
            log.info("pruned %s runs", deleted)
        return deleted

    def _repeat(self, step: Callable[[Tx], int]) -> int:
        total = 0
        while not self._closing.is_set():
            done = self._db.writer.run(step)
            total += done
            if not done:
                break
            self._closing.wait(_BETWEEN_STEPS)
        return total

    def _loop(self) -> None:
        complaint = Complaint(log, "old runs can't be pruned")
        while True:
            # In this order: a stop that comes in between is seen, or wakes us.
            self._wake.clear()
            if self._closing.is_set():
                return
            pause = _DAY
            try:
                self.clean()
                complaint.settled()
            except Exception as error:
                complaint.about(error)
                pause = _AFTER_TROUBLE
            self._wake.wait(pause)


def _parts(
    settings: EngineSettings, said: Mapping[str, QueuePolicy]
) -> Iterator[tuple[history.Part, int]]:
    """What is kept for how many days: of the queues that say so, and of all others."""
    for dead, usual in ((False, settings.keep_finished_days), (True, settings.keep_dead_days)):
        own = {
            name: days
            for name, policy in said.items()
            if (days := policy.keep_dead_days if dead else policy.keep_finished_days) is not None
        }
        yield history.Part(dead, but=tuple(own)), usual
        for name, days in own.items():
            yield history.Part(dead, queue=name), days
