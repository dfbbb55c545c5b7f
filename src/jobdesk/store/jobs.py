"""Jobs: set up by people, fired by the timetable."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from jobdesk.domain.catchup import FirePlan, plan_fires
from jobdesk.domain.errors import InvalidInput, NotFound, Unavailable
from jobdesk.domain.job import Job, JobSpec, Overlap
from jobdesk.domain.lifecycle import cancel as cancel_transition
from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import Origin
from jobdesk.store import commands, queues, runs, schema
from jobdesk.store.pushing import of_job
from jobdesk.store.rows import Unreadable, job_of
from jobdesk.store.writer import Tx

_j = schema.jobs.c
_r = schema.runs.c


def all_jobs(conn: Connection) -> list[Job | Unreadable]:
    """Every job by name, with its newest run; unreadable ones marked as such."""
    rows = conn.execute(select(schema.jobs).order_by(_j.name)).all()
    newest = runs.latest_of_jobs(conn, [row.id for row in rows])
    return [job_of(row, newest.get(row.id)) for row in rows]


def names(conn: Connection) -> list[str]:
    """The names of all jobs, in order; those of unreadable ones, too."""
    return list(conn.execute(select(_j.name).order_by(_j.name)).scalars())


def counts(conn: Connection) -> tuple[int, int]:
    """How many jobs there are, and how many of them are enabled."""
    enabled_ones = func.count().filter(_j.enabled)
    row = conn.execute(select(func.count(), enabled_ones).select_from(schema.jobs)).one()
    return int(row[0]), int(row[1])


def get(conn: Connection, name: str) -> Job:
    """A job by name; raises NotFound, or Unavailable for one that can't be read."""
    row = conn.execute(select(schema.jobs).where(_j.name == name)).first()
    if row is None:
        raise NotFound("job", name)
    return _readable(job_of(row, runs.latest_of_jobs(conn, [row.id]).get(row.id)))


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
    row = tx.conn.execute(select(schema.jobs).where(_j.id == job_id, _j.enabled)).first()
    job = job_of(row) if row else None
    if not isinstance(job, Job) or job.spec.trigger is None:
        return FirePlan()
    schedule = job.spec.trigger.schedule(job.anchor_at)
    # A clock that was set back must not silence the job until it has caught up again.
    since = min(job.last_due_at or job.anchor_at, now)
    plan = plan_fires(schedule, job.spec.catch_up, since=since, now=now, tolerance=tolerance)
    for dropped in plan.skip:
        _store_fire(tx, job, dropped.due_at, now, skipped=(Reason.MISFIRE, dropped.error))
    for due_at in plan.run:
        _fire_one(tx, job, due_at, now)
    tx.conn.execute(
        update(schema.jobs)
        .where(_j.id == job_id)
        .values(
            last_due_at=plan.newest or since, next_due_at=_next_due(job.spec, job.anchor_at, now)
        )
    )
    # Not "jobs": what the job says has not changed, and its runs tell who shows it.
    tx.touch("runs")
    return plan


def _fire_one(tx: Tx, job: Job, due_at: datetime, now: datetime) -> None:
    overlap = job.spec.overlap
    same = select(_r.id).where(
        _r.job_id == job.id, _r.due_at == due_at, text("runs.origin = 'trigger'")
    )
    if tx.conn.execute(same).first():
        return  # It fired before the clock was set back; nothing makes room for it again.
    if overlap in (Overlap.SKIP, Overlap.REPLACE):
        query = select(_r.id).where(schema.UNFINISHED, _r.job_id == job.id)
        active = list(tx.conn.execute(query).scalars())
        if active and overlap is Overlap.SKIP:
            error = f"run {active[0]} of this job was not finished"
            _store_fire(tx, job, due_at, now, skipped=(Reason.OVERLAP, error))
            return
        for run in runs.get_many(tx.conn, active):
            transition = cancel_transition(run, now)
            if transition is None:
                commands.cancel(tx, [run.id], now)
            else:
                commands.apply(tx, run.id, transition)
    _store_fire(tx, job, due_at, now)


def _store_fire(
    tx: Tx, job: Job, due_at: datetime, now: datetime, skipped: tuple[Reason, str] | None = None
) -> None:
    values = replace(of_job(job, due_at, Origin.TRIGGER), skipped=skipped).values(now)
    dialect = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    tx.conn.execute(dialect.insert(schema.runs).values(**values).on_conflict_do_nothing())
    tx.touch("runs")


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
