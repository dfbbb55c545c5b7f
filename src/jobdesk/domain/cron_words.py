"""A cron expression as an English sentence.

The time of day is cron-descriptor's work. The days are ours, because it (2.2.1) says
"or" where ``*/2`` and a weekday must both match, nothing where ``1`` and ``5#2`` are
alternatives, loses the count of ``1#2,3#2``, and reads ``0-7`` as "Sunday through Sunday".
"""

from __future__ import annotations

import itertools
import re

from jobdesk.domain.cron_syntax import (
    DAY,
    HOUR,
    LAST,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    Fields,
    parse_cron,
)

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
_COUNTS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
_FEW = 6
"""So many times of day are listed one by one."""


def describe(expression: str) -> str:
    """One sentence without a full stop, by the 24-hour clock: ``At 07:00, Monday to Friday``.

    Raises :class:`InvalidInput` as :class:`~jobdesk.domain.cron.CronSchedule` does.
    """
    fields = parse_cron(expression)
    return "".join((_time(fields), _days(fields), _months(fields)))


def _time(fields: Fields) -> str:
    an_hour = len(fields.minutes) * len(fields.seconds)
    if len(fields.hours) * an_hour <= _FEW:
        seconds = fields.seconds != (0,)
        times = itertools.product(fields.hours, fields.minutes, fields.seconds)
        return "At " + _and(
            [f"{h:02}:{m:02}" + (f":{s:02}" if seconds else "") for h, m, s in times]
        )
    second, minute, hour = _time_texts(fields)
    if an_hour == 1:
        run = len(_blocks(fields.hours)) == 1
        if hour != "*" and run and fields.seconds == (0,):
            past = f"{fields.minutes[0]:02}"
            return f"Every hour from {fields.hours[0]:02}:{past} to {fields.hours[-1]:02}:{past}"
        return _described(f"{second} {minute} {hour} * * *")
    # Here cron-descriptor says "every minute, at 07:00 and 09:00", so the hours are ours.
    return _described(f"{second} {minute} * * * *") + _hours(fields)


def _hours(fields: Fields) -> str:
    if len(fields.hours) == HOUR.high + 1:
        return ""
    runs = _blocks(fields.hours)
    if len(runs) > _FEW:
        return f", in the hours {_and([str(hour) for hour in fields.hours])}"
    return ", " + _and([f"between {run[0]:02}:00 and {run[-1]:02}:59" for run in runs])


def _described(expression: str) -> str:
    """cron-descriptor's words. Imported here, since few commands need it and it is slow."""
    from cron_descriptor import ExpressionDescriptor, Options

    options = Options()
    options.use_24hour_time_format = True
    options.locale_code = "en_US"
    words = str(ExpressionDescriptor(expression, options).get_full_description())
    words = re.sub(r"(?<=\w) through (?=\w)", " to ", words)
    return re.sub(r"\b1 (minute|second)s past", r"1 \1 past", words)


def _time_texts(fields: Fields) -> list[str]:
    """Seconds, minutes and hours as cron-descriptor reads them rightly.

    A list is written out when one of its items isn't a number, and a step when it
    doesn't divide the hour or day: "every 7 minutes" isn't what ``*/7`` does.
    """
    texts = []
    for kind, text, values in (
        (SECOND, fields.texts[0], fields.seconds),
        (MINUTE, fields.texts[1], fields.minutes),
        (HOUR, fields.texts[2], fields.hours),
    ):
        size = kind.high + 1
        if len(values) == size:
            texts.append("*")
        elif _progression(values) == size // len(values) and size % len(values) == 0:
            first, step = values[0], size // len(values)
            texts.append(f"*/{step}" if first == 0 else f"{first}/{step}")
        elif re.fullmatch(r"[0-9]+-[0-9]+", text):
            texts.append(f"{values[0]}-{values[-1]}")
        else:
            texts.append(",".join(map(str, values)))
    return texts


def _days(fields: Fields) -> str:
    all_days, all_weekdays = len(fields.days) == DAY.high, len(fields.weekdays) == WEEKDAY.high
    if not fields.both_days and (all_days or all_weekdays):
        return ""  # either is enough, and one of them always holds
    by_day = "" if all_days else _days_of_month(fields)
    by_weekday = "" if all_weekdays else _weekdays(fields)
    if by_day and by_weekday:
        between = ", but only" if fields.both_days else " or"
        return f", {by_day}{between} {by_weekday}"
    # "Monday to Friday" needs no "on" where it stands alone.
    alone = by_weekday.count(_TO) == 1 and not re.search(" and |,", by_weekday)
    words = by_day or (by_weekday.removeprefix("on ") if alone else by_weekday)
    return f", {words}" if words else ""


_TO = " to "


def _days_of_month(fields: Fields) -> str:
    """``on days 1 to 7, 15 and the last day of the month``."""
    last = ["the last day"] if fields.last_day else []
    if not fields.days:
        return "on the last day of the month"
    step = _progression(fields.days)
    if len(fields.days) > _FEW and step and step > 1:
        words = f"every {_ordinal(step)} day from {fields.days[0]} to {fields.days[-1]}"
        return f"on {_and([words, *last])} of the month"
    runs = _runs(fields.days, [str(day) for day in range(DAY.high + 1)])
    plural = "days" if len(fields.days) > 1 else "day"
    return f"on {plural} {_and([*runs, *last])} of the month"


def _weekdays(fields: Fields) -> str:
    """``on Monday to Friday and the last Sunday of the month``, Monday first."""
    days = tuple(sorted(day or 7 for day in fields.weekdays))
    counted = [
        f"the {_COUNTS[count]} {_WEEKDAYS[weekday]} of the month" for weekday, count in fields.nth
    ]
    return f"on {_and([*_runs(days, [*_WEEKDAYS, _WEEKDAYS[0]]), *counted])}"


def _months(fields: Fields) -> str:
    if len(fields.months) == MONTH.high:
        return ""
    runs = _runs(fields.months, ["", *_MONTHS])
    return f", {runs[0]}" if len(runs) == 1 and _TO in runs[0] else f", in {_and(runs)}"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _runs(values: tuple[int, ...], names: list[str]) -> list[str]:
    """The names of ``values``, three and more in a row as ``first to last``."""
    parts: list[str] = []
    for block in _blocks(values):
        run = [names[value] for value in block]
        parts += [f"{run[0]}{_TO}{run[-1]}"] if len(run) > 2 else run
    return parts


def _blocks(values: tuple[int, ...]) -> list[list[int]]:
    """``values`` cut into runs of consecutive numbers."""
    groups = itertools.groupby(enumerate(values), lambda pair: pair[1] - pair[0])
    return [[value for _, value in group] for _, group in groups]


def _progression(values: tuple[int, ...]) -> int | None:
    """The step between neighbours where it is always the same."""
    steps = {right - left for left, right in itertools.pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def _ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
    return f"{number}{suffix}"
