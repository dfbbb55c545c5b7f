"""Times, spans and numbers as people read them. The one place with local time.

``moment``, ``ago`` and their like take ``now``, an aware time; years, days and clock
times are the computer's own zone's.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from jobdesk.domain.run import RunState

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_STATE_NAMES = {state: state.value.capitalize() for state in RunState}


def moment(when: datetime, now: datetime) -> str:
    """A time, as short as it can be told apart: ``12:04:31`` today, ``yesterday 12:04``,
    ``tomorrow 12:04``, ``3 Mar 12:04``, with the year when it is another one."""
    local, today = when.astimezone(), now.astimezone()
    days = (local.date() - today.date()).days
    if days == 0:
        return f"{local:%H:%M:%S}"
    if days in (-1, 1):
        return f"{'yesterday' if days < 0 else 'tomorrow'} {local:%H:%M}"
    day = f"{local.day} {_MONTHS[local.month - 1]}"
    if local.year != today.year:
        day += f" {local.year}"
    return f"{day} {local:%H:%M}"


def moment_full(when: datetime) -> str:
    """A time with its date, seconds and zone: ``3 Mar 2026, 12:04:31 CET (UTC+01:00)``."""
    local = when.astimezone()
    offset = f"{local:%z}"
    zone = f"UTC{offset[:3]}:{offset[3:5]}"
    name = local.tzname() or ""
    # Windows and zones without an abbreviation of their own name the offset once more.
    shown = f"{name} ({zone})" if name.isalpha() and name != "UTC" else zone
    if name == "UTC":
        shown = "UTC"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M:%S} {shown}"


def ago(when: datetime, now: datetime) -> str:
    """``12 s ago``; ``just now`` within a second, and for what lies ahead."""
    seconds = int((now - when).total_seconds())
    return f"{_rough(seconds)} ago" if seconds >= 1 else "just now"


def until(when: datetime, now: datetime) -> str:
    """``in 4 m 12 s``; ``now`` when the time has come."""
    seconds = _seconds_left(when, now)
    return f"in {_exact(seconds)}" if seconds > 0 else "now"


def countdown(when: datetime, now: datetime) -> str:
    """What is left, as a clock shows it: ``4:12``, ``1:04:12``, ``3 d 4 h``; ``0:00`` at
    the end."""
    seconds = max(0, _seconds_left(when, now))
    hours, rest = divmod(seconds, 3600)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def elapsed(since: datetime, now: datetime) -> str:
    """How long something has been going on: ``12 s``, ``2 m 05 s``, ``3 h 04 m``."""
    return _exact(max(0, int((now - since).total_seconds())))


def duration(milliseconds: int) -> str:
    """``12 ms``, ``3.4 s``, ``2 m 05 s``, ``3 h 04 m``, ``2 d 03 h``."""
    if milliseconds < 1000:
        return f"{max(0, milliseconds)} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    return _exact(round(milliseconds / 1000))


def seconds(value: float) -> str:
    """A span of seconds from a setting, such as a timeout: ``30 s``, ``250 ms``."""
    milliseconds = round(value * 1000)
    if milliseconds >= 1000 and milliseconds % 1000 == 0:
        return _exact(milliseconds // 1000)
    return duration(milliseconds)


def size(count_of_bytes: int) -> str:
    """``512 bytes``, ``3.4 KB``, ``10 MB``; a KB has 1,024 bytes."""
    if count_of_bytes < 1024:
        return f"{count_of_bytes} {'byte' if count_of_bytes == 1 else 'bytes'}"
    value, units = count_of_bytes / 1024, ["TB", "GB", "MB", "KB"]
    while value >= 1023.95 and len(units) > 1:
        value /= 1024
        units.pop()
    text = f"{value:.1f}".removesuffix(".0") if value < 99.95 else f"{value:,.0f}"
    return f"{text} {units[-1]}"


def count(number: int) -> str:
    """``12,345``."""
    return f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 run``, ``12,345 runs``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def by_name(name: str) -> tuple[tuple[str | int, ...], str]:
    """What names are sorted by: ``job 2`` before ``job 10``, and ``a`` beside ``A``."""
    parts = re.split(r"(\d+)", name.casefold())
    # Texts and numbers in turns, so that like is compared with like.
    return tuple(int(part) if at % 2 else part for at, part in enumerate(parts)), name


def state_word(state: RunState) -> str:
    """``Dead``."""
    return _STATE_NAMES[state]


def sentence(text: str) -> str:
    """An error's message as a sentence of its own."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?")) else text + "."


def _seconds_left(when: datetime, now: datetime) -> int:
    """Whole seconds, rounded up: a countdown shows 0 only when the time has come."""
    return -int((now - when) // timedelta(seconds=1))


def _rough(seconds: int) -> str:
    """One unit: for what is past, the finer one is noise."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _exact(seconds: int) -> str:
    """Two units."""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} m {seconds % 60:02} s"
    if seconds < 86_400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} m"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3600:02} h"
