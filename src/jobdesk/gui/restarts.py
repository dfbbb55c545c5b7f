"""When to start an engine again that has died, and when to leave it."""

from __future__ import annotations

from collections import deque

SPAN = 120.0
"""Seconds within which deaths are counted."""

MOST = 5
"""So many deaths within the span, and something is wrong that starting again won't mend."""


class Restarts:
    """Counts deaths; times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque()

    def died(self, now: float) -> float | None:
        """Seconds to wait before the next start (1, 2, 4, 8), or None: don't."""
        self._deaths.append(now)
        while now - self._deaths[0] > SPAN:
            self._deaths.popleft()
        return None if len(self._deaths) >= MOST else 2.0 ** (len(self._deaths) - 1)

    def forget(self) -> None:
        """Begin anew: a person asked for it."""
        self._deaths.clear()
