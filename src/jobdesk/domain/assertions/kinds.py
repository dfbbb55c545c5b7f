"""All kinds of assertions, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Discriminator, TypeAdapter

from jobdesk.domain.assertions.http import (
    BodyContains,
    BodyMatches,
    BodyNotContains,
    HeaderEquals,
    HeaderMatches,
    HttpBase,
    JsonCompares,
    JsonEquals,
    JsonExists,
    ResponseTime,
    StatusBetween,
    StatusEquals,
    StatusIn,
)
from jobdesk.domain.assertions.script import (
    Duration,
    ExitCodeIn,
    OutputContains,
    OutputMatches,
    OutputNotContains,
    ScriptBase,
)
from jobdesk.domain.errors import InvalidInput, Problem

MOST = 50

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
HTTP_KINDS: dict[str, type[HttpBase]] = {
    one.model_fields["type"].default: one for one in HttpAssertion.__args__
}
SCRIPT_KINDS: dict[str, type[ScriptBase]] = {
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
