"""JSON laid out to be read, token by token: nothing of it is changed. No Qt."""

from __future__ import annotations

import json
import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_INDENT = "  "


def is_json(text: str) -> bool:
    """Whether ``text`` is a JSON object or list."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def pretty(text: str) -> str:
    """Valid JSON with one member a line. Numbers, escapes, order and doubled names stay
    as they are written, which loading and dumping would not keep."""
    parts: list[str] = []
    depth, before = 0, ""
    for match in _TOKEN.finditer(text):
        token = match.group()
        closes = token in ("}", "]")
        depth -= closes
        if (closes and before not in ("{", "[")) or (before in ("{", "[", ",") and not closes):
            parts.append("\n" + _INDENT * depth)
        elif before == ":":
            parts.append(" ")
        parts.append(token)
        depth += token in ("{", "[")
        before = token
    return "".join(parts)
