"""The engine's verbs: promote, claim, conclude, rescue."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, literal, not_, select, update

from jobdesk.domain import lifecycle
from jobdesk.domain.lifecycle import Transition
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.run import Run, RunState
from jobdesk.store import interruptions, runs, schema
from jobdesk.store.rows import RUN_COLUMNS, run_of
from jobdesk.store.writer import Tx

_r = schema.runs.c
_a = schema.attempts.c


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours to execute, and the attempt that was opened for it."""

    run: Run
    attempt_id: int


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt that was open when its engine ended, and the process it had started."""

    attempt_id: int
    run_id: int
    pid: int | None
    pid_started: float | None


def promote(tx: Tx, now: datetime) -> int:
    """Queue what is due; how many runs that were."""
    done = tx.conn.execute(
        update(schema.runs)
        .where(schema.WAITING, _r.available_at <= now)
        .values(state=RunState.QUEUED)
    )
    if done.rowcount:
        tx.touch("runs")
    return done.rowcount


def claim(tx: Tx, now: datetime, free: int) -> list[Claim]:
    """Take up to ``free`` runs and open an attempt for each, in one step.

    In each queue up to its limit; over all of them the higher priority first, then the
    earlier due time, then the order of pushing. An exclusive run waits for the others of
    its job.
    """
    picked = _pick(tx.conn, free) if free > 0 else []
    if not picked:
        return []
    order = {run_id: position for position, run_id in enumerate(picked)}
    statement = (
        update(schema.runs)
        .where(_r.id.in_(picked), schema.QUEUED)
        .values(
            state=RunState.RUNNING,
            attempt=_r.attempt + 1,
            started_at=func.coalesce(_r.started_at, literal(now, schema.UtcTime())),
            attempt_started_at=now,
            reason=None,
            error=None,
        )
        .returning(*RUN_COLUMNS)
    )
    claimed = [run_of(row) for row in tx.conn.execute(statement)]
    claimed.sort(key=lambda run: order[run.id])
    opened = tx.conn.execute(
        insert(schema.attempts).returning(_a.id, sort_by_parameter_order=True),
        [{"run_id": run.id, "number": run.attempt, "started_at": now} for run in claimed],
    ).scalars()
    tx.touch("runs")
    return [Claim(run, attempt) for run, attempt in zip(claimed, opened, strict=True)]


def _pick(conn: Connection, free: int) -> list[int]:
    """The ids of the next ``free`` runs, best first."""
    q = schema.queues.c
    running = select(_r.queue, func.count()).where(schema.RUNNING).group_by(_r.queue)
    busy: dict[str, int] = {name: int(number) for name, number in conn.execute(running)}
    rooms = {
        name: free if limit is None else min(free, limit - busy.get(name, 0))
        for name, limit in conn.execute(select(q.name, q.concurrency).where(not_(q.paused)))
    }
    job_query = select(_r.job_id).where(schema.RUNNING, _r.job_id.is_not(None)).distinct()
    busy_jobs = set(conn.execute(job_query).scalars())
    best: list[_Candidate] = []
    for name, room in rooms.items():
        if room > 0:
            best += _candidates(conn, name, room, busy_jobs)
    best.sort(key=_Candidate.rank)
    picked: list[int] = []
    for one in best:
        # Two queues may each offer a run of the same job, if it moved between them.
        if one.exclusive_job is None or one.exclusive_job not in busy_jobs:
            picked.append(one.run_id)
            if one.exclusive_job is not None:
                busy_jobs.add(one.exclusive_job)
    return picked[:free]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A queued run; ``exclusive_job`` is the job that it must be alone for, if any."""

    run_id: int
    priority: int
    available_at: datetime
    exclusive_job: int | None

    def rank(self) -> tuple[int, datetime, int]:
        return (-self.priority, self.available_at, self.run_id)


