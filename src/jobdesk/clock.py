"""Where the time comes from; tests hand in one that stands still."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Both clocks of a computer: the one on the wall and the one that only counts up."""

    def now(self) -> datetime:
        """The wall clock, as an aware UTC time."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never set back, stands still during sleep."""
        ...


class SystemClock:
    """The computer's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def local_zone() -> ZoneInfo:
    """The zone of this computer, by name; UTC where it can't be told."""
    from tzlocal import get_localzone  # late: it reads files

    try:
        zone = get_localzone()
    except (LookupError, ValueError):
        return ZoneInfo("UTC")
    return zone if isinstance(zone, ZoneInfo) and str(zone) != "local" else ZoneInfo("UTC")
