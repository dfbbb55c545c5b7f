"""Success assertions as options: ``--assert TYPE[:NAME][=VALUE]``, or one JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from jobdesk.domain.assertions import HTTP_KINDS, SCRIPT_KINDS, AnyAssertion, parse_assertions
from jobdesk.domain.errors import InvalidInput

FORM = (
    "TYPE[:NAME]=VALUE, such as status_code_in=200,404, header_equals:X-Ready=yes,"
    " json_path_equals:$.status=ok, json_path_compares:$.count>=3 or"
    " output_contains:stderr=done; or a JSON object"
)
_SHORT = re.compile(r"(?P<type>[a-z_]+)(?::(?P<name>.+?))?(?:=(?P<value>.*))?", re.DOTALL)
_COMPARES = re.compile(
    r"json_path_compares:(?P<path>.+?)\s*(?P<operator><=|>=|==|!=|<|>)\s*(?P<value>.+)", re.DOTALL
)
_NAMED = {"header": "name", "json": "path", "output": "stream"}
"""What the part after the colon is, by the first word of the type."""


def take_assertions(texts: Sequence[str]) -> tuple[AnyAssertion, ...] | None:
    """The assertions that the options name; None where there are none."""
    return parse_assertions([_read(text) for text in texts]) if texts else None


def _read(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidInput("assert", text, FORM) from None
        assert isinstance(found, dict)
        return found
    compares = _COMPARES.fullmatch(text)
    if compares:
        return {"type": "json_path_compares", **compares.groupdict()}
    short = _SHORT.fullmatch(text)
    kind = short["type"] if short else None
    if short is None or kind not in {**HTTP_KINDS, **SCRIPT_KINDS}:
        raise InvalidInput("assert", text, FORM)
    fields: dict[str, Any] = {"type": kind}
    if short["name"] is not None:
        fields[_NAMED.get(str(kind).partition("_")[0], "name")] = short["name"]
    if short["value"] is not None:
        fields["value"] = short["value"]
    return fields
