"""Incidents, the alerts that they raise, and their way over the channels.

What is raised by the end of an attempt is stored in the commit of that end, so that it is
neither lost nor told for nothing; sending it is the engine's business afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, or_, select, update

from jobdesk.clock import local_zone
from jobdesk.domain import alert as rules
from jobdesk.domain.alert import (
    AlertKind,
    AlertPolicy,
    DeliveryState,
    Incident,
    settle_alerts,
)
from jobdesk.domain.job import Job
from jobdesk.domain.lifecycle import Transition
from jobdesk.domain.outcome import Outcome
from jobdesk.domain.parsing import spoken_duration
from jobdesk.domain.run import Run, RunState
from jobdesk.domain.wording import why
from jobdesk.store import preferences, queues, schema
from jobdesk.store.prepared import Prepared
from jobdesk.store.rows import job_of
from jobdesk.store.writer import Tx

FAILURES, LATE, SILENT = "failures", "late", "silent"

_i = schema.incidents.c
_al = schema.alerts.c
_d = schema.deliveries.c
_s = schema.snoozes.c
_r = schema.runs.c
_a = schema.attempts.c
_j = schema.jobs.c

_OPEN = Prepared(
    select(_i.id, _i.failures, _i.raised).where(
        _i.subject == bindparam("subject"),
        _i.kind == bindparam("kind"),
        _i.closed_at.is_(None),
    )
)
_ANY_LATE = Prepared(select(_i.id).where(_i.kind == LATE, _i.closed_at.is_(None)).limit(1))
_REPLAY_OF = Prepared(select(_r.replay_of).where(_r.id == bindparam("of")))
_DEEPEST = 100
"""How long a chain of replays is followed."""
_TEXT = 1_000
_STEP = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an incident is about, and whose policies decide."""

    key: str
    title: str
    queue: str | None = None
    job: str | None = None
    run_id: int | None = None


# -- the end of an attempt --------------------------------------------------------


def attempt_ended(
    tx: Tx,
    run: Run,
    outcome: Outcome,
    after: Transition,
    now: datetime,
    *,
    counted: bool = True,
    rescued: bool = False,
) -> None:
    """Follow the sequence of failures of a run's subject: it goes on, or is over. What a
    crash of the engine did (``rescued``) the window tells in a notice of its own."""
    if outcome is Outcome.SUCCEEDED:
        # A pushed run that succeeds at once can't be the end of anything.
        if run.job_id is None and run.replay_of is None and run.attempt <= 1:
            return
        _succeeded(tx, run, now)
        return
    failure = outcome in (Outcome.FAILED, Outcome.INTERRUPTED) and counted
    if failure and after.state is not RunState.CANCELLED:
        _failed(tx, run, after, now, desktop=not rescued)


def run_set_aside(tx: Tx, run: Run, after: Transition, now: datetime) -> None:
    """A run died without an attempt: it can't be carried out."""
    _failed(tx, run, after, now, desktop=True)


def _succeeded(tx: Tx, run: Run, now: datetime) -> None:
    subject = _subject(tx.conn, run)
    known = _OPEN.row(tx.conn, subject=subject.key, kind=FAILURES)
    if known is None:
        return
    before = rules.Sequence(known[1], _kind(known[2]))
    kind = rules.recovered(before, _policy(tx.conn, subject))
    if kind is not None:
        text = f"Run {run.id} succeeded after {_times(before.failures)}."
        _raise(tx, known[0], subject, kind, f"“{subject.title}” works again", text, run.id, now)
    _close(tx, known[0], now)


def _failed(tx: Tx, run: Run, after: Transition, now: datetime, *, desktop: bool) -> None:
    subject = _subject(tx.conn, run)
    policy = _policy(tx.conn, subject)
    known = _OPEN.row(tx.conn, subject=subject.key, kind=FAILURES)
    before = rules.Sequence(known[1], _kind(known[2])) if known else rules.Sequence()
    died = after.state is RunState.DEAD
    sequence, kind = rules.failed(before, policy, died=died)
    values = {
        "failures": sequence.failures,
        "raised": sequence.raised,
        "run_id": run.id,
        "updated_at": now,
        "title": subject.title,
    }
    incident_id = known[0] if known else _open(tx, subject, FAILURES, now)
    tx.conn.execute(update(schema.incidents).where(_i.id == incident_id).values(**values))
    if kind is not None:
        title, text = _failure_words(subject, run, after, sequence, kind)
        told = policy.channels or ()
        if not desktop:
            told = tuple(one for one in told if one != rules.DESKTOP)
        policy = policy.model_copy(update={"channels": told})
        _raise(tx, incident_id, subject, kind, title, text, run.id, now, policy=policy)


