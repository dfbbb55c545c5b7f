"""The walk through the calendar: which wall-clock times an expression names.

Naive local time only; what a zone makes of it is :mod:`jobdesk.domain.cron`'s business.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from datetime import datetime

from jobdesk.domain.cron_syntax import Fields

REACH = 100
"""Years that a walk goes on before it gives up.

The rarest dates, such as 29 February on a Sunday around 2100, are 40 years apart.
"""
MIN_YEAR, MAX_YEAR = 2, 9998
"""A margin to what ``datetime`` can hold, for offsets to be added."""

Axes = tuple[tuple[int, ...], ...]


class Walk:
    """The matching wall-clock times of an expression, found by bisection, not by trying."""

    __slots__ = ("_axes", "_days", "_months")

    def __init__(self, fields: Fields) -> None:
        self._months = frozenset(fields.months)
        self._axes: Axes = (fields.hours, fields.minutes, fields.seconds)
        # There are only 28 kinds of month: seven first weekdays, four lengths.
        self._days = {
            (weekday, length): fields.days_of((weekday + 1) % 7, length)
            for weekday in range(7)  # as the calendar module counts: Monday is 0
            for length in (28, 29, 30, 31)
        }

    def first(self, begin: datetime) -> datetime | None:
        """The first match at or after ``begin``, a naive time of whole seconds."""
        year, month = begin.year, begin.month
        days = self._days_in(year, month)
        index = bisect_left(days, begin.day)
        if index < len(days) and days[index] == begin.day:
            time = _ceil(self._axes, (begin.hour, begin.minute, begin.second))
            if time is not None:
                return _at(year, month, begin.day, time)
            index += 1
        stop = min(year + REACH, MAX_YEAR)
        while index >= len(days):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
            if year > stop:
                return None
            days, index = self._days_in(year, month), 0
        time = tuple(axis[0] for axis in self._axes)
        return _at(year, month, days[index], time)

    def last(self, end: datetime, floor: int = MIN_YEAR) -> datetime | None:
        """The last match at or before ``end``, a naive time of whole seconds.

        Years before ``floor`` are not looked at.
        """
        year, month = end.year, end.month
        days = self._days_in(year, month)
        index = bisect_right(days, end.day) - 1
        if index >= 0 and days[index] == end.day:
            time = _floor(self._axes, (end.hour, end.minute, end.second))
            if time is not None:
                return _at(year, month, end.day, time)
            index -= 1
        stop = max(year - REACH, floor, MIN_YEAR)
        while index < 0:
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
            if year < stop:
                return None
            days = self._days_in(year, month)
            index = len(days) - 1
        time = tuple(axis[-1] for axis in self._axes)
        return _at(year, month, days[index], time)

    def _days_in(self, year: int, month: int) -> tuple[int, ...]:
        if month not in self._months:
            return ()
        return self._days[calendar.monthrange(year, month)]


def _at(year: int, month: int, day: int, time: tuple[int, ...]) -> datetime:
    # Naive is meant: the zone comes later.
    hour, minute, second = time
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001


def _ceil(axes: Axes, digits: tuple[int, ...]) -> tuple[int, ...] | None:
    """The least combination of values not below ``digits``, like a clock's; None if none."""
    head, *rest = axes
    index = bisect_left(head, digits[0])
    if index < len(head) and head[index] == digits[0]:
        tail = _ceil(tuple(rest), digits[1:]) if rest else ()
        if tail is not None:
            return (digits[0], *tail)
        index += 1
    if index == len(head):
        return None
    return (head[index], *(axis[0] for axis in rest))


def _floor(axes: Axes, digits: tuple[int, ...]) -> tuple[int, ...] | None:
    """The greatest combination of values not above ``digits``; None if there is none."""
    head, *rest = axes
    index = bisect_right(head, digits[0]) - 1
    if index >= 0 and head[index] == digits[0]:
        tail = _floor(tuple(rest), digits[1:]) if rest else ()
        if tail is not None:
            return (digits[0], *tail)
        index -= 1
    if index < 0:
        return None
    return (head[index], *(axis[-1] for axis in rest))
