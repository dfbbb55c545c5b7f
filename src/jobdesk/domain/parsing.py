"""From what people type to values, and back: durations, times, names."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from jobdesk.domain.errors import InvalidInput

MAX_NAME = 255
DURATION_FORM = "a duration such as 250ms, 30s, 5m, 2h or 1d, or a number of seconds"
TIME_FORM = "an ISO 8601 time such as 2026-04-10T14:30 or 2026-04-10T14:30:00+02:00"
LONGEST = timedelta(days=36_500)
"""A hundred years: long enough for anybody, and far from what ``datetime`` can't hold."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


def parse_duration(
    value: object,
    field: str = "duration",
    *,
    least: timedelta = timedelta(0),
    above: timedelta | None = None,
) -> timedelta:
    """A duration from text, seconds or a timedelta.

    Raises :class:`InvalidInput` for anything else, for less than ``least``, for what is
    not above ``above``, and for more than a hundred years.
    """
    seconds = _seconds(value)
    if seconds is None:
        raise InvalidInput(field, value, DURATION_FORM)
    if seconds != seconds or abs(seconds) > LONGEST.total_seconds():
        raise InvalidInput(field, value, "a duration of at most 100 years")
    duration = timedelta(seconds=seconds)
    if duration < least:
        bound = "no less than 0" if not least else f"at least {format_duration(least)}"
        raise InvalidInput(field, value, f"a duration of {bound}")
    if above is not None and duration <= above:
        bound = "0" if not above else format_duration(above)
        raise InvalidInput(field, value, f"a duration above {bound}")
    return duration


def _seconds(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        # An int too large for a float is longer than anything we accept.
        return float(value) if abs(value) < 1e15 or value != value else float("inf")
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    sign = -1.0 if text.startswith("-") else 1.0
    if _NUMBER.fullmatch(text):
        return float(text)
    text = text.removeprefix("-")
    parts = _PART.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text.replace(" ", ""):
        return None
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)


def format_duration(duration: timedelta) -> str:
    """The shortest text that :func:`parse_duration` reads back: ``1h30m``, ``250ms``."""
    micros = round(duration.total_seconds() * 1_000_000)
    if micros == 0:
        return "0s"
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    parts = []
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000)):
        count, micros = divmod(micros, size)
        if count:
            parts.append(f"{count}{unit}")
    if micros and not parts and micros < 1_000_000:
        parts.append(f"{micros / 1000:g}ms")
    elif micros:
        parts.append(f"{micros / 1_000_000:.6f}".rstrip("0").rstrip(".") + "s")
    return sign + "".join(parts)


def spoken_duration(duration: timedelta) -> str:
    """After the word "every": ``5 minutes``, ``hour``, ``1 hour 30 minutes``."""
    left = duration.total_seconds()
    parts: list[str] = []
    for name, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count = left // size if size > 1 else round(left, 3)
        left -= count * size if size > 1 else 0
        if count:
            parts.append(f"{count:g} {name}" + ("" if count == 1 else "s"))
    words = " ".join(parts) or "0 seconds"
    return words.removeprefix("1 ") if len(parts) == 1 else words


def parse_time(value: object, field: str, zone: tzinfo) -> datetime:
    """An aware UTC time from ISO 8601 text; without an offset it is local to ``zone``."""
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise InvalidInput(field, value, TIME_FORM) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        utc = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise InvalidInput(field, value, "a time between the years 1 and 9999") from None
    if not 1970 <= utc.year <= 9000:
        raise InvalidInput(field, value, "a time between the years 1970 and 9000")
    return utc


def check_name(value: Any, field: str) -> str:
    """A name of a job or queue: 1 to 255 characters, none of them a control character."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(field, value, "a name that is not empty")
    if len(value) > MAX_NAME:
        raise InvalidInput(field, value, f"a name of at most {MAX_NAME} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in value):
        raise InvalidInput(field, value, "a name without control characters or line breaks")
    return value


def check_whole(value: Any, field: str, *, least: int, most: int) -> int:
    """A whole number from ``least`` to ``most``."""
    expected = f"a whole number from {least:,} to {most:,}"
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?\d{1,12}", value.strip(), re.ASCII):
            raise InvalidInput(field, value, expected)
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(field, value, expected)
    return value


def iso(moment: datetime | None) -> str | None:
    """A time as INTERFACE writes it: UTC, microseconds and ``Z``."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