def _failure_words(
    subject: Subject, run: Run, after: Transition, sequence: rules.Sequence, kind: AlertKind
) -> tuple[str, str]:
    if kind is AlertKind.WARNING:
        title = f"“{subject.title}” has failed"
    elif after.state is RunState.DEAD:
        title = f"“{subject.title}” failed for good"
    else:
        title = f"“{subject.title}” has failed {_times(sequence.failures)} in a row"
    where = f"Run {run.id}, queue {run.queue}, attempt {run.attempt}."
    return title, f"{why(after.reason, after.error)}\n{where}"[:_TEXT]


def _subject(conn: Connection, run: Run) -> Subject:
    if run.job_id is not None:
        return Subject(f"job:{run.job_id}", run.job or run.title, run.queue, run.job, run.id)
    root, before = run.id, run.replay_of
    for _ in range(_DEEPEST):
        if before is None:
            break
        root = before
        row = _REPLAY_OF.row(conn, of=root)
        before = row[0] if row else None
    return Subject(f"run:{root}", run.title, run.queue, None, run.id)


def _policy(conn: Connection, subject: Subject, own: AlertPolicy | None = None) -> AlertPolicy:
    """What holds for a subject: what its job says, else its queue, else the settings."""
    if own is None and subject.job is not None:
        row = conn.execute(select(schema.jobs).where(_j.name == subject.job)).first()
        job = job_of(row) if row else None
        own = job.spec.alerts if isinstance(job, Job) else None
    said = queues.policies(conn).get(subject.queue) if subject.queue is not None else None
    return settle_alerts(own, said.alerts if said else None, preferences.load(conn).alerts)


# -- late runs, silent heartbeats -------------------------------------------------


def watched_jobs(conn: Connection) -> list[tuple[Job, AlertPolicy]]:
    """The jobs whose runs can be late, with what holds for them."""
    said, usual = queues.policies(conn), preferences.load(conn).alerts
    found = []
    for row in conn.execute(select(schema.jobs).where(_j.enabled)):
        job = job_of(row)
        if isinstance(job, Job):
            queue = said.get(job.spec.queue)
            policy = settle_alerts(job.spec.alerts, queue.alerts if queue else None, usual)
            if policy.may_be_late:
                found.append((job, policy))
    return found


def usual_duration(conn: Connection, job_id: int) -> float | None:
    """The median of a job's last successes, in seconds; None while there are too few."""
    last = (
        select(_r.finished_at, _r.attempt_started_at)
        .where(_r.job_id == job_id, schema.state_in(RunState.SUCCEEDED))
        .order_by(_r.id.desc())
        .limit(rules.USUAL_OF)
    )
    took = [
        (finished - started).total_seconds()
        for finished, started in conn.execute(last)
        if finished is not None and started is not None
    ]
    return median(took) if len(took) >= rules.USUAL_FROM else None


def may_be_late(conn: Connection, job: Job, policy: AlertPolicy, now: datetime) -> bool:
    """Whether :func:`note_late` has something to look at: a fire's run that isn't over, or
    one that was late and is over by now."""
    going = select(_r.id).where(schema.UNFINISHED, _r.job_id == job.id).limit(1)
    return conn.execute(going).first() is not None or bool(_late_of(conn, job.id))


