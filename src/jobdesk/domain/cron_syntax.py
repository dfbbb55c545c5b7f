"""From the text of a cron expression to the values of its fields.

The syntax is that of Vixie cron as Debian maintains it (crontab(5)), with a first field
for seconds where six are given, and with ``L``, ``5#2`` and ``L5`` for the last day of
the month, the second and the last Friday. What Debian's parser refuses is refused here:
backward ranges, ``?``, and a step after a single number. One thing more is taken:
``sun`` as the end of a range is 7, so that ``fri-sun`` says what it means.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

from jobdesk.domain.errors import InvalidInput, show

MAX_EXPRESSION = 255
FORM = "five cron fields: minute hour day month weekday, or six with seconds first"
LAST = -1
"""The ``n`` of a weekday that counts from the end of the month."""

_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ITEM = re.compile(r"(?:(\*)|([0-9]+|[a-z]+)(?:-([0-9]+|[a-z]+))?)(?:/([0-9]+))?")
_NTH = re.compile(r"([0-9]+|[a-z]+)#([0-9]+)")
_LAST_WEEKDAY = re.compile(r"l([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the six fields: what a message calls it, its range, and its names."""

    name: str
    plural: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    @property
    def range(self) -> str:
        text = f"{self.low}-{self.high}"
        if self.names:
            text += f" or {self.names[0]}-{self.names[-1]}"
        return text


