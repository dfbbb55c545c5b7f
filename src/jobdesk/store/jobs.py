"""Jobs: set up by people, fired by the timetable."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    type_coerce,
    update,
)

from jobdesk.domain.catchup import MOST_SHOWN, FirePlan, plan_fires
from jobdesk.domain.errors import InvalidInput, NotFound, Unavailable
from jobdesk.domain.job import Job, JobSpec, Overlap
from jobdesk.domain.lifecycle import cancel as cancel_transition
from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import Origin, RunState
from jobdesk.store import commands, queues, runs, schema, setback
from jobdesk.store.prepared import Prepared, micros, moment
from jobdesk.store.pushing import of_job, store_fire
from jobdesk.store.rows import Unreadable, job_of
from jobdesk.store.writer import WORK, Tx

_j = schema.jobs.c
_r = schema.runs.c

MOST_WAITING = 1_000
"""How many runs of a job may wait; what its trigger fires beyond that is dropped, visibly."""

# What happens at each fire: a thousand of them may be due in one second.
_TO_FIRE = select(schema.jobs).where(_j.id == bindparam("of"), _j.enabled)
_SAME_FIRE = Prepared(
    select(_r.id, type_coerce(_r.due_at, BigInteger))
    .where(_r.job_id == bindparam("job"), text("runs.origin = 'trigger'"))
    .where(
        type_coerce(_r.due_at, BigInteger) >= bindparam("since"),
        type_coerce(_r.due_at, BigInteger) < bindparam("until"),
    )
    .order_by(_r.due_at.desc())
    .limit(1)
)
_WAITING = Prepared(
    select(func.count(), func.min(_r.id)).where(
        schema.UNFINISHED, _r.job_id == bindparam("job"), _r.state != RunState.RUNNING
    )
)
_DEALT_WITH = Prepared(
    update(schema.jobs).where(_j.id == bindparam("of")),
    ("anchor_at", "last_due_at", "next_due_at"),
)

_SUMMED = re.compile(r"([\d,]+) fire times up to here: ")


@lru_cache(maxsize=1024)
def _spec_of(text: str) -> JobSpec:
    # It seldom changes. Kept for fires only: whoever else asks may change the dictionaries in it.
    return JobSpec.model_validate_json(text)


def all_jobs(conn: Connection) -> list[Job | Unreadable]:
    """Every job by name, with its newest run; unreadable ones marked as such."""
    rows = conn.execute(select(schema.jobs).order_by(_j.name)).all()
    newest = runs.latest_of_jobs(conn, [row.id for row in rows])
    said = queues.policies(conn)
    return [job_of(row, newest.get(row.id), said) for row in rows]


def names(conn: Connection) -> list[str]:
    """The names of all jobs, in order; those of unreadable ones, too."""
    return list(conn.execute(select(_j.name).order_by(_j.name)).scalars())


def counts(conn: Connection) -> tuple[int, int]:
    """How many jobs there are, and how many of them are enabled."""
    enabled_ones = func.count().filter(_j.enabled)
    row = conn.execute(select(func.count(), enabled_ones).select_from(schema.jobs)).one()
    return int(row[0]), int(row[1])


def version(conn: Connection) -> tuple[int, int, int]:
    """What differs once a job was added, changed or removed; a fire changes nothing."""
    changed = func.coalesce(func.sum(type_coerce(_j.updated_at, BigInteger) % 1_000_000_007), 0)
    ids = func.coalesce(func.sum(_j.id), 0)
    query = select(func.count(), ids, type_coerce(changed, Integer)).select_from(schema.jobs)
    row = conn.execute(query).one()
    return int(row[0]), int(row[1]), int(row[2])


def get(conn: Connection, name: str) -> Job:
    """A job by name; raises NotFound, or Unavailable for one that can't be read."""
    row = conn.execute(select(schema.jobs).where(_j.name == name)).first()
    if row is None:
        raise NotFound("job", name)
    newest = runs.latest_of_jobs(conn, [row.id]).get(row.id)
    return _readable(job_of(row, newest, queues.policies(conn)))