def note_late(tx: Tx, job: Job, policy: AlertPolicy, now: datetime) -> None:
    """Raise an alert for each run of a job that is late by now, once; close what is over."""
    usual = usual_duration(tx.conn, job.id) if policy.late_factor is not None else None
    after = rules.late_after(policy, usual)
    query = select(_r.id, _r.due_at, _r.started_at).where(
        schema.UNFINISHED, _r.job_id == job.id, _r.origin == "trigger"
    )
    late: set[str] = set()
    for run_id, due, started in tx.conn.execute(query).all():
        said = None
        if started is None and policy.late_start is not None:
            waited = (now - due).total_seconds()
            if waited > policy.late_start:
                said = f"Run {run_id} was due {_seconds(waited)} ago and has not started."
        elif started is not None and after is not None:
            # From its first start: a run that is tried again and again is late, too.
            lasted = (now - started).total_seconds()
            if lasted > after:
                said = f"Run {run_id} began {_seconds(lasted)} ago and has not ended."
        if said is None:
            continue
        subject = Subject(f"run:{run_id}", job.name, job.spec.queue, job.name, run_id)
        late.add(subject.key)
        if _OPEN.row(tx.conn, subject=subject.key, kind=LATE) is None:
            incident_id = _open(tx, subject, LATE, now, raised=AlertKind.LATE)
            if AlertKind.LATE in (policy.kinds or ()):
                title = f"“{job.name}” is late"
                _raise(tx, incident_id, subject, AlertKind.LATE, title, said, run_id, now,
                       policy=policy)  # fmt: skip
    for incident_id, told in _late_of(tx.conn, job.id):
        if told not in late:
            _close(tx, incident_id, now)


def _late_of(conn: Connection, job_id: int) -> list[tuple[int, str]]:
    """The open incidents of runs of a job that were late, whatever its name is by now."""
    query = (
        select(_i.id, _i.subject)
        .join_from(schema.incidents, schema.runs, _i.run_id == _r.id)
        .where(_i.kind == LATE, _i.closed_at.is_(None), _r.job_id == job_id)
    )
    return [(row.id, row.subject) for row in conn.execute(query)]


def any_stale_late(conn: Connection, watched: Sequence[int]) -> bool:
    """Whether :func:`close_stale_late` has something to do."""
    if _ANY_LATE.row(conn) is None:  # asked each second, for as long as the engine runs
        return False
    return conn.execute(_stale_late(watched).limit(1)).first() is not None


def close_stale_late(tx: Tx, watched: Sequence[int], now: datetime) -> None:
    """Close what is open about runs of jobs that nobody watches any more: disabled,
    removed, or without a limit."""
    for row in tx.conn.execute(_stale_late(watched)).all():
        _close(tx, row.id, now)


def _stale_late(watched: Sequence[int]) -> Select[tuple[int]]:
    run = schema.runs.alias("late_run")
    return (
        select(_i.id)
        .join_from(schema.incidents, run, _i.run_id == run.c.id, isouter=True)
        .where(_i.kind == LATE, _i.closed_at.is_(None))
        .where(or_(run.c.job_id.is_(None), run.c.job_id.not_in(list(watched))))
    )


def heartbeat_silent(tx: Tx, key: str, name: str, own: AlertPolicy | None, now: datetime) -> None:
    """A heartbeat's ping is overdue."""
    subject = Subject(key, f"Heartbeat {name}")
    if _OPEN.row(tx.conn, subject=key, kind=SILENT) is not None:
        return
    incident_id = _open(tx, subject, SILENT, now, raised=AlertKind.SILENT)
    policy = _policy(tx.conn, subject, own or AlertPolicy())
    if AlertKind.SILENT in (policy.kinds or ()):
        _raise(tx, incident_id, subject, AlertKind.SILENT, f"{subject.title} is silent",
               "Its ping did not come in time.", None, now, policy=policy)  # fmt: skip


def heartbeat_back(tx: Tx, key: str, name: str, own: AlertPolicy | None, now: datetime) -> None:
    """A ping came: whatever silence there was is over."""
    known = _OPEN.row(tx.conn, subject=key, kind=SILENT)
    if known is None:
        return
    subject = Subject(key, f"Heartbeat {name}")
    policy = _policy(tx.conn, subject, own or AlertPolicy())
    kind = rules.recovered(rules.Sequence(1, _kind(known[2])), policy)
    if kind is not None:
        _raise(tx, known[0], subject, kind, f"{subject.title} is back", "A ping came.", None, now,
               policy=policy)  # fmt: skip
    _close(tx, known[0], now)


# -- raising ----------------------------------------------------------------------


