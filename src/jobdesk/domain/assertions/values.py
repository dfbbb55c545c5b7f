"""What assertions are written with: numbers, lists, ranges, patterns, paths."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_whole

if TYPE_CHECKING:
    from jsonpath import JSONPathEnvironment

MAX_TEXT = 10_000
PATIENCE = 1.0
"""Seconds that a pattern may take: some never come to an end with some texts."""

_PATTERNS = ("TOKEN_RE_PATTERN", "TOKEN_RE", "TOKEN_RE_FLAGS")


class OutOfTime(Exception):
    """A pattern took longer than :data:`PATIENCE`."""


def whole_numbers(value: Any, field: str, *, least: int, most: int) -> tuple[int, ...]:
    """``[200, 201]``, ``"200, 201"``, ``200`` or ``"200"``."""
    parts: Any = value
    if isinstance(value, str):
        parts = [part for part in value.split(",") if part.strip()]
    elif not isinstance(value, (list, tuple)):
        parts = [value]
    expected = f"whole numbers from {least:,} to {most:,}, such as {least}, {least + 1}"
    if not 1 <= len(parts) <= 100:
        raise InvalidInput(field, value, expected)
    try:
        found = [check_whole(part, field, least=least, most=most) for part in parts]
    except InvalidInput:
        raise InvalidInput(field, value, expected) from None
    return tuple(dict.fromkeys(found))


def span(value: Any, field: str, *, least: int, most: int) -> tuple[int, int]:
    """``[200, 299]`` or ``"200-299"``."""
    parts: Any = re.split(r"\s*-\s*", value.strip()) if isinstance(value, str) else value
    expected = f"a range such as 200-299, from {least:,} to {most:,}"
    if not isinstance(parts, (list, tuple)) or len(parts) != 2:
        raise InvalidInput(field, value, expected)
    try:
        low, high = (check_whole(part, field, least=least, most=most) for part in parts)
    except InvalidInput:
        raise InvalidInput(field, value, expected) from None
    if low > high:
        raise InvalidInput(field, value, expected)
    return low, high


def either(numbers: tuple[int, ...]) -> str:
    """``200, 201 or 204``"""
    *first, last = map(str, numbers)
    return f"{', '.join(first)} or {last}" if first else last


def text(value: Any, field: str) -> str:
    """A text that is not empty; a number or truth is taken for how JSON writes it."""
    if isinstance(value, (bool, int, float)):
        value = json.dumps(value)
    if not isinstance(value, str) or not value:
        raise InvalidInput(field, value, "a text that is not empty")
    if len(value) > MAX_TEXT or "\x00" in value or not _is_unicode(value):
        raise InvalidInput(field, value, f"a text of at most {MAX_TEXT:,} characters")
    return value


def pattern(value: Any, field: str) -> str:
    """A regular expression."""
    import regex  # late: most never use one

    wanted = text(value, field)
    try:
        regex.compile(wanted)
    except regex.error as error:
        raise InvalidInput(field, wanted, f"a regular expression ({error})") from None
    except (RecursionError, OverflowError, MemoryError):
        raise InvalidInput(field, wanted, "a simpler regular expression") from None
    return wanted


def matches(wanted: str, among: str) -> bool:
    """Whether a pattern is found anywhere; raises :class:`OutOfTime`.

    By ``regex`` and not by ``re``: it can be told when to give up.
    """
    import regex

    try:
        return regex.search(wanted, among, timeout=PATIENCE) is not None
    except TimeoutError:
        raise OutOfTime from None


@cache
def _paths() -> JSONPathEnvironment:
    """What reads paths. The patterns in their filters could not be told when to give up, and
    would hold up everything else in the process: there are none."""
    import jsonpath

    made = jsonpath.JSONPathEnvironment()
    for name in ("match", "search"):
        del made.function_extensions[name]
    return made


def path(value: Any, field: str) -> str:
    """A JSON path (RFC 9535, but without regular expressions in its filters); the leading
    ``$`` may be left out."""
    import jsonpath

    wanted = text(value, field).strip()
    if not wanted.startswith("$"):
        wanted = f"${wanted}" if wanted.startswith("[") else f"$.{wanted}"
    try:
        if any(token.kind in _PATTERNS for token in _paths().lexer.tokenize(wanted)):
            raise InvalidInput(field, value, "a JSON path without regular expressions")
        _paths().compile(wanted)
    except jsonpath.JSONPathError as error:
        first = str(error).splitlines()[0]
        raise InvalidInput(field, value, f"a JSON path such as $.status ({first})") from None
    except RecursionError:
        raise InvalidInput(field, value, "a simpler JSON path") from None
    return wanted


def found_by(wanted: str, document: Any) -> list[Any]:
    """The values that a path leads to; none where it can't be followed."""
    import jsonpath

    try:
        return list(_paths().compile(wanted).findall(document))
    except (jsonpath.JSONPathError, RecursionError, TypeError):
        return []


def number(value: Any) -> float | None:
    """A number, also one that is written as text."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
