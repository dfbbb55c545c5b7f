"""The engine's verbs: promote, claim, conclude, rescue."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from jobdesk.domain import lifecycle, pacing
from jobdesk.domain.lifecycle import Transition
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.run import Run, RunState
from jobdesk.store import alerts, callbacks, interruptions, quarantine, queues, runs, schema
from jobdesk.store.prepared import Prepared, micros, moment
from jobdesk.store.rows import RUN_COLUMNS, run_of
from jobdesk.store.writer import Tx

_r = schema.runs.c
_a = schema.attempts.c
_NOW = bindparam("now", type_=BigInteger())


def _busy_jobs() -> Select[tuple[int]]:
    other = schema.runs.alias("other")
    running = text(str(schema.RUNNING).replace("runs.", "other."))
    return select(other.c.job_id).where(running, other.c.job_id.is_not(None))


_ID = [column.name for column in RUN_COLUMNS].index("id")

_PROMOTE = Prepared(
    update(schema.runs).where(schema.WAITING, _r.available_at <= _NOW).values(state=RunState.QUEUED)
)
_BUSY_QUEUES = Prepared(select(_r.queue, func.count()).where(schema.RUNNING).group_by(_r.queue))
# A run whose job was removed is nobody's rival.
_CANDIDATES = Prepared(
    select(
        _r.id,
        _r.priority,
        _r.available_at,
        case((_r.exclusive, _r.job_id)).label("exclusive_job"),
        _r.queue,
    )
    .where(
        schema.QUEUED,
        _r.queue == bindparam("queue"),
        not_(and_(_r.exclusive, _r.job_id.is_not(None), _r.job_id.in_(_busy_jobs()))),
    )
    .order_by(_r.priority.desc(), _r.available_at, _r.id)
    .limit(bindparam("most", type_=BigInteger()))
)
_ANY_QUEUED = Prepared(select(_r.id).where(schema.QUEUED, _r.queue == bindparam("queue")).limit(1))
_OPEN_ATTEMPT = Prepared(
    insert(schema.attempts).returning(_a.id), ("run_id", "number", "started_at")
)
_MOVE_ON = Prepared(
    update(schema.runs).where(_r.id == bindparam("of")),
    ("state", "available_at", "finished_at", "reason", "error", "uncounted"),
)
_CLOSING = (
    "outcome", "reason", "error", "exit_code", "http_status",
    "finished_at", "duration_ms", "request", "response",
)  # fmt: skip
_CLOSE_ATTEMPT = Prepared(update(schema.attempts).where(_a.id == bindparam("of")), _CLOSING)
_CLOSE_WITH_LOG = Prepared(
    update(schema.attempts).where(_a.id == bindparam("of")),
    (*_CLOSING, "log_bytes", "omitted_bytes", "omitted_lines"),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours to execute, and the attempt that was opened for it."""

    run: Run
    attempt_id: int


