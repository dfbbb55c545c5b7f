"""From rows to values. A row that can't be read becomes :class:`Unreadable`, never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Boolean, Column, Float, Integer, Row, Text

from jobdesk.domain.job import Job, JobSpec
from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.domain.policy import Source, settle
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.run import Attempt, Origin, Run, RunState
from jobdesk.domain.values import problems_of
from jobdesk.store import schema
from jobdesk.store.prepared import moment

E = TypeVar("E", bound=StrEnum)

RUN_COLUMNS = tuple(c for c in schema.runs.c if c.name != "exclusive")
_PLACES = {column.name: place for place, column in enumerate(RUN_COLUMNS)}
_TIMES = [_PLACES[c.name] for c in RUN_COLUMNS if isinstance(c.type, schema.UtcTime)]
_TEXTS = [_PLACES[c.name] for c in RUN_COLUMNS if isinstance(c.type, Text)]
_STATE, _ORIGIN, _REASON = _PLACES["state"], _PLACES["origin"], _PLACES["reason"]
_CANCEL = _PLACES["cancel_requested"]

ATTEMPT_COLUMNS = tuple(
    c for c in schema.attempts.c if c.name not in ("pid", "pid_started", "log_bytes")
)

_KINDS: tuple[tuple[type, tuple[type, ...], Any], ...] = (
    (schema.UtcTime, (datetime,), schema.BAD_TIME),
    (Boolean, (bool,), False),
    (Float, (float, int), 0.0),
    (Integer, (int,), 0),
    (Text, (str,), ""),
)


@dataclass(frozen=True, slots=True)
class _Field:
    """What a column may hold, and what stands in for anything else."""

    name: str
    types: frozenset[type]
    stand_in: Any


def _fields(columns: Iterable[Column[Any]]) -> tuple[_Field, ...]:
    fields = []
    for column in columns:
        types, stand_in = next((t, s) for kind, t, s in _KINDS if isinstance(column.type, kind))
        if column.nullable:
            types, stand_in = (*types, type(None)), None
        fields.append(_Field(column.name, frozenset(types), stand_in))
    return tuple(fields)


_RUN, _ATTEMPT = _fields(RUN_COLUMNS), _fields(ATTEMPT_COLUMNS)
_PLAIN = tuple(
    frozenset(
        int if kind is datetime else kind
        for kind in (*field.types, *((int,) if bool in field.types else ()))
    )
    for field in _RUN
)
"""The types that the driver gives for each of :data:`RUN_COLUMNS`."""
_JOB, _QUEUE = _fields(schema.jobs.c), _fields(schema.queues.c)


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
    :attr:`Run.problem`; so is one with a value that can't be right."""
    fields = row._asdict()
    unknown: list[str] = []
    damaged = mend(fields, _RUN)
    fields["state"] = _member(RunState, fields["state"], RunState.DEAD, unknown)
    fields["origin"] = _member(Origin, fields["origin"], Origin.PUSH, unknown)
    fields["reason"] = _reason(fields["reason"], unknown)
    if not unknown and not damaged:
        return Run(**fields)
    problem = _problem(unknown, damaged)
    fields["reason"] = Reason.ENGINE_ERROR
    fields["error"] = f"this run can't be read: {problem}"
    return Run(**fields, problem=problem)


@lru_cache(maxsize=256)
def _plausible(kinds: tuple[type, ...]) -> bool:
    """Whether a run's row may have values of these types."""
    return all(kind in types for kind, types in zip(kinds, _PLAIN, strict=True))


def plain_run(values: Sequence[Any]) -> Run:
    """A run from the values of :data:`RUN_COLUMNS` as the driver gives them: a quick
    :func:`run_of` for what is claimed and pushed. Raises ValueError or OverflowError for a
    row that isn't all right; :func:`run_of` knows what to do then."""
    fields = list(values)
    if not _plausible(tuple(map(type, values))):
        raise ValueError("a value of a wrong type")
    for place in _TEXTS:
        if fields[place] is not None and not fields[place].isascii():
            fields[place].encode()  # what isn't Unicode raises a ValueError
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
    """An attempt; what can't be read of it is named in its error."""
    fields = row._asdict()
    unknown = mend(fields, _ATTEMPT)
    if fields["outcome"]:
        fields["outcome"] = _member(Outcome, fields["outcome"], Outcome.FAILED, unknown)
    fields["reason"] = _reason(fields["reason"], unknown)
    for name in ("request", "response"):
        try:
            fields[name] = json.loads(fields[name]) if fields[name] else None
        except ValueError:
            fields[name] = None
            unknown.append(name)
        if not isinstance(fields[name], (dict, type(None))):
            fields[name] = None
            unknown.append(name)
    if unknown:
        fields["error"] = f"this attempt can't be read: {', '.join(unknown)}"
    return Attempt(**fields)


def job_of(
    row: Row[Any],
    last_run: Run | None = None,
    queue: Mapping[str, QueuePolicy] | None = None,
    parse: Callable[[str], JobSpec] = JobSpec.model_validate_json,
) -> Job | Unreadable:
    """A job; ``queue`` has the policies of the queues that have one, by name; ``parse`` reads
    what it says."""
    fields = row._asdict()
    damaged = mend(fields, _JOB)
    if damaged:
        return Unreadable("jobs", row.id, fields["name"], _problem([], damaged))
    try:
        spec = parse(row.spec)
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
        settled=settle(spec, Source.JOB, (queue or {}).get(spec.queue), spec.action.type),
    )


def queue_of(row: Row[Any]) -> Unreadable | None:
    """What is wrong with a queue's row, if anything."""
    fields = row._asdict()
    damaged = mend(fields, [field for field in _QUEUE if field.name in fields])
    concurrency = fields.get("concurrency")
    if concurrency is not None and concurrency < 1:
        damaged.append("concurrency")
    if fields.get("policy") is not None and policy_of(fields["policy"]) is None:
        damaged.append("policy")
    return Unreadable("queues", row.id, fields["name"], _problem([], damaged)) if damaged else None


@lru_cache(maxsize=256)
def policy_of(text: str) -> QueuePolicy | None:
    """A queue's policy from its column; None where that can't be read."""
    try:
        return QueuePolicy.model_validate_json(text)
    except ValidationError:
        return None


def mend(fields: dict[str, Any], rules: Iterable[_Field]) -> list[str]:
    """Put something harmless where a value can't be right; the names of those fields."""
    damaged = []
    for rule in rules:
        value = fields[rule.name]
        if type(value) is str and str in rule.types:
            if value.isascii() or _is_text(value):
                continue
            # Bytes that are no UTF-8 came as surrogates, which nobody could print.
            raw = value.encode("utf-8", "surrogateescape")
            fields[rule.name] = raw.decode("utf-8", "replace")
        elif type(value) in rule.types and value is not schema.BAD_TIME:
            continue
        else:
            fields[rule.name] = rule.stand_in
        damaged.append(rule.name)
    return damaged


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _problem(unknown: list[str], damaged: list[str]) -> str:
    said = []
    if unknown:
        said.append(f"{', '.join(unknown)} unknown to this program; a newer one may know better")
    if damaged:
        said.append(f"damaged: {', '.join(damaged)}")
    return "; ".join(said)


def _member(kind: type[E], value: str, stand_in: E, unknown: list[str]) -> E:
    try:
        return kind(value)
    except ValueError:
        unknown.append(f"{kind.__name__.removeprefix('Run').lower()} {value!r}")
        return stand_in


def _reason(value: str | None, unknown: list[str]) -> Reason | None:
    return _member(Reason, value, Reason.ENGINE_ERROR, unknown) if value else None
