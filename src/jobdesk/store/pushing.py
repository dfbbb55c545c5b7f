"""How runs come into being: pushed, fired by a job, replayed, or skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.job import Job, Overlap
from jobdesk.domain.lifecycle import check_replay, first_state
from jobdesk.domain.outcome import Reason
from jobdesk.domain.policy import RunPolicy, Settled, Source, Terms, settle
from jobdesk.domain.run import Origin, Run, RunState
from jobdesk.store import queues, runs, schema
from jobdesk.store.prepared import Prepared, plain
from jobdesk.store.rows import RUN_COLUMNS
from jobdesk.store.writer import WORK, Tx

_r = schema.runs.c
_COLUMNS = [
    column.name
    for column in schema.runs.c
    if column.name not in ("id", "started_at", "attempt_started_at", "replay_of", "replayed_by")
]
_INSERT = Prepared(insert(schema.runs).returning(_r.id), _COLUMNS)
_INSERT_RUN = Prepared(insert(schema.runs).returning(*RUN_COLUMNS), _COLUMNS)
_INSERT_MANY = Prepared(insert(schema.runs), _COLUMNS)
_FIRE = {
    name: Prepared(dialect.insert(schema.runs).on_conflict_do_nothing(), _COLUMNS)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_TITLE = 200
"""Characters of an action's summary that lists show."""


SILENT = Terms()
"""Whoever pushes so takes what the queue says, or the defaults."""


@dataclass(frozen=True)
class NewRun:
    """What is asked for: when, and on which terms; what they leave open, the queue says."""

    action: ScriptAction | HttpAction
    queue: str
    priority: int
    due_at: datetime
    origin: Origin
    terms: Terms = SILENT
    key: str | None = None
    job: Job | None = None
    skipped: tuple[Reason, str] | None = None
    callback_url: str | None = None
    about: int | None = None
    title: str | None = None

    def row(self, now: datetime, queue: Terms | None = None) -> dict[str, Any]:
        """The row, in the database's own form."""
        return {name: plain(value) for name, value in self.values(now, queue).items()}

    @property
    def shown_title(self) -> str:
        title = self.title or (self.job.name if self.job else self.action.summary)
        return " ".join(title.split())[:_TITLE]

    def values(self, now: datetime, queue: Terms | None = None) -> dict[str, Any]:
        """What the row says, in a queue that says ``queue``. A skipped fire is finished
        from the start."""
        state = RunState.SKIPPED if self.skipped else first_state(self.due_at, now)
        reason, error = self.skipped or (None, None)
        settled = settle(
            self.terms, Source.JOB if self.job else Source.PUSH, queue, self.action.type
        )
        return {
            "title": self.shown_title,
            "job_id": self.job.id if self.job else None,
            "job": self.job.name if self.job else None,
            "queue": self.queue,
            "state": state,
            "origin": self.origin,
            "priority": self.priority,
            "attempt": 0,
            "uncounted": 0,
            "max_attempts": settled.retry.max_attempts,
            "created_at": now,
            "due_at": self.due_at,
            "available_at": self.due_at,
            "finished_at": now if self.skipped else None,
            "reason": reason,
            "error": error,
            "key": self.key,
            "timeout": settled.timeout,
            "cancel_requested": False,
            "exclusive": bool(self.job and self.job.spec.overlap is not Overlap.PARALLEL),
            "spec": self.action.model_dump_json(),
            "retry_spec": settled.retry_json,
            "policy_spec": self._policy(settled),
            "about": self.about,
        }

    def like(self, other: NewRun) -> bool:
        """Whether its row differs from that of ``other`` by what it says of the action only."""
        return (
            self.action.type == other.action.type
            and self.terms is other.terms
            and self.queue == other.queue
            and (self.priority, self.due_at) == (other.priority, other.due_at)
            and self.origin is other.origin
            and not (self.job or self.skipped or self.callback_url or self.about)
        )

    def _policy(self, settled: Settled) -> str | None:
        if not settled.sources and self.callback_url is None:
            return None
        policy = RunPolicy(
            assertions=settled.assertions,
            callback_url=self.callback_url,
            sources=settled.sources,
        )
        return policy.model_dump_json()


def of_job(job: Job, due_at: datetime, origin: Origin) -> NewRun:
    """A run with a snapshot of what the job says now."""
    spec = job.spec
    return NewRun(
        spec.action,
        spec.queue,
        spec.priority,
        due_at,
        origin,
        terms=spec,
        job=job,
        callback_url=spec.callback_url,
    )


