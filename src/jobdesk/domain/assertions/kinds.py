"""The kinds of assertions: each says itself in words, and is held against facts."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, TypeAdapter, field_validator

from jobdesk.domain.assertions import values
from jobdesk.domain.assertions.facts import Finding, ResponseFacts, ScriptFacts, shown
from jobdesk.domain.errors import InvalidInput, Problem
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.values import Value

MOST = 50
_LONGEST_MS = 86_400_000

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class _Http(Value):
    """One that is held against an answer."""

    kind: ClassVar[str] = "http"
    about_status: ClassVar[bool] = False

    @property
    def words(self) -> str:
        raise NotImplementedError

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        """Whether it holds, and what was found."""
        raise NotImplementedError

    def check(self, facts: ResponseFacts) -> Finding:
        try:
            passed, found = self.test(facts)
        except values.OutOfTime:
            passed, found = False, f"no end to the search within {values.PATIENCE:g} s"
        return Finding(passed, self.words, found, about_status=self.about_status)


class _Script(Value):
    """One that is held against the end of a script."""

    kind: ClassVar[str] = "script"
    about_status: ClassVar[bool] = False

    @property
    def words(self) -> str:
        raise NotImplementedError

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        raise NotImplementedError

    def check(self, facts: ScriptFacts) -> Finding:
        try:
            passed, found = self.test(facts)
        except values.OutOfTime:
            passed, found = False, f"no end to the search within {values.PATIENCE:g} s"
        return Finding(passed, self.words, found, about_status=self.about_status)


# -- an answer's status -----------------------------------------------------------


class StatusEquals(_Http):
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


class StatusIn(_Http):
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
        return f"status {_either(self.value)}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return facts.status in self.value, str(facts.status)


class StatusBetween(_Http):
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


# -- headers, body, time ----------------------------------------------------------


class _Header(_Http):
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


class _Body(_Http):
    value: str

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str:
        return values.text(value, "value")

    @staticmethod
    def found(facts: ResponseFacts) -> str:
        cut = f" (only {len(facts.body):,} bytes were kept)" if facts.truncated else ""
        return shown(facts.text) + cut


class BodyContains(_Body):
    """``{"type": "body_contains", "value": "ok"}``"""

    type: Literal["body_contains"] = "body_contains"

    @property
    def words(self) -> str:
        return f"a body with {self.value!r}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return self.value in facts.text, self.found(facts)


class BodyNotContains(_Body):
    """``{"type": "body_not_contains", "value": "error"}``"""

    type: Literal["body_not_contains"] = "body_not_contains"

    @property
    def words(self) -> str:
        return f"a body without {self.value!r}"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return self.value not in facts.text, self.found(facts)


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
        return values.matches(self.value, facts.text), self.found(facts)


class _Json(_Http):
    path: str

    @field_validator("path", mode="before")
    @classmethod
    def _path(cls, value: Any) -> str:
        return values.path(value, "path")

    def look(self, facts: ResponseFacts) -> tuple[list[Any], str]:
        """What the path leads to, and how that is said."""
        try:
            document = json.loads(facts.text)
        except (ValueError, RecursionError):
            return [], "a body that is not JSON" + (
                f" (only {len(facts.body):,} bytes were kept)" if facts.truncated else ""
            )
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


class _Under(Value):
    value: int

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> int:
        return check_whole(value, "value", least=1, most=_LONGEST_MS)


class ResponseTime(_Under, _Http):
    """``{"type": "response_time_under_ms", "value": "5000"}``"""

    type: Literal["response_time_under_ms"] = "response_time_under_ms"

    @property
    def words(self) -> str:
        return f"an answer in under {self.value:,} ms"

    def test(self, facts: ResponseFacts) -> tuple[bool, str]:
        return facts.elapsed_ms < self.value, f"{facts.elapsed_ms:,} ms"


# -- scripts ----------------------------------------------------------------------


class ExitCodeIn(_Script):
    """``{"type": "exit_code_in", "value": [0, 3]}``"""

    about_status = True
    type: Literal["exit_code_in"] = "exit_code_in"
    value: tuple[int, ...]

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> tuple[int, ...]:
        return values.whole_numbers(value, "value", least=0, most=4_294_967_295)

    @property
    def words(self) -> str:
        return f"exit code {_either(self.value)}"

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        return facts.exit_code in self.value, str(facts.exit_code)


class _Output(_Script):
    value: str
    stream: Literal["stdout", "stderr"] | None = None

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str:
        return values.text(value, "value")

    @field_validator("stream", mode="before")
    @classmethod
    def _stream(cls, value: Any) -> Any:
        if value not in ("stdout", "stderr", None):
            raise InvalidInput("stream", value, "stdout or stderr, or to be left out for both")
        return value

    @property
    def where(self) -> str:
        return self.stream or "output"

    def found(self, facts: ScriptFacts) -> str:
        cut = " (its middle was not kept)" if facts.omitted else ""
        return shown(facts.text(self.stream)) + cut


class OutputContains(_Output):
    """``{"type": "output_contains", "value": "done", "stream": "stdout"}``"""

    type: Literal["output_contains"] = "output_contains"

    @property
    def words(self) -> str:
        return f"{self.where} with {self.value!r}"

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        return self.value in facts.text(self.stream), self.found(facts)


class OutputNotContains(_Output):
    """``{"type": "output_not_contains", "value": "Traceback"}``"""

    type: Literal["output_not_contains"] = "output_not_contains"

    @property
    def words(self) -> str:
        return f"{self.where} without {self.value!r}"

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        return self.value not in facts.text(self.stream), self.found(facts)


class OutputMatches(_Output):
    """``{"type": "output_matches", "value": "^[0-9]+ files"}``"""

    type: Literal["output_matches"] = "output_matches"

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str:
        return values.pattern(value, "value")

    @property
    def words(self) -> str:
        return f"{self.where} matching {self.value!r}"

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        return values.matches(self.value, facts.text(self.stream)), self.found(facts)


class Duration(_Under, _Script):
    """``{"type": "duration_under_ms", "value": 60000}``"""

    type: Literal["duration_under_ms"] = "duration_under_ms"

    @property
    def words(self) -> str:
        return f"an end in under {self.value:,} ms"

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        return facts.duration_ms < self.value, f"{facts.duration_ms:,} ms"


# -- all of them ------------------------------------------------------------------

HttpAssertion = (
    StatusEquals
    | StatusIn
    | StatusBetween
    | HeaderEquals
    | HeaderMatches
    | BodyContains
    | BodyNotContains
    | BodyMatches
    | JsonEquals
    | JsonExists
    | JsonCompares
    | ResponseTime
)
ScriptAssertion = ExitCodeIn | OutputContains | OutputNotContains | OutputMatches | Duration
Assertion = Annotated[HttpAssertion | ScriptAssertion, Discriminator("type")]


ASSERTIONS: TypeAdapter[tuple[HttpAssertion | ScriptAssertion, ...]] = TypeAdapter(
    tuple[Assertion, ...]
)
HTTP_KINDS: dict[str, type[_Http]] = {
    one.model_fields["type"].default: one for one in HttpAssertion.__args__
}
SCRIPT_KINDS: dict[str, type[_Script]] = {
    one.model_fields["type"].default: one for one in ScriptAssertion.__args__
}
ALL_KINDS = (*HTTP_KINDS, *SCRIPT_KINDS)
AnyAssertion = HttpAssertion | ScriptAssertion


def parse_assertions(found: Any) -> tuple[AnyAssertion, ...]:
    """Assertions out of their JSON form; every problem is named by its place."""
    _check_known(found)
    made: list[AnyAssertion] = []
    problems: list[Problem] = []
    for place, one in enumerate(found):
        if not isinstance(one, dict):
            made.append(one)
            continue
        kinds: dict[str, Any] = {**HTTP_KINDS, **SCRIPT_KINDS}
        try:
            made.append(kinds[one["type"]](**{str(name): value for name, value in one.items()}))
        except InvalidInput as error:
            problems += [
                Problem(f"assertions.{place}.{problem.field}", problem.value, problem.expected)
                for problem in error.problems
            ]
    if problems:
        raise InvalidInput.of(problems)
    return tuple(made)


def _check_known(found: Any) -> None:
    if not isinstance(found, (list, tuple)):
        raise InvalidInput("assertions", found, "a list of assertions")
    if len(found) > MOST:
        raise InvalidInput("assertions", len(found), f"at most {MOST} assertions")
    problems = []
    for place, one in enumerate(found):
        kind = one.get("type") if isinstance(one, dict) else getattr(one, "type", None)
        if kind not in ALL_KINDS:
            expected = f"one of {', '.join(ALL_KINDS)}"
            problems.append(Problem(f"assertions.{place}.type", kind, expected))
    if problems:
        raise InvalidInput.of(problems)


def check_assertions(kind: str, assertions: Iterable[AnyAssertion]) -> None:
    """Refuse those that can't be held against an action of this kind (http, script)."""
    known = HTTP_KINDS if kind == "http" else SCRIPT_KINDS
    problems = [
        Problem(f"assertions.{place}.type", one.type, f"one of {', '.join(known)}")
        for place, one in enumerate(assertions)
        if one.kind != kind
    ]
    if problems:
        raise InvalidInput.of(problems)


def fitting(kind: str, assertions: Iterable[AnyAssertion]) -> tuple[AnyAssertion, ...]:
    """Those for actions of a kind: a queue may say some for both."""
    return tuple(one for one in assertions if one.kind == kind)


def _either(numbers: tuple[int, ...]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} or {last}" if first else last
