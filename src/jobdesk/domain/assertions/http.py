"""Assertions that are held against an answer."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from jobdesk.domain.assertions import values
from jobdesk.domain.assertions.base import AssertionBase
from jobdesk.domain.assertions.facts import ResponseFacts, shown
from jobdesk.domain.assertions.under import Under
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_whole

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class HttpBase(AssertionBase[ResponseFacts]):
    """One that is held against an answer."""

    kind: ClassVar[str] = "http"


class StatusEquals(HttpBase):
    """``{"type": "status_code_equals", "value": "200"}``"""

    about_status = True
    type: Literal["status_code_equals"] = "status_code_equals"
    value: int

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> int:
        return check_whole(value, "value", least=100, most=599)

    @property
    def words(self) -> str:
        return f"status {self.value}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return facts.status == self.value, str(facts.status)


class StatusIn(HttpBase):
    """``{"type": "status_code_in", "value": [200, 404]}``"""

    about_status = True
    type: Literal["status_code_in"] = "status_code_in"
    value: tuple[int, ...]

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> tuple[int, ...]:
        return values.whole_numbers(value, "value", least=100, most=599)

    @property
    def words(self) -> str:
        return f"status {values.either(self.value)}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return facts.status in self.value, str(facts.status)


class StatusBetween(HttpBase):
    """``{"type": "status_code_between", "value": "200-299"}``"""

    about_status = True
    type: Literal["status_code_between"] = "status_code_between"
    value: tuple[int, int]

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> tuple[int, int]:
        return values.span(value, "value", least=100, most=599)

    @property
    def words(self) -> str:
        return f"status from {self.value[0]} to {self.value[1]}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return self.value[0] <= facts.status <= self.value[1], str(facts.status)


class _Header(HttpBase):
    name: str
    value: str

    @field_validator("name", mode="before")
    @classmethod
    def _name(cls, value: Any) -> str:
        return values.text(value, "name").strip()

    @staticmethod
    def found(header: str | None) -> str:
        return "no such header" if header is None else shown(header)


class HeaderEquals(_Header):
    """``{"type": "header_equals", "name": "Content-Type", "value": "application/json"}``"""

    type: Literal["header_equals"] = "header_equals"

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str:
        return values.text(value, "value")

    @property
    def words(self) -> str:
        return f"header {self.name} equal to {self.value!r}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        header = facts.header(self.name)
        return header is not None and header.strip() == self.value.strip(), self.found(header)


class HeaderMatches(_Header):
    """``{"type": "header_matches", "name": "Content-Type", "value": "json"}``"""

    type: Literal["header_matches"] = "header_matches"

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str:
        return values.pattern(value, "value")

    @property
    def words(self) -> str:
        return f"header {self.name} matching {self.value!r}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        header = facts.header(self.name)
        return header is not None and values.matches(self.value, header), self.found(header)


class _Body(HttpBase):
    value: str

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str:
        return values.text(value, "value")

    def limits(self, facts: ResponseFacts) -> str:
        return _kept(facts)


class BodyContains(_Body):
    """``{"type": "body_contains", "value": "ok"}``"""

    type: Literal["body_contains"] = "body_contains"

    @property
    def words(self) -> str:
        return f"a body with {self.value!r}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return self.value in facts.text, shown(facts.text)


class BodyNotContains(_Body):
    """``{"type": "body_not_contains", "value": "error"}``"""

    type: Literal["body_not_contains"] = "body_not_contains"

    @property
    def words(self) -> str:
        return f"a body without {self.value!r}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return self.value not in facts.text, shown(facts.text)


class BodyMatches(_Body):
    """``{"type": "body_matches", "value": "^ok"}``"""

    type: Literal["body_matches"] = "body_matches"

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str:
        return values.pattern(value, "value")

    @property
    def words(self) -> str:
        return f"a body matching {self.value!r}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return values.matches(self.value, facts.text), shown(facts.text)


class _Json(HttpBase):
    path: str

    @field_validator("path", mode="before")
    @classmethod
    def _path(cls, value: Any) -> str:
        return values.path(value, "path")

    def limits(self, facts: ResponseFacts) -> str:
        return _kept(facts)

    def look(self, facts: ResponseFacts) -> tuple[list[Any], str]:
        """What the path leads to, and how that is said."""
        try:
            document = json.loads(facts.text)
        except (ValueError, RecursionError):
            return [], "a body that is not JSON"
        found = values.found_by(self.path, document)
        if not found:
            return [], f"nothing at {self.path}"
        said = ", ".join(shown(json.dumps(one, ensure_ascii=False)) for one in found[:3])
        return found, said


class JsonExists(_Json):
    """``{"type": "json_path_exists", "path": "$.id"}``"""

    type: Literal["json_path_exists"] = "json_path_exists"

    @property
    def words(self) -> str:
        return f"something at {self.path}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        found, said = self.look(facts)
        return bool(found), said


class JsonEquals(_Json):
    """``{"type": "json_path_equals", "path": "$.status", "value": "ok"}``; the value is any
    JSON, and a text equals what is written like it (``"3"`` equals ``3``)."""

    type: Literal["json_path_equals"] = "json_path_equals"
    value: Any

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> Any:
        try:
            size = len(json.dumps(value))
        except (TypeError, ValueError, RecursionError):
            size = values.MAX_TEXT + 1
        if size > values.MAX_TEXT:
            raise InvalidInput("value", value, "a JSON value that is not too long")
        return value

    @property
    def words(self) -> str:
        return f"{self.path} equal to {json.dumps(self.value, ensure_ascii=False)}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        found, said = self.look(facts)
        return any(map(self._equals, found)), said

    def _equals(self, found: Any) -> bool:
        if isinstance(self.value, str) and not isinstance(found, str):
            return json.dumps(found) == self.value.strip()
        if isinstance(self.value, bool) or isinstance(found, bool):
            return found is self.value  # True is not 1 here
        return bool(found == self.value)


class JsonCompares(_Json):
    """``{"type": "json_path_compares", "path": "$.count", "operator": ">=", "value": 3}``"""

    type: Literal["json_path_compares"] = "json_path_compares"
    operator: str
    value: float

    @field_validator("operator", mode="before")
    @classmethod
    def _operator(cls, value: Any) -> str:
        if not isinstance(value, str) or value not in _COMPARE:
            raise InvalidInput("operator", value, f"one of {' '.join(_COMPARE)}")
        return value

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> float:
        read = values.number(value)
        if read is None or read != read or abs(read) == float("inf"):
            raise InvalidInput("value", value, "a number")
        return read

    @property
    def words(self) -> str:
        return f"{self.path} {self.operator} {self.value:g}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        found, said = self.look(facts)
        numbers = [number for one in found if (number := values.number(one)) is not None]
        return any(_COMPARE[self.operator](one, self.value) for one in numbers), said


class ResponseTime(Under, HttpBase):
    """``{"type": "response_time_under_ms", "value": "5000"}``"""

    type: Literal["response_time_under_ms"] = "response_time_under_ms"

    @property
    def words(self) -> str:
        return f"an answer in under {self.value:,} ms"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return facts.elapsed_ms < self.value, f"{facts.elapsed_ms:,} ms"


def _kept(facts: ResponseFacts) -> str:
    return f" (only {len(facts.body):,} bytes were kept)" if facts.truncated else ""
