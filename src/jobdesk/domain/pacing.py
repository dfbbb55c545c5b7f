"""A queue's rate limit: starts evenly spread, whatever comes in heaps.

The generic cell rate algorithm (ITU-T I.371, virtual scheduling): each start moves the time
of the next one on by an interval. Times are microseconds since 1970.
"""

from __future__ import annotations

from jobdesk.domain.queue import Rate

_TOLERANCE = 20_000
"""How much of what was not used is made up for, with rates whose intervals are shorter than
what the engine needs from one look to the next."""


def starts(rate: Rate, next_start: int | None, now: int) -> int:
    """How many runs may start now."""
    waited = now - _from(rate, next_start, now)
    return waited // _interval(rate) + 1 if waited >= 0 else 0


def next_start(rate: Rate, before: int | None, now: int, taken: int) -> int:
    """When the next one may start, after ``taken`` have started now."""
    return _from(rate, before, now) + taken * _interval(rate)


def latest(rate: Rate, now: int) -> int:
    """The latest time that the next start can be at; a later one comes from a clock that
    has been set back since."""
    return now + _interval(rate)


def _from(rate: Rate, next_start: int | None, now: int) -> int:
    """From when starts are counted."""
    if next_start is None or next_start > latest(rate, now):
        return now
    return max(next_start, now - _tolerance(rate))


def _interval(rate: Rate) -> int:
    return max(1, round(rate.interval * 1_000_000))


def _tolerance(rate: Rate) -> int:
    """None for slow rates, which are to the point anyway."""
    return _TOLERANCE if _interval(rate) < _TOLERANCE else 0