def enabled(conn: Connection) -> list[Job | Unreadable]:
    """The jobs that the timetable may have to fire."""
    return [job_of(row) for row in conn.execute(select(schema.jobs).where(_j.enabled))]


def add(tx: Tx, spec: JobSpec, now: datetime) -> Job:
    """Store a new job; a name that is taken is refused."""
    _check_free(tx, spec.name, None)
    queues.ensure(tx, spec.queue, now)
    tx.conn.execute(
        insert(schema.jobs).values(
            name=spec.name,
            enabled=spec.enabled,
            spec=spec.model_dump_json(),
            created_at=now,
            updated_at=now,
            anchor_at=now,
            last_due_at=None,
            next_due_at=_next_due(spec, now, now),
        )
    )
    tx.touch("jobs")
    return get(tx.conn, spec.name)


def change(tx: Tx, name: str, spec: JobSpec, now: datetime) -> Job:
    """Replace what a job says. Its history stays; fires before ``now`` are forgotten when
    the trigger changes or the job is enabled again, and an interval counts anew."""
    old = get(tx.conn, name)
    if spec.name != name:
        _check_free(tx, spec.name, old.id)
    queues.ensure(tx, spec.queue, now)
    anchor = old.anchor_at if spec.trigger == old.spec.trigger else now
    since = old.last_due_at
    if spec.trigger != old.spec.trigger or (spec.enabled and not old.spec.enabled):
        since = now
    tx.conn.execute(
        update(schema.jobs)
        .where(_j.id == old.id)
        .values(
            name=spec.name,
            enabled=spec.enabled,
            spec=spec.model_dump_json(),
            updated_at=now,
            anchor_at=anchor,
            last_due_at=since,
            next_due_at=_next_due(spec, anchor, now),
        )
    )
    tx.touch("jobs")
    return get(tx.conn, spec.name)


def remove(tx: Tx, name: str) -> None:
    """Delete a job, also one that can't be read. Its runs stay, under its name; those
    that wait go on."""
    done = tx.conn.execute(delete(schema.jobs).where(_j.name == name))
    if not done.rowcount:
        raise NotFound("job", name)
    tx.touch("jobs", "runs")


def fire(tx: Tx, job_id: int, now: datetime, tolerance: timedelta) -> FirePlan:
    """Enqueue what became due since the job was last dealt with, by its policies.

    Idempotent: a fire time makes one run, however often this is called for it.
    """
    row = tx.conn.execute(_TO_FIRE, {"of": job_id}).first()
    job = job_of(row, parse=_spec_of) if row else None
    if not isinstance(job, Job) or job.spec.trigger is None:
        return FirePlan()
    anchor = setback.anchor_of(job, now)
    schedule = job.spec.trigger.schedule(anchor)
    since = _since(tx, job, anchor, now, tolerance)
    plan = plan_fires(schedule, job.spec.catch_up, since=since, now=now, tolerance=tolerance)
    for dropped in plan.skip:
        _store_fire(tx, job, dropped.due_at, now, skipped=(Reason.MISFIRE, dropped.error))
    for due_at in plan.run:
        place = _place(tx, job, due_at, on_time=due_at > now - tolerance)
        if place is not None:
            _fire_one(tx, job, place, now)
    following = _next_due(job.spec, anchor, max(now, since))
    _DEALT_WITH.run(
        tx.conn,
        of=job_id,
        anchor_at=micros(anchor),
        last_due_at=micros(plan.newest or since),
        next_due_at=following and micros(following),
    )
    # Not "jobs": what the job says has not changed, and its runs tell who shows it.
    tx.touch("runs", WORK)
    return plan


def _since(tx: Tx, job: Job, anchor: datetime, now: datetime, tolerance: timedelta) -> datetime:
    """The time up to which the fires of a job have been dealt with."""
    if job.last_due_at is None:
        return min(anchor, now)
    if setback.begins_anew(job, now):
        setback.note(tx, job.last_due_at)
        return now
    back = setback.latest(tx.conn)
    if back is not None and job.last_due_at < back.until < now - tolerance:
        # The clock leapt to where it had been: what came before was dealt with then.
        return back.until
    return job.last_due_at


