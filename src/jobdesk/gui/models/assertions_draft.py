"""What makes a success, as forms hold it: rows of texts and choices. No Qt."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jobdesk.domain.assertions import HTTP_KINDS, SCRIPT_KINDS, AnyAssertion, fitting
from jobdesk.domain.errors import InvalidInput
from jobdesk.gui.models.job_form.field_problems import Problems, sentence

STREAMS = {"": "anywhere", "stdout": "in stdout", "stderr": "in stderr"}
OPERATORS = (">=", ">", "==", "!=", "<=", "<")


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind in the words of a row: ``about`` and ``value`` are examples of what stands in
    its inputs, "" where it has none; ``unit`` stands behind the value."""

    label: str
    about: str = ""
    value: str = ""
    unit: str = ""
    compares: bool = False
    streams: bool = False


KINDS: dict[str, KindWords] = {
    "status_code_in": KindWords("Status is one of", value="200, 201"),
    "status_code_equals": KindWords("Status is", value="200"),
    "status_code_between": KindWords("Status is within", value="200-299"),
    "header_equals": KindWords("Header is", "Content-Type", "text/plain"),
    "header_matches": KindWords("Header matches", "Content-Type", "^application/.*json"),
    "body_contains": KindWords("Body contains", value="done"),
    "body_not_contains": KindWords("Body lacks", value="error"),
    "body_matches": KindWords("Body matches", value="[0-9]+ files"),
    "json_path_equals": KindWords("JSON path is", "$.status", "ok"),
    "json_path_exists": KindWords("JSON path exists", "$.id"),
    "json_path_compares": KindWords("JSON number", "$.count", "3", compares=True),
    "response_time_under_ms": KindWords("Answers in under", value="5000", unit="ms"),
    "exit_code_in": KindWords("Exit code is one of", value="0, 3"),
    "output_contains": KindWords("Output contains", value="done", streams=True),
    "output_not_contains": KindWords("Output lacks", value="Traceback", streams=True),
    "output_matches": KindWords("Output matches", value="[0-9]+ files", streams=True),
    "duration_under_ms": KindWords("Ends in under", value="60000", unit="ms"),
}
_TYPES: dict[str, Any] = {**HTTP_KINDS, **SCRIPT_KINDS}


def kinds_for(kind: str | None) -> list[str]:
    """The types that fit an action of this kind (http, script); None: any."""
    return [one for one in KINDS if kind is None or _TYPES[one].kind == kind]


@dataclass(frozen=True, slots=True)
class AssertionRow:
    """One row. ``about`` is the header, the JSON path, or the stream. ``origin`` is what it
    was opened with: left as it is, it makes the same again."""

    type: str
    about: str = ""
    operator: str = OPERATORS[0]
    value: str = ""
    origin: AnyAssertion | None = field(default=None, compare=False)

    @classmethod
    def of(cls, assertion: AnyAssertion) -> AssertionRow:
        said = assertion.model_dump()
        about = said.get("name") or said.get("path") or said.get("stream") or ""
        value = said.get("value")
        return cls(
            assertion.type,
            about=about,
            operator=said.get("operator", OPERATORS[0]),
            value=_text(assertion.type, value) if "value" in said else "",
            origin=assertion,
        )

    def assertion(self) -> AnyAssertion:
        """:class:`InvalidInput` for what can't be one."""
        if self.origin is not None and self == AssertionRow.of(self.origin):
            return self.origin
        words = KINDS[self.type]
        fields: dict[str, Any] = {}
        if words.streams:
            fields["stream"] = self.about or None
        elif words.about:
            fields["path" if self.type.startswith("json") else "name"] = self.about
        if words.compares:
            fields["operator"] = self.operator
        if words.value:
            fields["value"] = _json(self.value) if self.type == "json_path_equals" else self.value
        made: AnyAssertion = _TYPES[self.type](**fields)
        return made

    def problem(self) -> str:
        """What is wrong with it, or ""."""
        try:
            self.assertion()
        except InvalidInput as error:
            first = error.problems[0]
            name = {"name": "Header", "path": "JSON path"}.get(first.field, "")
            said = sentence(first)
            return f"{name}: {said[:1].lower()}{said[1:]}" if name else said
        return ""


@dataclass(frozen=True, slots=True)
class AssertionsDraft:
    """``own``: it has a word on it, even if that is that there are none."""

    own: bool = False
    rows: tuple[AssertionRow, ...] = ()

    @classmethod
    def of(cls, assertions: Iterable[AnyAssertion] | None) -> AssertionsDraft:
        if assertions is None:
            return cls()
        return cls(True, tuple(map(AssertionRow.of, assertions)))

    def assertions(self, kind: str | None) -> tuple[AnyAssertion, ...] | None:
        """What it says of actions of a kind; None where it leaves that to others."""
        if not self.own:
            return None
        return tuple(row.assertion() for row in self.fitting(kind))

    def fitting(self, kind: str | None) -> list[AssertionRow]:
        """The rows that can be held against actions of a kind; the form shows these."""
        known = kinds_for(kind)
        return [row for row in self.rows if row.type in known]

    def problems(self, kind: str | None) -> Problems:
        """What is wrong, under ``assertions.0`` and so on, counting the rows that fit."""
        if not self.own:
            return {}
        said = {f"assertions.{i}": row.problem() for i, row in enumerate(self.fitting(kind))}
        return {key: text for key, text in said.items() if text}


def enough(kind: str | None) -> str:
    """What a success is where nothing more is asserted."""
    return {
        "http": "any 2xx answer",
        "script": "exit code 0",
    }.get(kind or "", "any 2xx answer, or exit code 0")


def inherited_words(kind: str | None, assertions: Iterable[AnyAssertion], said_by: str) -> str:
    """What holds while nothing is set here: ``any 2xx answer (default)``."""
    fit = assertions if kind is None else fitting(kind, assertions)
    words = "; ".join(one.words for one in fit)
    return f"{words or enough(kind)} ({said_by})"


def _text(kind: str, value: Any) -> str:
    if kind == "status_code_between":
        return f"{value[0]}-{value[1]}"
    if isinstance(value, (tuple, list)) and kind != "json_path_equals":
        return ", ".join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(text: str) -> Any:
    """Objects and lists as such; of anything else a text equals what is written like it."""
    if text.strip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
