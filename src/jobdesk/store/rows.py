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
    fields = row._asdict()
    fields["state"] = RunState(fields["state"])
    fields["origin"] = Origin(fields["origin"])
    fields["reason"] = _reason(fields["reason"])
    return Run(**fields)


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