@dataclass(frozen=True, slots=True)
class End:
    """How the attempt of a claim ended, and when. ``lasted`` is its length in seconds,
    measured where no clock can be set; ``log_size`` are the bytes of its log that are kept,
    and the bytes and lines that are not, where that has not been said yet."""

    claim: Claim
    verdict: Verdict
    at: datetime
    lasted: float | None = None
    log_size: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt that was open when its engine ended, and the process it had started."""

    attempt_id: int
    run_id: int
    pid: int | None
    pid_started: float | None


def promote(tx: Tx, now: datetime) -> int:
    """Queue what is due; how many runs that were."""
    done = _PROMOTE.run(tx.conn, now=micros(now))
    if done:
        tx.touch("runs")
    return done


def claim(tx: Tx, now: datetime, free: int) -> list[Claim]:
    """Take up to ``free`` runs and open an attempt for each, in one step.

    In each queue up to its limit; over all of them the higher priority first, then the
    earlier due time, then the order of pushing. An exclusive run waits for the others of
    its job.
    """
    picked = _pick(tx, now, free) if free > 0 else []
    if not picked:
        return []
    rows = _take(len(picked)).rows(tx.conn, now=micros(now), **_named(picked))
    taken = {row[_ID]: row for row in rows}
    claimed = [runs.of_row(tx.conn, taken[run_id]) for run_id in picked if run_id in taken]
    tx.touch("runs")
    readable = quarantine.readable(tx, claimed, now)
    return _open_attempts(tx, readable, now)


@cache
def _take(count: int) -> Prepared:
    """The statement that claims ``count`` runs by their ids."""
    started = func.coalesce(_r.started_at, _NOW)
    return Prepared(
        update(schema.runs)
        .where(_r.id.in_([bindparam(name) for name in _named(range(count))]), schema.QUEUED)
        .values(
            state=RunState.RUNNING,
            attempt=_r.attempt + 1,
            started_at=started,
            attempt_started_at=_NOW,
            reason=None,
            error=None,
        )
        .returning(*RUN_COLUMNS)
    )


def _named(ids: Iterable[int]) -> dict[str, int]:
    return _numbered("id", ids)


def _numbered(name: str, values: Iterable[int]) -> dict[str, int]:
    return {f"{name}_{place}": value for place, value in enumerate(values)}


def _open_attempts(tx: Tx, claimed: Sequence[Run], now: datetime) -> list[Claim]:
    if len(claimed) > 1:
        numbers = _numbered("number", (run.attempt for run in claimed))
        ids = _named(run.id for run in claimed)
        try:
            made = _open(len(claimed)).rows(tx.conn, started_at=micros(now), **ids, **numbers)
        except IntegrityError:
            if tx.conn.dialect.name != "sqlite":
                raise  # there, the transaction is lost as well
        else:
            attempts = dict(made)
            return [Claim(run, attempts[run.id]) for run in claimed]
    opened = [(run, _open_attempt(tx, run, now)) for run in claimed]
    return [Claim(run, attempt) for run, attempt in opened if attempt is not None]


@cache
def _open(count: int) -> Prepared:
    """The statement that opens attempts for ``count`` runs, all of them or none."""
    at = bindparam("started_at", type_=BigInteger())
    rows = [
        {"run_id": bindparam(f"id_{n}"), "number": bindparam(f"number_{n}"), "started_at": at}
        for n in range(count)
    ]
    return Prepared(insert(schema.attempts).values(rows).returning(_a.run_id, _a.id))


def _open_attempt(tx: Tx, run: Run, now: datetime) -> int | None:
    """Its new attempt; None where the run's number of attempts is damaged."""
    try:
        opened = _OPEN_ATTEMPT.row(
            tx.conn, run_id=run.id, number=run.attempt, started_at=micros(now)
        )
    except IntegrityError:
        problem = f"its attempt {run.attempt} was made before"
        quarantine.set_aside(tx, replace(run, problem=problem), now)
        return None
    assert opened is not None
    return int(opened[0])


def _pick(tx: Tx, now: datetime, free: int) -> list[int]:
    """The ids of the next ``free`` runs, best first."""
    conn = tx.conn
    busy: dict[str, int] = dict(_BUSY_QUEUES.rows(conn))
    lanes, at = queues.lanes(conn), micros(now)
    best: list[_Candidate] = []
    for name, lane in lanes.items():
        room = free if lane.concurrency is None else min(free, lane.concurrency - busy.get(name, 0))
        if lane.rate is not None and room > 0:
            room = min(room, pacing.starts(lane.rate, lane.next_start, at))
        if room > 0:
            best += _candidates(conn, name, room)
    best.sort(key=_Candidate.rank)
    # Two queues may each offer a run of the same job, if it moved between them.
    picked = _first_of_each_job(best)[:free]
    for name, lane in lanes.items():
        if lane.rate is not None and (taken := sum(one.queue == name for one in picked)):
            after = pacing.next_start(lane.rate, lane.next_start, at, taken)
            queues.note_start(tx, name, after)
    return [one.run_id for one in picked]


