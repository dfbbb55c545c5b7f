"""Rows that can't be read: kept as they are, shown, and in nobody's way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Text,
    TextClause,
    func,
    or_,
    select,
    text,
    update,
)

from jobdesk.domain import lifecycle
from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import Run
from jobdesk.store import alerts, callbacks, jobs, preferences, queues, schema
from jobdesk.store.rows import RUN_COLUMNS, Unreadable, run_of
from jobdesk.store.writer import Tx

_r = schema.runs.c
_SHOWN = 50


def set_aside(tx: Tx, run: Run, now: datetime) -> None:
    """Make an unreadable run that would be in the way a dead letter. Nothing else of its
    row is written: whatever is damaged in it stays for somebody who can read it."""
    why = f"this run can't be read and was not started again: {run.problem}"
    after = lifecycle.set_aside(run, Reason.ENGINE_ERROR, why, now)
    tx.conn.execute(
        update(schema.runs)
        .where(_r.id == run.id)
        .values(
            state=after.state,
            reason=after.reason,
            error=after.error,
            finished_at=after.finished_at,
        )
    )
    tx.touch("runs", f"run:{run.id}")
    callbacks.run_ended(tx, run, after, now)
    alerts.run_set_aside(tx, run, after, now)


def readable(tx: Tx, claimed: Iterable[Run], now: datetime) -> list[Run]:
    """Those of the runs that make sense; the others are set aside."""
    good = []
    for run in claimed:
        if run.problem is None:
            good.append(run)
        else:
            set_aside(tx, run, now)
    return good


def sweep(tx: Tx, now: datetime) -> list[Run]:
    """Set aside the waiting runs with values that can't be right: one whose time is none
    would never be due. For the start of an engine; the running ones are the rescue's."""
    # One after the other: each is the condition of an index.
    found = {
        run.id: run
        for among in (schema.QUEUED, schema.WAITING)
        for run in (*_suspects(tx.conn, among), *_remake_queues(tx, among, now))
        if run.problem
    }
    _remake_queues(tx, schema.RUNNING, now)  # the rescue may send them back there
    for run in found.values():
        set_aside(tx, run, now)
    return list(found.values())


def survey(conn: Connection) -> list[Unreadable]:
    """What can't be read of jobs, queues, settings and runs (of these some); for the doctor."""
    found = [job for job in jobs.all_jobs(conn) if isinstance(job, Unreadable)]
    found += queues.unreadable(conn)
    found += preferences.unreadable(conn)
    for run in _suspects(conn, text("1 = 1")):
        if run.problem:
            found.append(Unreadable("runs", run.id, f"{run.id} ({run.title})", run.problem))
    return found


def _remake_queues(tx: Tx, among: TextClause, now: datetime) -> list[Run]:
    """Make anew the queues that these runs are in and whose row is gone, or has another name
    by now. Returns the runs: they are all right then unless their own word for the queue
    is damaged."""
    known = select(schema.queues.c.name).where(schema.queues.c.name.is_not(None))
    query = select(*RUN_COLUMNS).where(among, _r.queue.not_in(known))
    lost = [run_of(row) for row in tx.conn.execute(query)]
    for name in dict.fromkeys(run.queue for run in lost if run.problem is None):
        queues.ensure(tx, name, now)
    return lost


def _suspects(conn: Connection, among: TextClause) -> list[Run]:
    """Runs with a value of a wrong type. PostgreSQL doesn't let such in."""
    if conn.dialect.name != "sqlite":
        return []
    # Not by the id as it is: SQLite would rather walk all runs than sort the few.
    query = select(*RUN_COLUMNS).where(among, _odd()).order_by(_r.id + 0).limit(_SHOWN)
    return [run_of(row) for row in conn.execute(query)]


def _odd() -> ColumnElement[bool]:
    terms = []
    for column in RUN_COLUMNS:
        good = ["integer"]
        if isinstance(column.type, Text):
            good = ["text"]
        elif isinstance(column.type, Float):
            good = ["real", "integer"]
        if column.nullable:
            good.append("null")
        terms.append(func.typeof(column).not_in(good))
    return or_(*terms)