def _candidates(conn: Connection, queue: str, room: int, busy_jobs: set[int]) -> list[_Candidate]:
    """The next ``room`` runs of a queue, best first.

    Of an exclusive job only the first; where that leaves room, look further.
    """
    found: list[_Candidate] = []
    blocked = set(busy_jobs)
    query = (
        select(_r.id, _r.priority, _r.available_at, _r.job_id, _r.exclusive)
        .where(schema.QUEUED, _r.queue == queue)
        .order_by(_r.priority.desc(), _r.available_at, _r.id)
    )
    seen: set[int] = set()
    while len(found) < room:
        wanted = room - len(found)
        more = query.limit(wanted + len(seen))
        if blocked:
            # A run whose job was removed is nobody's rival.
            waits = and_(_r.exclusive, _r.job_id.is_not(None), _r.job_id.in_(blocked))
            more = more.where(not_(waits))
        rows = [row for row in conn.execute(more) if row.id not in seen]
        for row in rows[:wanted]:
            seen.add(row.id)
            job = row.job_id if row.exclusive else None
            if job is not None:
                if job in blocked:
                    continue
                blocked.add(job)
            found.append(_Candidate(row.id, row.priority, row.available_at, job))
        if len(rows) < wanted:
            break
    return found


def conclude(
    tx: Tx, claim: Claim, verdict: Verdict, now: datetime, rng: random.Random
) -> Transition | None:
    """Close the attempt and move its run on.

    None when the run is no longer this attempt's to conclude; then nothing is changed.
    """
    current = tx.conn.execute(
        select(_r.state, _r.attempt, _r.cancel_requested).where(_r.id == claim.run.id)
    ).first()
    if current is None or (current.state, current.attempt) != (
        RunState.RUNNING,
        claim.run.attempt,
    ):
        return None
    run = claim.run
    if current.cancel_requested:
        run = runs.get(tx.conn, run.id)
    transition = lifecycle.conclude(run, verdict, now, rng)
    _close_attempt(tx, claim, verdict, now)
    tx.conn.execute(update(schema.runs).where(_r.id == run.id).values(**asdict(transition)))
    tx.touch("runs", f"run:{run.id}")
    return transition


def _close_attempt(tx: Tx, claim: Claim, verdict: Verdict, now: datetime) -> None:
    started = claim.run.attempt_started_at or now
    tx.conn.execute(
        update(schema.attempts)
        .where(_a.id == claim.attempt_id)
        .values(
            outcome=verdict.outcome,
            reason=verdict.reason,
            error=verdict.error,
            exit_code=verdict.exit_code,
            http_status=verdict.http_status,
            finished_at=now,
            duration_ms=max(0, round((now - started).total_seconds() * 1000)),
            request=json.dumps(verdict.request) if verdict.request else None,
            response=json.dumps(verdict.response) if verdict.response else None,
        )
    )


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
    query = (
        select(_a.id, _a.run_id, _a.pid, _a.pid_started)
        .join_from(schema.runs, schema.attempts, _a.run_id == _r.id)
        .where(schema.RUNNING, _a.outcome.is_(None))
    )
    return [Orphan(*row) for row in conn.execute(query)]


def rescue(tx: Tx, now: datetime) -> list[Run]:
    """Conclude as interrupted whatever an engine left running; the runs as they are now."""
    left = [run_of(row) for row in tx.conn.execute(select(*RUN_COLUMNS).where(schema.RUNNING))]
    for run in left:
        transition = lifecycle.rescue(run, now)
        tx.conn.execute(
            update(schema.attempts)
            .where(_a.run_id == run.id, _a.outcome.is_(None))
            .values(
                outcome=Outcome.INTERRUPTED,
                reason=Reason.INTERRUPTED,
                error=transition.error,
                finished_at=now,
            )
        )
        tx.conn.execute(update(schema.runs).where(_r.id == run.id).values(**asdict(transition)))
        tx.touch("runs", f"run:{run.id}")
    rescued = runs.get_many(tx.conn, [run.id for run in left])
    if rescued:
        interruptions.note(tx, rescued, now)
        tx.touch("runs")
    return rescued


def unfinished(conn: Connection) -> int:
    """How many runs could still run: those of paused queues don't, unless they run now."""
    q = schema.queues.c
    paused = select(q.name).where(q.paused)
    counts = select(func.count()).select_from(schema.runs)
    waiting = counts.where(schema.UNFINISHED, _r.queue.not_in(paused))
    running = counts.where(schema.RUNNING, _r.queue.in_(paused))
    return sum(conn.execute(query).scalar_one() for query in (waiting, running))
