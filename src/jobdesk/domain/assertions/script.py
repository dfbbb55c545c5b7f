"""Assertions that are held against the end of a script."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import field_validator

from jobdesk.domain.assertions import values
from jobdesk.domain.assertions.base import AssertionBase
from jobdesk.domain.assertions.facts import ScriptFacts, shown
from jobdesk.domain.assertions.under import Under
from jobdesk.domain.errors import InvalidInput


class ScriptBase(AssertionBase[ScriptFacts]):
    """One that is held against the end of a script."""

    kind: ClassVar[str] = "script"


class ExitCodeIn(ScriptBase):
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
        return f"exit code {values.either(self.value)}"

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        return facts.exit_code in self.value, str(facts.exit_code)


class _Output(ScriptBase):
    about_output = True
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

    def limits(self, facts: ScriptFacts) -> str:
        return " (its middle was not kept)" if facts.omitted else ""

    def found(self, facts: ScriptFacts) -> str:
        return shown(facts.text(self.stream))


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


class Duration(Under, ScriptBase):
    """``{"type": "duration_under_ms", "value": 60000}``"""

    type: Literal["duration_under_ms"] = "duration_under_ms"

    @property
    def words(self) -> str:
        return f"an end in under {self.value:,} ms"

    def test(self, facts: ScriptFacts) -> tuple[bool, str]:
        return facts.duration_ms < self.value, f"{facts.duration_ms:,} ms"
