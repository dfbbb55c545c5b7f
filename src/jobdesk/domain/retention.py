"""Whether a clock may be believed before old history is deleted by it.

A clock that is set a year ahead by mistake makes everything look older than it may get. So
after a gap in which nobody cleaned, long enough to be such a mistake, nothing is deleted
until the clock has said the same for a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_GAP = timedelta(days=3)
"""A weekend is none."""
_SECOND_THOUGHT = timedelta(days=1)
_FORGOTTEN = timedelta(days=30)
"""A doubt of so long ago says nothing about the clock of today."""


@dataclass(frozen=True, slots=True)
class LastCleaning:
    """When history was last looked at, and since when its clock is doubted; aware UTC."""

    at: datetime
    doubted_since: datetime | None = None


def judge(last: LastCleaning | None, now: datetime) -> tuple[LastCleaning, bool]:
    """What to remember, and whether history may be deleted now."""
    if last is None or now < last.at:
        return LastCleaning(now), True
    doubted = last.doubted_since
    if doubted is not None and _SECOND_THOUGHT <= now - doubted <= _FORGOTTEN:
        return LastCleaning(now), True
    if now - last.at > _GAP:
        return LastCleaning(now, now), False
    return LastCleaning(now, doubted), doubted is None