def _place(tx: Tx, job: Job, due_at: datetime, *, on_time: bool) -> datetime | None:
    """The due time under which a fire is stored; None when it fired before.

    A time that happens anew, because the clock was set back in between, gets its run
    anew, a microsecond beside the first one's.
    """
    due = micros(due_at)
    before = _SAME_FIRE.row(tx.conn, job=job.id, since=due, until=due + 1_000)
    if before is None:
        return due_at
    run_id, stored = before
    back = setback.latest(tx.conn) if on_time else None
    if back is None or run_id > back.last_run:
        return None
    return moment(stored + 1)


def _fire_one(tx: Tx, job: Job, due_at: datetime, now: datetime) -> None:
    overlap = job.spec.overlap
    if overlap in (Overlap.SKIP, Overlap.REPLACE):
        # Not ORDER BY id: SQLite would rather go through all that the job ever did.
        active = select(_r.id).where(schema.UNFINISHED, _r.job_id == job.id)
        ids = list(tx.conn.execute(active).scalars())
        if ids and overlap is Overlap.SKIP:
            error = f"run {min(ids)} of this job was not finished"
            _skip(tx, job, due_at, now, error, since=min(ids), shown=MOST_SHOWN)
            return
        for run in runs.get_many(tx.conn, ids):
            transition = cancel_transition(run, now)
            if transition is None:
                commands.cancel(tx, [run.id], now)
            else:
                commands.apply(tx, run, transition, now)
    else:
        ((count, oldest),) = _WAITING.rows(tx.conn, job=job.id)
        if count >= MOST_WAITING:
            error = f"{MOST_WAITING:,} runs of this job were waiting already"
            _skip(tx, job, due_at, now, error, since=oldest, shown=0)
            return
    _store_fire(tx, job, due_at, now)


def _skip(
    tx: Tx, job: Job, due_at: datetime, now: datetime, error: str, *, since: int, shown: int
) -> None:
    """Show a fire that overlaps, ``shown`` of them for one run that is in the way (the
    newest after run ``since``); those that follow are summed up in one more row."""
    before = tx.conn.execute(
        select(_r.id, _r.error)
        .where(_r.job_id == job.id, _r.id > since, schema.state_in(RunState.SKIPPED))
        .where(_r.reason == Reason.OVERLAP)
        .order_by(_r.id)
        .limit(shown + 1)
    ).all()
    if len(before) <= shown:
        _store_fire(tx, job, due_at, now, skipped=(Reason.OVERLAP, error))
        return
    sum_of_all = before[-1]
    known = _SUMMED.match(sum_of_all.error or "")
    count = (int(known[1].replace(",", "")) if known else 1) + 1
    tx.conn.execute(
        update(schema.runs)
        .where(_r.id == sum_of_all.id)
        .values(
            due_at=due_at,
            available_at=due_at,
            finished_at=now,
            error=f"{count:,} fire times up to here: {error}",
        )
    )
    tx.touch("runs", f"run:{sum_of_all.id}")


def _store_fire(
    tx: Tx, job: Job, due_at: datetime, now: datetime, skipped: tuple[Reason, str] | None = None
) -> None:
    said = queues.ensure(tx, job.spec.queue, now)
    fired = replace(of_job(job, due_at, Origin.TRIGGER), skipped=skipped)
    store_fire(tx, fired.row(now, said))


def _next_due(spec: JobSpec, anchor: datetime, now: datetime) -> datetime | None:
    if not spec.enabled or spec.trigger is None:
        return None
    return spec.trigger.schedule(anchor).next(now)


def _check_free(tx: Tx, name: str, own_id: int | None) -> None:
    taken = tx.conn.execute(select(_j.id).where(_j.name == name)).scalar()
    if taken is not None and taken != own_id:
        raise InvalidInput("name", name, "a name that no other job has")


def _readable(job: Job | Unreadable) -> Job:
    if isinstance(job, Unreadable):
        raise Unavailable(f"the job {job.name!r} can't be read and was set aside: {job.problem}")
    return job
