"""From rows to values. A row that can't be read becomes :class:`Unreadable`, never a crash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import Job, JobSpec
from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.domain.run import Attempt, Origin, Run, RunState
from jobdesk.store import schema

RUN_COLUMNS = tuple(c for c in schema.runs.c if c.name != "exclusive")
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
    """A run; one whose state, origin or reason this program doesn't know (a newer one may
    have written it) is shown as dead, says so in its error, and is set aside: see
    :attr:`Run.problem`."""
    fields = row._asdict()
    unknown = [
        f"{name} {fields[name]!r}" for name, kind in _CLOSED.items() if not _knows(kind, fields[name])
    ]
    if not unknown:
        fields["state"] = RunState(fields["state"])
        fields["origin"] = Origin(fields["origin"])
        fields["reason"] = _reason(fields["reason"])
        return Run(**fields)
    problem = f"{' and '.join(unknown)} unknown to this program; a newer one may know better"
    known_state = _knows(RunState, fields["state"])
    fields["state"] = RunState(fields["state"]) if known_state else RunState.DEAD
    fields["origin"] = (
        Origin(fields["origin"]) if _knows(Origin, fields["origin"]) else Origin.PUSH
    )
    fields["reason"] = Reason.ENGINE_ERROR
    fields["error"] = f"this run can't be read: {problem}"
    return Run(**fields, problem=problem)


_CLOSED = {"state": RunState, "origin": Origin, "reason": Reason}


def _knows(kind: type[StrEnum], value: str | None) -> bool:
    return value in kind._value2member_map_ or (value is None and kind is Reason)


def attempt_of(row: Row[Any]) -> Attempt:
    fields = row._asdict()
    fields["outcome"] = Outcome(fields["outcome"]) if fields["outcome"] else None
    fields["reason"] = _reason(fields["reason"])
    for name in ("request", "response"):
        fields[name] = json.loads(fields[name]) if fields[name] else None
    return Attempt(**fields)


def job_of(row: Row[Any], last_run: Run | None = None) -> Job | Unreadable:
    try:
        spec = JobSpec.model_validate_json(row.spec)
    except (InvalidInput, ValueError) as error:
        return Unreadable("jobs", row.id, row.name, str(error).splitlines()[0])
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


def _reason(value: str | None) -> Reason | None:
    return Reason(value) if value else None
