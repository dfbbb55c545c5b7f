"""A whole engine, and a desk beside it, under a clock that can be set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobdesk import Desk
from jobdesk.desk.desk import find_database_url
from jobdesk.domain.run import Run
from jobdesk.engine.engine import Engine
from jobdesk.store.runs import RunFilter

PATIENCE = 45.0
HOUR, DAY, YEAR = 3_600.0, 86_400.0, 365 * 86_400.0


class SettableClock:
    """The computer's clocks, of which the one on the wall can be set."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        return time.monotonic()

    def set_by(self, seconds: float) -> None:
        """Move the clock on the wall: it was set, or the computer slept."""
        self._offset += timedelta(seconds=seconds)


class House:
    """What a test does with them."""

    def __init__(self, home: Path, clock: SettableClock) -> None:
        self.home, self.clock = home, clock
        self.desk = Desk.open(home, clock=clock)
        self._changed = threading.Event()
        self._remove = self.desk.listen(lambda topics: self._changed.set())

    @contextmanager
    def engine(self, workers: int = 8) -> Iterator[Engine]:
        url = find_database_url(self.home)
        engine = Engine(url, self.home, self.clock, origin="terminal", workers=workers)
        engine.start()
        try:
            yield engine
        finally:
            engine.stop()

    def until(self, true: Callable[[], object], what: str) -> None:
        """Look whenever something changed, and ten times a second, until ``true``."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
            self._changed.wait(0.1)
            self._changed.clear()

    def runs(self, job: str) -> list[Run]:
        """The runs of a job, the earliest due first."""
        return sorted(
            self.desk.runs(RunFilter(job=job), limit=10_000), key=lambda run: (run.due_at, run.id)
        )

    def close(self) -> None:
        self._remove()
        self.desk.close()