def _open(
    tx: Tx, subject: Subject, kind: str, now: datetime, raised: AlertKind | None = None
) -> int:
    values = {
        "subject": subject.key,
        "title": subject.title,
        "queue": subject.queue,
        "job": subject.job,
        "kind": kind,
        "failures": 0,
        "raised": raised,
        "run_id": subject.run_id,
        "opened_at": now,
        "updated_at": now,
    }
    made = tx.conn.execute(insert(schema.incidents).values(**values).returning(_i.id))
    tx.touch("alerts")
    return int(made.scalar_one())


def _close(tx: Tx, incident_id: int, now: datetime) -> None:
    over = update(schema.incidents).where(_i.id == incident_id)
    tx.conn.execute(over.values(closed_at=now, updated_at=now))
    tx.touch("alerts")


def _raise(
    tx: Tx,
    incident_id: int,
    subject: Subject,
    kind: AlertKind,
    title: str,
    text: str,
    run_id: int | None,
    now: datetime,
    policy: AlertPolicy | None = None,
) -> None:
    """Note an alert, and a delivery for each channel; none while the subject is snoozed."""
    values = {
        "incident_id": incident_id,
        "kind": kind,
        "title": " ".join(title.split())[:_TEXT],
        "text": text,
        "run_id": run_id,
        "created_at": now,
    }
    made = tx.conn.execute(insert(schema.alerts).values(**values).returning(_al.id))
    alert_id = int(made.scalar_one())
    tx.touch("alerts")
    if _snoozed(tx.conn, subject, now):
        return
    holds = policy or _policy(tx.conn, subject)
    due = _after_quiet_hours(tx.conn, kind, now)
    rows = [
        {
            "alert_id": alert_id,
            "channel": channel,
            "state": DeliveryState.WAITING.value,
            "attempts": 0,
            "due_at": due,
        }
        for channel in holds.channels or ()
    ]
    if rows:
        tx.conn.execute(insert(schema.deliveries), rows)


def _after_quiet_hours(conn: Connection, kind: AlertKind, now: datetime) -> datetime:
    settings = preferences.load(conn)
    if settings.quiet_hours is None or (kind is AlertKind.FAILURE and settings.quiet_but_failures):
        return now
    return settings.quiet_hours.over_at(now, local_zone()) or now


def _snoozed(conn: Connection, subject: Subject, now: datetime) -> bool:
    named = ["*"]
    if subject.queue is not None:
        named.append(f"queue:{subject.queue}")
    if subject.job is not None:
        named.append(f"job:{subject.job}")
    if subject.key.startswith("heartbeat:"):
        named.append(f"heartbeat:{subject.title.removeprefix('Heartbeat ')}")
    query = select(func.count()).where(_s.subject.in_(named), _s.until > now)
    return bool(conn.execute(query).scalar())


# -- questions --------------------------------------------------------------------


def open_incidents(conn: Connection) -> list[Incident]:
    """What goes on and was told of, newest first."""
    query = (
        select(schema.incidents)
        .where(_i.closed_at.is_(None), _i.raised.is_not(None))
        .order_by(_i.id.desc())
        .limit(500)
    )
    return [
        Incident(**{**row._asdict(), "raised": _kind(row.raised)}) for row in conn.execute(query)
    ]


def snooze(tx: Tx, subject: str, until: datetime | None) -> None:
    """Nothing is sent about a subject until then; None: from now on it is again."""
    tx.conn.execute(delete(schema.snoozes).where(_s.subject == subject))
    if until is not None:
        tx.conn.execute(insert(schema.snoozes).values(subject=subject, until=until))
    tx.touch("alerts")


def snoozes(conn: Connection, now: datetime) -> dict[str, datetime]:
    """What is snoozed, and until when."""
    query = select(_s.subject, _s.until).where(_s.until > now).order_by(_s.subject)
    return {row.subject: row.until for row in conn.execute(query)}


def prune(tx: Tx, before: datetime) -> int:
    """Delete some incidents that nothing happened to since then, with their alerts."""
    old = select(_i.id).where(_i.updated_at < before).limit(_STEP)
    ids = list(tx.conn.execute(old).scalars())
    if ids:
        tx.conn.execute(delete(schema.incidents).where(_i.id.in_(ids)))
        tx.touch("alerts")
    return len(ids)


def _kind(value: str | None) -> AlertKind | None:
    return AlertKind(value) if value else None


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _seconds(seconds: float) -> str:
    words = spoken_duration(timedelta(seconds=round(seconds)))
    return words if words[0].isdigit() else f"1 {words}"