def push(tx: Tx, new: NewRun, now: datetime) -> tuple[Run, bool]:
    """Store one run; with a key that was used before, the run it made then (and False)."""
    if new.key is not None:
        earlier = runs.by_key(tx.conn, new.key)
        if earlier is not None:
            return earlier, False
    row = new.row(now, queues.ensure(tx, new.queue, now))
    made = _INSERT_RUN.row(tx.conn, **row)
    assert made is not None
    tx.touch("runs", WORK)
    return runs.of_row(tx.conn, made), True


def rows_of(
    news: Sequence[NewRun], now: datetime, said: Mapping[str, Terms | None] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """The rows of many runs, in queues that say ``said``. Mostly they are much alike."""
    rows: list[dict[str, Any]] = []
    model: NewRun | None = None
    for new in news:
        if model is not None and new.like(model):
            own = {"title": new.shown_title, "spec": new.action.model_dump_json(), "key": new.key}
            rows.append({**rows[-1], **own})
        else:
            rows.append(new.row(now, said.get(new.queue)))
            model = new if new.like(new) else None
    return rows


def push_many(tx: Tx, news: Sequence[NewRun], now: datetime) -> list[int]:
    """Store runs all together; their ids, in order."""
    said = {name: queues.ensure(tx, name, now) for name in dict.fromkeys(n.queue for n in news)}
    return _store(tx, rows_of(news, now, said))


def push_prepared(
    tx: Tx, news: Sequence[NewRun], rows: Sequence[dict[str, Any]], now: datetime
) -> list[int]:
    """The same with rows that were made beforehand (:func:`rows_of`), for queues that
    say nothing; where one does say something, they are made anew."""
    if any(queues.ensure(tx, name, now) for name in dict.fromkeys(new.queue for new in news)):
        return push_many(tx, news, now)
    return _store(tx, rows)


def _store(tx: Tx, rows: Sequence[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    tx.touch("runs", WORK)
    if len(rows) == 1 or tx.conn.dialect.name != "sqlite":
        return [_insert_one(tx, row) for row in rows]
    # Nobody else writes meanwhile and AUTOINCREMENT counts by one, so the ids need not be
    # asked for row by row, which would take three times as long.
    _INSERT_MANY.many(tx.conn, rows)
    last = int(tx.conn.exec_driver_sql("SELECT last_insert_rowid()").scalar_one())
    return list(range(last - len(rows) + 1, last + 1))


def store_fire(tx: Tx, row: dict[str, Any]) -> None:
    """Store what a job fired, unless that fire is there already; ``row`` as of
    :meth:`NewRun.row`."""
    _FIRE[tx.conn.dialect.name].run(tx.conn, **row)
    tx.touch("runs", WORK)


def _insert_one(tx: Tx, row: dict[str, Any]) -> int:
    made = _INSERT.row(tx.conn, **row)
    assert made is not None
    return int(made[0])


def replay(tx: Tx, run_ids: Sequence[int], now: datetime) -> list[tuple[int, int | None]]:
    """A new run for each finished one: pairs of (old id, new id).

    None instead of a new id: it was replayed before. Raises NotFound or NotAllowed, and
    then nothing is replayed at all.
    """
    pairs: list[tuple[int, int | None]] = []
    for run_id in dict.fromkeys(run_ids):
        old = runs.get(tx.conn, run_id)
        check_replay(old)
        pairs.append((run_id, None if old.replayed_by is not None else _replay(tx, old, now)))
    return pairs


def _replay(tx: Tx, old: Run, now: datetime) -> int:
    columns = [c for c in schema.runs.c if c.name != "id"]
    source = tx.conn.execute(select(*columns).where(_r.id == old.id)).one()
    values = source._asdict() | {
        "state": RunState.QUEUED,
        "origin": Origin.REPLAY,
        "attempt": 0,
        "uncounted": 0,
        "created_at": now,
        "due_at": now,
        "available_at": now,
        "started_at": None,
        "attempt_started_at": None,
        "finished_at": None,
        "reason": None,
        "error": None,
        "replay_of": old.id,
        "replayed_by": None,
        "key": None,
        "cancel_requested": False,
    }
    key = tx.conn.execute(insert(schema.runs).values(**values)).inserted_primary_key
    assert key is not None
    new_id = int(key[0])
    tx.conn.execute(update(schema.runs).where(_r.id == old.id).values(replayed_by=new_id))
    tx.touch("runs", WORK, f"run:{old.id}")
    return new_id
