"""A clock that stands still until a test moves it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday noon, far from any change of any clock."""


class ManualClock:
    """Both clocks of a computer, for tests; safe to read from any thread."""

    def __init__(self, start: datetime = START) -> None:
        self._guard = threading.Lock()
        self._now, self._monotonic = start, 1000.0

    def now(self) -> datetime:
        with self._guard:
            return self._now

    def monotonic(self) -> float:
        with self._guard:
            return self._monotonic

    def advance(self, seconds: float) -> datetime:
        """Let time pass; the new wall clock time."""
        with self._guard:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds
            return self._now

    def jump(self, seconds: float) -> datetime:
        """Set the clock on the wall: the other one doesn't notice."""
        with self._guard:
            self._now += timedelta(seconds=seconds)
            return self._now