def next_due(conn: Connection, now: datetime) -> datetime | None:
    """When there is something to do without anybody's asking: a run becomes due, or the
    rate of a queue lets the next one start."""
    due = runs.next_available(conn)
    for name, rate, start in queues.held_by_rate(conn, micros(now)):
        if _ANY_QUEUED.row(conn, queue=name):
            starts = moment(min(start, pacing.latest(rate, micros(now))))
            due = starts if due is None else min(due, starts)
    return due


_FIRST = (-(2**63), 0, 0)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A queued run; ``available_at`` as the table has it; ``exclusive_job`` is the job that
    it must be the only run of, if any."""

    run_id: int
    priority: int
    available_at: int
    exclusive_job: int | None
    queue: str

    def rank(self) -> tuple[int, int, int]:
        if type(self.priority) is not int or type(self.available_at) is not int:
            return _FIRST  # damaged: taken, it is seen to be, and set aside
        return (-self.priority, self.available_at, self.run_id)


def _candidates(conn: Connection, queue: str, room: int) -> list[_Candidate]:
    """The next ``room`` runs of a queue, best first.

    Of an exclusive job only the first; where that leaves room, look further, and further
    still each time: thousands that wait for one are passed over in a few steps.
    """
    limit = room
    while True:
        rows = _CANDIDATES.rows(conn, queue=queue, most=limit)
        found = _first_of_each_job(_Candidate(*row) for row in rows)
        if len(found) >= room or len(rows) < limit:
            return found[:room]
        limit *= 4


def _first_of_each_job(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    found, jobs = [], set()
    for one in candidates:
        if one.exclusive_job is None or one.exclusive_job not in jobs:
            found.append(one)
            jobs.add(one.exclusive_job)
    return found


def conclude(
    tx: Tx, claim: Claim, verdict: Verdict, now: datetime, rng: random.Random
) -> Transition | None:
    """:func:`conclude_all` for one."""
    return conclude_all(tx, [End(claim, verdict, now)], rng)[0]


def conclude_all(tx: Tx, ends: Sequence[End], rng: random.Random) -> list[Transition | None]:
    """Close attempts and move their runs on.

    None for a run that is no longer this attempt's to conclude; of it nothing is changed.
    """
    if not ends:
        return []
    ids = _named(end.claim.run.id for end in ends)
    standing = {row[0]: row[1:] for row in _standing(len(ids)).rows(tx.conn, **ids)}
    done = [_transition(tx.conn, end, standing.get(end.claim.run.id), rng) for end in ends]
    moved = [(end, *found) for end, found in zip(ends, done, strict=True) if found]
    for statement, with_log in ((_CLOSE_ATTEMPT, False), (_CLOSE_WITH_LOG, True)):
        closed = [_closing(end) for end, _, _ in moved if (end.log_size is not None) is with_log]
        statement.many(tx.conn, closed)
    _MOVE_ON.many(tx.conn, [_moving(run, after) for _, run, after in moved])
    for end, run, after in moved:
        tx.touch("runs", f"run:{run.id}")
        callbacks.run_ended(tx, run, after, end.at)
        verdict = end.verdict
        alerts.attempt_ended(tx, run, verdict.outcome, after, end.at, counted=verdict.counted)
    return [found and found[1] for found in done]


@cache
def _standing(count: int) -> Prepared:
    """The statement that says how ``count`` runs stand."""
    names: list[Any] = [bindparam(name) for name in _named(range(count))]
    return Prepared(
        select(_r.id, _r.state, _r.attempt, _r.cancel_requested).where(_r.id.in_(names))
    )


def _transition(
    conn: Connection, end: End, current: tuple[Any, ...] | None, rng: random.Random
) -> tuple[Run, Transition] | None:
    run = end.claim.run
    if current is None or current[:2] != (RunState.RUNNING.value, run.attempt):
        return None
    if current[2]:
        run = runs.get(conn, run.id)
    return run, lifecycle.conclude(run, end.verdict, end.at, rng)


def _moving(run: Run, after: Transition) -> dict[str, Any]:
    return {
        "of": run.id,
        "state": after.state.value,
        "available_at": micros(after.available_at),
        "finished_at": after.finished_at and micros(after.finished_at),
        "reason": after.reason and after.reason.value,
        "error": after.error,
        "uncounted": after.uncounted,
    }


def _closing(end: End) -> dict[str, Any]:
    claim, verdict, lasted = end.claim, end.verdict, end.lasted
    if lasted is None:
        lasted = (end.at - (claim.run.attempt_started_at or end.at)).total_seconds()
    kept, omitted_bytes, omitted_lines = end.log_size or (0, 0, 0)
    return {
        "of": claim.attempt_id,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason and verdict.reason.value,
        "error": verdict.error,
        "exit_code": verdict.exit_code,
        "http_status": verdict.http_status,
        "finished_at": micros(end.at),
        "duration_ms": max(0, round(lasted * 1000)),
        "request": json.dumps(verdict.request) if verdict.request else None,
        "response": json.dumps(verdict.response) if verdict.response else None,
        "log_bytes": kept,
        "omitted_bytes": omitted_bytes,
        "omitted_lines": omitted_lines,
    }


def record_process(tx: Tx, attempt_id: int, pid: int, started: float) -> None:
    """Note which process an attempt runs, for the day the engine dies."""
    tx.conn.execute(
        update(schema.attempts).where(_a.id == attempt_id).values(pid=pid, pid_started=started)
    )


def cancel_requests(conn: Connection) -> list[int]:
    """The running runs that a person wants ended."""
    query = select(_r.id).where(schema.RUNNING, _r.cancel_requested)
    return list(conn.execute(query).scalars())


def orphans(conn: Connection) -> list[Orphan]:
    """The attempts of an engine that is gone. Only sensible before anything is claimed."""
    # Not a join: SQLite would rather walk all attempts than start with the few runs.
    running = select(_r.id).where(schema.RUNNING)
    query = select(_a.id, _a.run_id, _a.pid, _a.pid_started).where(
        _a.run_id.in_(running), _a.outcome.is_(None)
    )
    return [
        # A pid that can't be one: then only the cookie finds the process.
        Orphan(attempt, run, pid, started)
        if type(pid) is int and type(started) is float
        else Orphan(attempt, run, None, None)
        for attempt, run, pid, started in conn.execute(query)
    ]


def rescue(tx: Tx, now: datetime) -> list[Run]:
    """Conclude as interrupted whatever an engine left running; the runs as they are now."""
    left = [run_of(row) for row in tx.conn.execute(select(*RUN_COLUMNS).where(schema.RUNNING))]
    for run in left:
        if run.problem is not None:
            quarantine.set_aside(tx, run, now)
            error = "the engine ended before the attempt did"
        else:
            transition = lifecycle.rescue(run, now)
            error = transition.error or ""
        tx.conn.execute(
            update(schema.attempts)
            .where(_a.run_id == run.id, _a.outcome.is_(None))
            .values(
                outcome=Outcome.INTERRUPTED,
                reason=Reason.INTERRUPTED,
                error=error,
                finished_at=now,
            )
        )
        if run.problem is None:
            values = asdict(transition)
            tx.conn.execute(update(schema.runs).where(_r.id == run.id).values(**values))
            tx.touch("runs", f"run:{run.id}")
            callbacks.run_ended(tx, run, transition, now)
            alerts.attempt_ended(tx, run, Outcome.INTERRUPTED, transition, now, rescued=True)
    rescued = runs.get_many(tx.conn, [run.id for run in left])
    if rescued:
        interruptions.note(tx, rescued, now)
        tx.touch("runs")
    return rescued


def anything_unfinished(conn: Connection) -> bool:
    """Whether any run could still run: those of paused queues don't, unless they run now.

    Looks for one, and counts nothing: it is asked after each run while many wait.
    """
    giving = _r.queue.in_(list(queues.lanes(conn)))
    terms = [(schema.RUNNING,), (schema.QUEUED, giving), (schema.WAITING, giving)]
    found = (select(_r.id).where(*term).exists() for term in terms)
    return bool(conn.execute(select(or_(*found))).scalar_one())
