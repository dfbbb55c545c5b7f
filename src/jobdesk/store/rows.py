"""From rows to values. A row that can't be read becomes :class:`Unreadable`, never a crash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Row

from jobdesk.domain.job import Job, JobSpec
from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.domain.run import Attempt, Origin, Run, RunState
from jobdesk.domain.values import problems_of
from jobdesk.store import schema
from jobdesk.store.prepared import moment

E = TypeVar("E", bound=StrEnum)

RUN_COLUMNS = tuple(c for c in schema.runs.c if c.name != "exclusive")
_PLACES = {column.name: place for place, column in enumerate(RUN_COLUMNS)}
_TIMES = [_PLACES[c.name] for c in RUN_COLUMNS if isinstance(c.type, schema.UtcTime)]
_STATE, _ORIGIN, _REASON = _PLACES["state"], _PLACES["origin"], _PLACES["reason"]
_CANCEL = _PLACES["cancel_requested"]

ATTEMPT_COLUMNS = tuple(
    c for c in schema.attempts.c if c.name not in ("pid", "pid_started", "log_bytes")
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that this program can't make sense of: set aside, shown, never deleted."""

    table: str
    id: int
    name: str
    problem: str


def run_of(row: Row[Any]) -> Run:
    """A run. One whose state, origin or reason this program doesn't know (a newer one may
    have written it) is shown as dead with an error that says so, and is set aside by its
    :attr:`Run.problem`."""
    fields = row._asdict()
    unknown: list[str] = []
    fields["state"] = _member(RunState, fields["state"], RunState.DEAD, unknown)
    fields["origin"] = _member(Origin, fields["origin"], Origin.PUSH, unknown)
    fields["reason"] = _reason(fields["reason"], unknown)
    if not unknown:
        return Run(**fields)
    problem = f"{', '.join(unknown)} unknown to this program; a newer one may know better"
    fields["reason"] = Reason.ENGINE_ERROR
    fields["error"] = f"this run can't be read: {problem}"
    return Run(**fields, problem=problem)


def plain_run(values: Sequence[Any]) -> Run:
    """A run from the values of :data:`RUN_COLUMNS` as the driver gives them: a quick
    :func:`run_of` for what is claimed and pushed. Raises ValueError, TypeError or
    OverflowError for a row that isn't all right; :func:`run_of` knows what to do then."""
    fields = list(values)
    for place in _TIMES:
        if fields[place] is not None:
            fields[place] = moment(fields[place])
    fields[_STATE] = RunState(fields[_STATE])
    fields[_ORIGIN] = Origin(fields[_ORIGIN])
    if fields[_REASON] is not None:
        fields[_REASON] = Reason(fields[_REASON])
    fields[_CANCEL] = bool(fields[_CANCEL])
    return Run(*fields)


def attempt_of(row: Row[Any]) -> Attempt:
    """An attempt; what this program doesn't know of it is named in its error."""
    fields = row._asdict()
    unknown: list[str] = []
    if fields["outcome"]:
        fields["outcome"] = _member(Outcome, fields["outcome"], Outcome.FAILED, unknown)
    fields["reason"] = _reason(fields["reason"], unknown)
    for name in ("request", "response"):
        try:
            fields[name] = json.loads(fields[name]) if fields[name] else None
        except ValueError:
            fields[name] = None
            unknown.append(name)
    if unknown:
        fields["error"] = f"this attempt can't be read: {', '.join(unknown)}"
    return Attempt(**fields)


def job_of(row: Row[Any], last_run: Run | None = None) -> Job | Unreadable:
    try:
        spec = JobSpec.model_validate_json(row.spec)
    except ValidationError as error:
        return Unreadable("jobs", row.id, row.name, str(problems_of(error)[0]))
    return Job(
        id=row.id,
        spec=spec,
        created_at=row.created_at,
        updated_at=row.updated_at,
        anchor_at=row.anchor_at,
        last_due_at=row.last_due_at,
        next_due_at=row.next_due_at,
        last_run=last_run,
    )


def _member(kind: type[E], value: str, stand_in: E, unknown: list[str]) -> E:
    try:
        return kind(value)
    except ValueError:
        unknown.append(f"{kind.__name__.removeprefix('Run').lower()} {value!r}")
        return stand_in


def _reason(value: str | None, unknown: list[str]) -> Reason | None:
    return _member(Reason, value, Reason.ENGINE_ERROR, unknown) if value else None
