"""Questions about runs and attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    TextClause,
    and_,
    bindparam,
    func,
    or_,
    select,
    type_coerce,
)

from jobdesk.domain.errors import NotFound
from jobdesk.domain.run import Attempt, Run, RunState
from jobdesk.domain.run_filter import RunFilter as RunFilter
from jobdesk.store import schema
from jobdesk.store.prepared import Prepared, micros, moment
from jobdesk.store.rows import ATTEMPT_COLUMNS, RUN_COLUMNS, attempt_of, plain_run, run_of

_r = schema.runs.c
_a = schema.attempts.c

_GET = Prepared(select(*RUN_COLUMNS).where(_r.id == bindparam("of")))
_NEXT_AVAILABLE = Prepared(select(func.min(_r.available_at)).where(schema.WAITING))

_ID = [column.name for column in RUN_COLUMNS].index("id")
LARGEST_ID = 2**63 - 1
_AT_ONCE = 500
"""How many ids are asked for in one query."""


def get(conn: Connection, run_id: int) -> Run:
    """One run; raises :class:`NotFound`."""
    row = _GET.row(conn, of=run_id) if 0 < run_id <= LARGEST_ID else None
    if row is not None:
        return of_row(conn, row)
    raise NotFound("run", run_id)


def of_row(conn: Connection, row: tuple[Any, ...]) -> Run:
    """A run from its columns, as a prepared statement returned them."""
    try:
        return plain_run(row)
    except (ValueError, OverflowError):
        return get_many(conn, [row[_ID]])[0]  # which sees what is wrong with it


def get_many(conn: Connection, run_ids: Sequence[int]) -> list[Run]:
    """The runs that exist among ``run_ids``, in that order."""
    found: dict[int, Run] = {}
    wanted = [i for i in run_ids if 0 < i <= LARGEST_ID]
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(*RUN_COLUMNS).where(_r.id.in_(wanted[start : start + _AT_ONCE]))
        found.update((row.id, run_of(row)) for row in conn.execute(query))
    return [found[i] for i in wanted if i in found]


def page(
    conn: Connection,
    which: RunFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[Run]:
    """A page by key, newest first: the runs just below id ``before``, or (for going back
    up) those just above ``after``; from the newest when neither is given."""
    query = select(*RUN_COLUMNS).where(*conditions(conn, which)).limit(limit)
    if after is not None:
        rows = conn.execute(query.where(_r.id > after).order_by(_r.id)).all()
        return [run_of(row) for row in reversed(rows)]
    if before is not None:
        query = query.where(_r.id < before)
    return [run_of(row) for row in conn.execute(query.order_by(_r.id.desc()))]


def count(conn: Connection, which: RunFilter, *, most: int = 10_000) -> int:
    """How many runs match; counting stops at ``most``, so that it stays quick."""
    matching = select(_r.id).where(*conditions(conn, which)).limit(most).subquery()
    return conn.execute(select(func.count()).select_from(matching)).scalar_one()


def conditions(conn: Connection, which: RunFilter) -> list[ColumnElement[bool] | TextClause]:
    terms: list[ColumnElement[bool] | TextClause] = []
    if which.states:
        terms.append(_r.state.in_(sorted(which.states)))
    if which.job is not None:
        known = conn.execute(
            select(schema.jobs.c.id).where(schema.jobs.c.name == which.job)
        ).scalar()
        gone = and_(_r.job_id.is_(None), _r.job == which.job)
        terms.append(gone if known is None else or_(_r.job_id == known, gone))
    if which.queue is not None:
        terms.append(_r.queue == which.queue)
    if which.text:
        terms.append(
            or_(
                _r.title.icontains(which.text, autoescape=True),
                _r.error.icontains(which.text, autoescape=True),
            )
        )
    if which.attention:
        terms.append(schema.ATTENTION)
    if which.since is not None:
        terms.append(_r.created_at >= which.since)
    if which.until is not None:
        terms.append(_r.created_at < which.until)
    if which.ids:
        terms.append(_r.id.in_(sorted(which.ids)))
    return terms


def attempts(conn: Connection, run_id: int) -> list[Attempt]:
    """All attempts of a run, the first one first."""
    query = select(*ATTEMPT_COLUMNS).where(_a.run_id == run_id).order_by(_a.number)
    return [attempt_of(row) for row in conn.execute(query)]


def callbacks_of(conn: Connection, run_id: int) -> list[Run]:
    """The runs that tell how this one ended, the oldest first."""
    if not 0 < run_id <= LARGEST_ID:
        return []
    query = select(*RUN_COLUMNS).where(_r.about == run_id, _r.about.is_not(None)).order_by(_r.id)
    return [run_of(row) for row in conn.execute(query)]


def by_key(conn: Connection, key: str) -> Run | None:
    """The run that was made with an idempotency key."""
    row = conn.execute(select(*RUN_COLUMNS).where(_r.key == key)).first()
    return run_of(row) if row else None


def latest_of_jobs(conn: Connection, job_ids: Collection[int]) -> dict[int, Run]:
    """The newest run of each job, skipped fires left aside unless there is nothing else.

    A few queries for all jobs together, each of which goes to the end of the job's runs.
    """
    job = schema.jobs.c.id
    newest = select(_r.id).where(_r.job_id == job).order_by(_r.id.desc()).limit(1)
    ran = newest.where(_r.state != RunState.SKIPPED).scalar_subquery()
    either = func.coalesce(ran, newest.scalar_subquery())
    wanted, found = list(job_ids), []
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(either).where(job.in_(wanted[start : start + _AT_ONCE]))
        found += [run_id for run_id in conn.execute(query).scalars() if run_id is not None]
    return {run.job_id: run for run in get_many(conn, found) if run.job_id is not None}


def newest_id(conn: Connection) -> int:
    """The id of the newest run; 0 where there was none."""
    return int(conn.execute(select(func.coalesce(func.max(_r.id), 0))).scalar_one())


def next_available(conn: Connection) -> datetime | None:
    """When the next scheduled or retrying run is due."""
    found = _NEXT_AVAILABLE.row(conn)
    # What is no time is never due, so there is nothing to wake up for.
    return moment(found[0]) if found is not None and type(found[0]) is int else None


def finished_counts(
    conn: Connection, start: datetime, end: datetime, width: timedelta
) -> dict[tuple[int, RunState], int]:
    """How many runs finished from ``start`` to before ``end``, by the span of ``width`` (0 is
    the first one) and by how: succeeded, dead or cancelled."""
    first, step = micros(start), width // timedelta(microseconds=1)
    finished = type_coerce(_r.finished_at, BigInteger)
    span = (finished - first) // step
    found: dict[tuple[int, RunState], int] = {}
    # One state after the other: each is a stretch of an index, and nothing else is read.
    for state in (RunState.SUCCEEDED, RunState.DEAD, RunState.CANCELLED):
        query = (
            select(span, func.count())
            .where(_r.state == state, finished >= first, finished < micros(end))
            .where(_r.finished_at.is_not(None))
            .group_by(span)
        )
        for number, count in conn.execute(query):
            found[int(number), state] = int(count)
    return found
