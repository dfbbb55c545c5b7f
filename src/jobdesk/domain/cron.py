"""When a cron expression fires in a time zone.

Wall-clock times come from :mod:`jobdesk.domain.cron_calendar`; this module turns them
into instants by the rule of Debian's cron(8) for clock changes:

- An expression with a fixed hour and minute (neither field begins with ``*``) fires once
  for each time it names. What falls into skipped time fires at the first instant after
  it; several times in one gap, or a time named for that very instant, make one fire.
  What comes twice fires the first time.
- Any other expression fires whenever the wall clock matches: skipped times are not made
  up, repeated ones fire twice.

Unlike Debian, which takes changes above three hours for corrections of the clock, we
apply this to gaps of any length: on the day that Samoa skipped, a daily job still ran.

Why not croniter: measured with 7.0.0, it reads ``3-3`` and ``7-7`` as the whole week,
finds nothing for ``0 0 1 * 5#2`` (day or weekday), takes 30 to 190 µs for a step in naive
time (this: 15 to 35 with the zone), up to 80 ms to find that a date never comes (this: 1),
0.2 s to import, and accepts much that Debian refuses, so that the fields had to be read
here in any case. The tests hold it and cronsim against this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from jobdesk.domain.cron_calendar import MAX_YEAR, MIN_YEAR, Walk
from jobdesk.domain.cron_syntax import parse_cron
from jobdesk.domain.cron_words import describe
from jobdesk.domain.zones import find_zone

__all__ = ["CronSchedule", "describe", "find_zone"]

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, init=False)
class CronSchedule:
    """A parsed cron expression in a time zone. Immutable, hashable, cheap to keep.

    Raises :class:`InvalidInput` for what is no cron expression and for one that never
    fires. All times that come out are aware UTC and whole seconds; those that go in must
    be aware (``ValueError`` otherwise), in any zone and down to microseconds.
    """

    expression: str
    zone: ZoneInfo
    _walk: Walk = field(repr=False, compare=False)
    _fixed: bool = field(repr=False, compare=False)

    def __init__(self, expression: str, zone: ZoneInfo, *, field: str = "cron") -> None:
        walk, fixed = _read(expression, field)
        for name, value in (
            ("expression", expression.strip()),
            ("zone", zone),
            ("_walk", walk),
            ("_fixed", fixed),
        ):
            object.__setattr__(self, name, value)

    def next(self, after: datetime) -> datetime | None:
        """The first fire strictly after ``after``; None if there is none within a century."""
        if after.year > MAX_YEAR:
            return None
        wall, fold = self._wall(after)
        if self._fixed:
            begin = self._change(wall)[1] if fold else wall + _SECOND
            match = self._walk.first(begin)
            return None if match is None else self._once(match)
        return self._next_each(wall, fold)

    def latest(self, start: datetime, end: datetime) -> datetime | None:
        """The last fire after ``start`` and not after ``end``, without walking those before."""
        return next(self._backwards(start, end), None)

    def last(self, start: datetime, end: datetime, limit: int) -> list[datetime]:
        """The newest ``limit`` fires after ``start`` and not after ``end``, oldest first."""
        return list(islice(self._backwards(start, end), max(limit, 0)))[::-1]

    def count_between(self, start: datetime, end: datetime, limit: int) -> int:
        """How many fires are after ``start`` and not after ``end``; counting stops at ``limit``."""
        return sum(1 for _ in islice(self._backwards(start, end), max(limit, 0)))

    def _backwards(self, start: datetime, end: datetime) -> Iterator[datetime]:
        start, end = _checked(start), _checked(end)
        while end > start:
            fire = self._previous(end, start.year - 1)
            if fire is None or fire <= start:
                return
            yield fire
            end = fire - _SECOND

    def _previous(self, end: datetime, floor: int) -> datetime | None:
        """The last fire at or before ``end``, in no year before ``floor``."""
        wall, fold = self._wall(end)
        if self._fixed:
            stop = self._change(wall)[1] - _SECOND if fold else wall
            match = self._walk.last(stop, floor)
            return None if match is None else self._once(match)
        return self._previous_each(wall, fold, floor)

    def _once(self, wall: datetime) -> datetime:
        """The instant of a fixed time: the first of two, the end of the gap where there is none.

        It never decreases while ``wall`` increases, so first and last matches of the
        wall clock are first and last fires.
        """
        first, second = self._offsets(wall)
        if first < second:
            return _utc(self._change(wall)[1], second)
        return _utc(wall, first)

    def _next_each(self, wall: datetime, fold: int) -> datetime | None:
        match = self._walk.first(wall + _SECOND)
        first, second = self._offsets(wall)
        if first > second:  # ``wall`` is one of two: first its own pass, then the second
            begin, end = self._change(wall)
            if match is not None and match < end:
                return _utc(match, second if fold else first)
            again = None if fold else self._walk.first(begin)
            if again is not None and again < end:
                return _utc(again, second)
        while match is not None:
            first, second = self._offsets(match)
            if first >= second:
                return _utc(match, first)
            match = self._walk.first(self._change(match)[1])
        return None

    def _previous_each(self, wall: datetime, fold: int, floor: int) -> datetime | None:
        match = self._walk.last(wall, floor)
        first, second = self._offsets(wall)
        if first > second:  # ``wall`` is one of two: first its own pass, then the first
            begin, end = self._change(wall)
            if match is not None and match >= begin:
                return _utc(match, second if fold else first)
            before = self._walk.last(end - _SECOND, floor) if fold else None
            if before is not None and before >= begin:
                return _utc(before, first)
        while match is not None:
            first, second = self._offsets(match)
            if first >= second:
                return _utc(match, second)
            match = self._walk.last(self._change(match)[0] - _SECOND, floor)
        return None

    def _wall(self, moment: datetime) -> tuple[datetime, int]:
        """What the clock on the wall shows, in whole seconds, and whether it does so again."""
        local = _checked(moment).astimezone(self.zone)
        return local.replace(tzinfo=None, microsecond=0, fold=0), local.fold

    def _offsets(self, wall: datetime) -> tuple[timedelta, timedelta]:
        """Two different UTC offsets of a time that is skipped (first < second) or repeated.

        Those before and after the change, by PEP 495; else both are the same.
        """
        first = wall.replace(tzinfo=self.zone).utcoffset()
        second = wall.replace(tzinfo=self.zone, fold=1).utcoffset()
        if first is None or second is None:
            raise ValueError(f"{self.zone} has no UTC offset at {wall}")
        return first, second

    def _change(self, wall: datetime) -> tuple[datetime, datetime]:
        """Begin and end (excluded), on the wall, of the skipped or repeated time around ``wall``.

        zoneinfo doesn't tell when its offsets change, so this bisects.
        """
        first, second = self._offsets(wall)
        less, more = sorted((first, second))
        low, high = _utc(wall, more), _utc(wall, less)
        while high - low > _SECOND:
            middle = low + ((high - low) // 2 // _SECOND) * _SECOND
            if middle.astimezone(self.zone).utcoffset() == first:
                low = middle
            else:
                high = middle
        change = high.replace(tzinfo=None)
        return change + less, change + more


def _utc(wall: datetime, offset: timedelta) -> datetime:
    return (wall - offset).replace(tzinfo=UTC)


@lru_cache(maxsize=512)
def _read(expression: str, field: str) -> tuple[Walk, bool]:
    """What an expression asks for, and whether its time is fixed. Kept, as a job's schedule
    is made anew at each of its fires, and reading it takes a millisecond."""
    fields = parse_cron(expression, field)
    return Walk(fields), fields.fixed_time


def _checked(moment: datetime) -> datetime:
    """An aware time in UTC, kept off the ends of what ``datetime`` can hold."""
    if moment.tzinfo is None:
        raise ValueError(f"a time with a zone is needed, not {moment!r}")
    if moment.year <= MIN_YEAR:
        return datetime(MIN_YEAR, 1, 2, tzinfo=UTC)
    if moment.year > MAX_YEAR:
        return datetime(MAX_YEAR, 12, 31, tzinfo=UTC)
    return moment.astimezone(UTC)