SECOND = _Kind("second", "seconds", 0, 59)
MINUTE = _Kind("minute", "minutes", 0, 59)
HOUR = _Kind("hour", "hours", 0, 23)
DAY = _Kind("day of the month", "days of the month", 1, 31)
MONTH = _Kind(
    "month",
    "months",
    1,
    12,
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
WEEKDAY = _Kind("weekday", "weekdays", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
KINDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)


@dataclass(frozen=True, slots=True)
class Fields:
    """What an expression asks for; every tuple of numbers is sorted and without doubles.

    ``weekdays`` count from 0, Sunday. ``nth`` holds pairs of a weekday and 1 to 5 or
    ``LAST``. ``texts`` are the six fields in lower case, names and all.
    """

    texts: tuple[str, str, str, str, str, str]
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    last_day: bool
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    nth: tuple[tuple[int, int], ...]

    @property
    def fixed_time(self) -> bool:
        """Neither hour nor minute begins with ``*``: Debian cron's rule for clock changes.

        Seconds are left out of it: ``*/10 30 2 * * *`` is meant for half past two, just
        as ``30 2 * * *`` is, and should not be lost or doubled either.
        """
        return not (self.texts[1].startswith("*") or self.texts[2].startswith("*"))

    @property
    def both_days(self) -> bool:
        """Day of the month *and* weekday must match: one of them begins with ``*``.

        Otherwise either is enough. That ``*/2`` counts as ``*`` here is how Vixie cron
        has always done it (https://crontab.guru/cron-bug.html).
        """
        return self.texts[3].startswith("*") or self.texts[5].startswith("*")

    def days_of(self, first_weekday: int, length: int) -> tuple[int, ...]:
        """The matching days of a month of that length that begins on that weekday."""
        return tuple(
            day
            for day in range(1, length + 1)
            if self._matches(day, (first_weekday + day - 1) % 7, length)
        )

    def _matches(self, day: int, weekday: int, length: int) -> bool:
        by_day = day in self.days or (self.last_day and day == length)
        by_weekday = (
            weekday in self.weekdays
            or (weekday, (day + 6) // 7) in self.nth
            or (day + 7 > length and (weekday, LAST) in self.nth)
        )
        return (by_day and by_weekday) if self.both_days else (by_day or by_weekday)


class _Refused(Exception):
    """A part that can't be read; the text says what would be accepted instead."""


def parse_cron(expression: object, field: str = "cron") -> Fields:
    """The fields of ``expression``; :class:`InvalidInput` says which one is wrong, and why.

    Raises it too for dates that never come, such as 30 February.
    """
    try:
        fields = _fields(_texts(expression))
        _check_dates(fields)
    except _Refused as reason:
        raise InvalidInput(field, expression, str(reason)) from None
    return fields


def _texts(expression: object) -> list[str]:
    """The six fields in lower case."""
    if not isinstance(expression, str) or not expression.strip():
        raise _Refused(f"{FORM}, such as 0 7 * * 1-5")
    if len(expression) > MAX_EXPRESSION:
        raise _Refused(f"a cron expression of at most {MAX_EXPRESSION} characters")
    if not all(c == "\t" or " " <= c <= "~" for c in expression):
        raise _Refused("a cron expression of plain ASCII characters on one line")
    text = expression.strip().lower()
    if text == "@reboot":
        raise _Refused("a time: JobDesk has no trigger for a start of the computer")
    if text.startswith("@"):
        if text not in _ALIASES:
            raise _Refused(f"five fields or one of {', '.join(_ALIASES)}")
        text = _ALIASES[text]
    texts = text.split()
    if len(texts) == 5:
        return ["0", *texts]
    if len(texts) != 6:
        raise _Refused(f"{FORM}; there {'is' if len(texts) == 1 else 'are'} {len(texts)}")
    return texts


def _fields(texts: list[str]) -> Fields:
    second, minute, hour, day, month, weekday = texts
    days = day.split(",")
    plain, nth = _weekdays(weekday)
    return Fields(
        texts=(second, minute, hour, day, month, weekday),
        seconds=_values(SECOND, second),
        minutes=_values(MINUTE, minute),
        hours=_values(HOUR, hour),
        days=_union(DAY, [item for item in days if item != "l"]),
        last_day="l" in days,
        months=_values(MONTH, month),
        weekdays=plain,
        nth=nth,
    )


def _values(kind: _Kind, text: str) -> tuple[int, ...]:
    return _union(kind, text.split(","))


def _union(kind: _Kind, items: list[str]) -> tuple[int, ...]:
    return tuple(sorted({value for item in items for value in _item(kind, item)}))


def _weekdays(text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Plain weekdays and those counted within the month, Sunday being 0 in both."""
    plain: list[str] = []
    nth: set[tuple[int, int]] = set()
    for item in text.split(","):
        if match := _NTH.fullmatch(item):
            count = int(match[2])
            if not 1 <= count <= 5:
                raise _Refused(f"1 to 5 after # in the weekday field, not {show(match[2])}")
            nth.add((_number(WEEKDAY, match[1]) % 7, count))
        elif match := _LAST_WEEKDAY.fullmatch(item):
            nth.add((_number(WEEKDAY, match[1]) % 7, LAST))
        else:
            plain.append(item)
    weekdays = {value % 7 for value in _union(WEEKDAY, plain)}
    return tuple(sorted(weekdays)), tuple(sorted(nth))


def _item(kind: _Kind, item: str) -> range:
    """The values of one item of a list: ``*``, ``5``, ``1-5``, ``*/5``, ``1-5/2``, ``5/10``."""
    match = _ITEM.fullmatch(item)
    if not match:
        raise _Refused(_help(kind, item))
    star, first, last, step = match.groups()
    if step is not None and int(step) == 0:
        raise _Refused(f"a step of at least 1 in the {kind.name} field, not {show(item)}")
    every = int(step or 1)
    if star:
        return range(kind.low, kind.high + 1, every)
    low = _number(kind, first)
    if last is None:
        # "5/10" is "5-59/10", as croniter and most crons read it; the oldest cron took
        # the 5 and silently forgot the rest, which nobody can have meant.
        return range(low, low + 1 if step is None else kind.high + 1, every)
    high = 7 if kind is WEEKDAY and last == "sun" else _number(kind, last)
    if low > high:
        raise _Refused(
            f"a range from low to high in the {kind.name} field, not {show(item)}; "
            f"two ranges can be joined by a comma"
        )
    return range(low, high + 1, every)


def _number(kind: _Kind, text: str) -> int:
    if text in kind.names:
        return kind.names.index(text) + kind.low
    if not text.isdigit():
        raise _Refused(_help(kind, text))
    value = int(text)
    if not kind.low <= value <= kind.high:
        raise _Refused(f"{kind.plural} {kind.range}, not {show(text)}")
    return value


def _help(kind: _Kind, item: str) -> str:
    """What would be accepted, with a word more about well-known syntax from elsewhere."""
    if not item:
        return f"no empty item in the {kind.name} field; {kind.plural} are {kind.range}"
    accepted = f"{kind.plural} {kind.range}, *, ranges, steps and lists"
    if kind is DAY:
        accepted += ", or L for the last day"
    if kind is WEEKDAY:
        accepted += ", 5#2 for the second or L5 for the last Friday of the month"
    more = ""
    if item == "?":
        more = "; write * for any"
    elif kind is WEEKDAY and re.fullmatch(r"[0-7]l", item):
        more = f"; write L{item[0]} for the last one of the month"
    return f"{accepted} in the {kind.name} field, not {show(item)}{more}"


def _check_dates(fields: Fields) -> None:
    """Refuse dates that never come.

    Each month begins on each weekday in some year, and February does so in both its
    lengths, so trying these is trying all years.
    """
    for month in fields.months:
        for length in (28, 29) if month == 2 else (calendar.monthrange(2001, month)[1],):
            if any(fields.days_of(weekday, length) for weekday in range(7)):
                return
    raise _Refused(
        "a date that exists: no year has this day in this month"
        if not fields.nth
        else "a date that exists: no month has this weekday on this day"
    )
