"""A clock that was set back: what waits must not wait that much longer, and a job must not
be silent until the clock has caught up again.

Nothing tells a clock that is wrong now from one that was wrong before, so whatever the
clock says is believed; see docs/decisions/0014-clock-set-back.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, text

from jobdesk.domain.job import Job
from jobdesk.domain.run import RunState
from jobdesk.domain.trigger import Every
from jobdesk.store import schema
from jobdesk.store.prepared import Prepared
from jobdesk.store.writer import Tx

CORRECTION = timedelta(hours=3)
"""A clock that was set back by more was wrong before: its times happen anew. Debian's
cron draws the line there."""

_NAME = "clock_set_back"

_r = schema.runs.c
_s = schema.settings.c
_LATEST = Prepared(select(_s.value).where(_s.name == _NAME))


@dataclass(frozen=True, slots=True)
class SetBack:
    """The latest correction: the clock came from ``until``; runs up to ``last_run`` are of
    the time before."""

    until: datetime
    last_run: int


def latest(conn: Connection) -> SetBack | None:
    """The latest correction that was noticed, if any."""
    found = _LATEST.row(conn)
    if found is None:
        return None
    try:
        value = json.loads(found[0])
        return SetBack(datetime.fromisoformat(value["until"]), int(value["last_run"]))
    except (ValueError, TypeError, KeyError):
        return None  # damaged: as if it had not been


def note(tx: Tx, until: datetime) -> None:
    """A job has found the clock set back from ``until``, or from later."""
    before = latest(tx.conn)
    if before is not None:
        until = max(until, before.until)
    newest = tx.conn.execute(select(func.max(_r.id))).scalar() or 0
    value = json.dumps({"until": until.isoformat(), "last_run": newest})
    tx.conn.execute(delete(schema.settings).where(_s.name == _NAME))
    tx.conn.execute(insert(schema.settings).values(name=_NAME, value=value))


def begins_anew(job: Job, now: datetime) -> bool:
    """Whether the clock was set back by so much that the times of a job happen once more.

    By less than that, or less than the job's own period, a time that it fired for is not
    fired for again.
    """
    if job.spec.trigger is None or job.last_due_at is None or job.last_due_at <= now:
        return False
    following = job.spec.trigger.schedule(job.anchor_at).next(job.last_due_at)
    if following is None:
        return False  # once is once, whatever the clock says
    return job.last_due_at - now > min(CORRECTION, following - job.last_due_at)


def anchor_of(job: Job, now: datetime) -> datetime:
    """What the job's interval counts from, brought before ``now`` by whole intervals."""
    if not isinstance(job.spec.trigger, Every) or job.anchor_at <= now:
        return job.anchor_at
    interval = timedelta(seconds=job.spec.trigger.interval)
    return job.anchor_at + (now - job.anchor_at) // interval * interval


_SHORTEN = (
    # Countdowns.
    "UPDATE runs SET available_at = available_at - :back"
    " WHERE state = 'retrying' AND available_at > :until",
    # Runs that were pushed with a delay. The row doesn't say so, but a delay is whole
    # milliseconds from the push, and a time that somebody names is hardly ever a fraction
    # of a second.
    "UPDATE runs SET available_at = available_at - :back, due_at = due_at - :back"
    " WHERE state = 'scheduled' AND available_at > :until"
    " AND due_at % 1000000 <> 0 AND (due_at - created_at) % 1000 = 0",
    # What is queued keeps its place before what is pushed from now on.
    "UPDATE runs SET available_at = available_at - :back"
    " WHERE state || '' = 'queued' AND available_at > :now",
)


def shorten_waits(tx: Tx, until: datetime, now: datetime) -> int:
    """The clock was set back from ``until`` to ``now``: take the difference off the waits
    of retries and of delayed runs; how many runs that moved.

    Runs that wait for a time that somebody named go on waiting for it.
    """
    values = {
        "back": (until - now) // timedelta(microseconds=1),
        "until": schema.micros(until),
        "now": schema.micros(now),
    }
    moved = 0
    for statement in _SHORTEN:
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        moved += tx.conn.execute(text(statement), used).rowcount
    if moved:
        tx.touch("runs")
    return moved


def newest_trace(conn: Connection) -> datetime | None:
    """The latest time that the engine of before has left: its clock said at least that."""
    newest = select(func.max(_r.id)).scalar_subquery()
    times = [
        conn.execute(select(_r.created_at).where(_r.id == newest)).scalar(),
        conn.execute(select(func.max(schema.jobs.c.last_due_at))).scalar(),
        conn.execute(
            select(func.max(_r.attempt_started_at)).where(
                schema.WAITING, _r.state == RunState.RETRYING
            )
        ).scalar(),
    ]
    return max((moment for moment in times if moment is not None), default=None)
