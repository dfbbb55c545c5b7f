"""Rows for the window's tests and pictures: a desk with jobs, and runs in every state.

Everything goes through the store's own verbs, with times of the past where a person would
see some, so the rows are such as the engine makes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.job import Job, JobSpec
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.policy import Terms
from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, RetryPolicy
from jobdesk.domain.run import Origin, RunState
from jobdesk.domain.trigger import Cron, Every
from jobdesk.store import claims, commands, jobs, logs, pushing, queues
from jobdesk.store.pushing import NewRun
from jobdesk.store.writer import Tx

Line = tuple[Stream, str]
Event = tuple[datetime, Callable[[datetime], None]]

OK = Verdict(Outcome.SUCCEEDED, exit_code=0)
EXIT_7 = Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 7", exit_code=7)
REFUSED = Verdict(
    Outcome.FAILED,
    Reason.CONNECTION_ERROR,
    "connection refused by 127.0.0.1:9009",
)
ANSWER_503 = Verdict(
    Outcome.FAILED,
    Reason.HTTP_SERVER_ERROR,
    "HTTP 503 Service Unavailable",
    http_status=503,
    request={"method": "POST", "url": "http://127.0.0.1:8000/report", "headers": {}, "body": "{}"},
    response={
        "status": 503,
        "reason": "Service Unavailable",
        "headers": {"Content-Type": "text/plain", "Retry-After": "30"},
        "body": "try again later\n",
    },
)
ANSWER_200 = Verdict(
    Outcome.SUCCEEDED,
    http_status=200,
    request={"method": "GET", "url": "http://127.0.0.1:8000/health", "headers": {}, "body": None},
    response={
        "status": 200,
        "reason": "OK",
        "headers": {"Content-Type": "application/json"},
        "body": '{"ok": true}',
    },
)

_SCRIPT_LOG: tuple[Line, ...] = (
    (Stream.SYSTEM, "running /usr/bin/env in /home\n"),
    (Stream.STDOUT, "reading 3 files\n"),
    (Stream.STDERR, "warning: one of them is empty\n"),
    (Stream.STDOUT, "done\n"),
)


@dataclass
class Seeded:
    """What :func:`seed` made: run ids by state (oldest first) and the names of the jobs."""

    now: datetime
    runs: dict[RunState, list[int]] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)

    def one(self, state: RunState) -> int:
        """The newest run that was put into ``state``."""
        return self.runs[state][-1]

    def note(self, state: RunState, run_id: int) -> int:
        self.runs.setdefault(state, []).append(run_id)
        return run_id


def make_job(desk: Desk, spec: JobSpec, at: datetime) -> Job:
    """A job that was set up at ``at`` and has been dealt with up to now."""
    return desk._db.writer.run(lambda tx: _job_in(tx, spec, at, desk.now()))


def _job_in(tx: Tx, spec: JobSpec, at: datetime, now: datetime) -> Job:
    jobs.add(tx, spec, at)
    return jobs.change(tx, spec.name, spec, now)  # its next fire is still to come


def make_run(
    desk: Desk,
    action: ScriptAction | HttpAction,
    verdicts: Sequence[Verdict] = (),
    *,
    at: datetime,
    took: timedelta = timedelta(seconds=2),
    queue: str = "default",
    priority: int = 0,
    retry: RetryPolicy | None = None,
    job: Job | None = None,
    origin: Origin | None = None,
    log: Sequence[Line] = _SCRIPT_LOG,
    open_attempt: bool = False,
) -> int:
    """A run asked for at ``at`` that has gone through ``verdicts``, each attempt ``took`` long.

    With ``open_attempt`` one more attempt is running. Nothing else may be queued or be due
    by then in any queue, since the run is claimed like any other.
    """
    return desk._db.writer.run(
        lambda tx: run_in(
            tx, action, verdicts, at=at, took=took, queue=queue, priority=priority, retry=retry,
            job=job, origin=origin, log=log, open_attempt=open_attempt,
        )
    )  # fmt: skip


def run_in(
    tx: Tx,
    action: ScriptAction | HttpAction,
    verdicts: Sequence[Verdict] = (),
    *,
    at: datetime,
    took: timedelta = timedelta(seconds=2),
    queue: str = "default",
    priority: int = 0,
    retry: RetryPolicy | None = None,
    job: Job | None = None,
    origin: Origin | None = None,
    log: Sequence[Line] = _SCRIPT_LOG,
    open_attempt: bool = False,
) -> int:
    """The same within a transaction: many of them at once are much quicker."""
    origin = origin or (Origin.TRIGGER if job else Origin.PUSH)
    policy = retry or (job.spec.retry if job else None)
    new = NewRun(action, queue, priority, at, origin, Terms(retry=policy), job=job)
    (run_id,) = pushing.push_many(tx, [new], at)
    now = at
    for verdict in verdicts:
        claim = _claim(tx, run_id, now)
        write_log(tx, claim.attempt_id, log, now)
        transition = claims.conclude(tx, claim, verdict, now + took, random.Random(run_id))
        assert transition is not None
        now = transition.available_at
    if open_attempt:
        write_log(tx, _claim(tx, run_id, now).attempt_id, log, now)
    return run_id


def write_log(tx: Tx, attempt_id: int, lines: Sequence[Line], at: datetime) -> None:
    """Append ``lines`` to an attempt's log, 40 ms apart."""
    chunks = [
        LogChunk(seq, stream, at + seq * timedelta(milliseconds=40), text.encode())
        for seq, (stream, text) in enumerate(lines)
    ]
    logs.append(tx, attempt_id, chunks)
    logs.state_size(tx, attempt_id, sum(len(c.data) for c in chunks), 0, 0)


def _claim(tx: Tx, run_id: int, now: datetime) -> claims.Claim:
    claims.promote(tx, now)
    (claim,) = claims.claim(tx, now, 1)
    assert claim.run.id == run_id, "another run was in the way"
    return claim


def many(desk: Desk, count: int, queue: str = "default") -> list[int]:
    """``count`` queued runs, quickly."""
    return desk.push_many(
        [ScriptAction(["/bin/echo", f"item {number}"]) for number in range(count)], queue=queue
    )


_TWICE = RetryPolicy(retries=2, backoff=FixedBackoff(seconds=1))
_SLOW = RetryPolicy(retries=3, backoff=ExponentialBackoff(base=600), jitter=False)


def _specs() -> list[JobSpec]:
    return [
        JobSpec(
            name="Nightly backup",
            action=ScriptAction(["rsync", "-a", "/home/me/projects", "/mnt/backup"]),
            trigger=Cron("30 2 * * *", tz="Europe/Berlin"),
            queue="nightly",
            retry=_TWICE,
            timeout=3600,
        ),
        JobSpec(
            name="Health check",
            action=HttpAction("GET", "http://127.0.0.1:8000/health"),
            trigger=Every("5m"),
        ),
        JobSpec(
            name="Morning report",
            action=HttpAction("POST", "http://127.0.0.1:8000/report", body="{}"),
            trigger=Cron("0 7 * * 1-5", tz="Europe/Berlin"),
            queue="reports",
            retry=_SLOW,
        ),
        JobSpec(
            name="Clean up downloads",
            action=ScriptAction(shell="find ~/Downloads -mtime +30 -delete"),
            trigger=Every("1d"),
            enabled=False,
        ),
        JobSpec(name="Rebuild the index", action=ScriptAction(["make", "index"]), queue="bulk"),
    ]


def seed(desk: Desk, now: datetime | None = None) -> Seeded:
    """Five jobs, four queues (one limited, one paused) and runs in every state."""
    made = Seeded(now or desk.now())

    def work(tx: Tx) -> None:
        set_up = made.now - timedelta(days=3)
        by_name = {spec.name: _job_in(tx, spec, set_up, made.now) for spec in _specs()}
        made.jobs = sorted(by_name)
        past = _Past(tx, made, by_name)
        for at, tell in sorted([*past.successes(), *past.others()], key=lambda event: event[0]):
            tell(at)
        _present(tx, made, by_name)
        queues.change(tx, "bulk", concurrency=2)
        queues.change(tx, "nightly", paused=True)

    desk._db.writer.run(work)
    return made


class _Past:
    """What happened within the last day, as (when, what makes it); ids shall follow time."""

    def __init__(self, tx: Tx, made: Seeded, by_name: dict[str, Job]) -> None:
        self._tx, self._made, self._jobs = tx, made, by_name

    def successes(self) -> list[Event]:
        return [
            (self._ago(hours) - timedelta(minutes=10 * number), self._check)
            for hours in range(1, 24)
            for number in range(1 + hours * 7 % 4)
        ]

    def others(self) -> list[Event]:
        return [
            (self._ago(9), self._discarded),
            (self._ago(8), self._replayed),
            (self._ago(6.3), self._flaky),
            (self._ago(6.2), self._skipped),
            (self._ago(6.1), self._stopped),
            (self._ago(5.05), self._report_dead),
            (self._ago(2.5), self._hook_dead),
            (self._ago(0.35), self._backup_dead),
        ]

    def _ago(self, hours: float) -> datetime:
        return self._made.now - timedelta(hours=hours)

    def _dead(self, at: datetime, action: ScriptAction | HttpAction, *verdicts: Verdict) -> int:
        policy = RetryPolicy(retries=len(verdicts) - 1, backoff=FixedBackoff(seconds=1))
        return run_in(self._tx, action, verdicts, at=at, retry=policy, queue="reports")

    def _check(self, at: datetime) -> None:
        job, took = self._jobs["Health check"], timedelta(milliseconds=80 + at.minute)
        run_id = run_in(self._tx, job.spec.action, [ANSWER_200], at=at, job=job, took=took, log=())
        self._made.note(RunState.SUCCEEDED, run_id)

    def _flaky(self, at: datetime) -> None:
        action = ScriptAction(["./sync.sh", "--all"])
        run_id = run_in(self._tx, action, [EXIT_7, EXIT_7, OK], at=at, retry=_TWICE)
        self._made.note(RunState.SUCCEEDED, run_id)

    def _skipped(self, at: datetime) -> None:
        job = self._jobs["Health check"]
        new = pushing.of_job(job, at, Origin.TRIGGER)
        new = replace(new, skipped=(Reason.OVERLAP, "run 12 of this job was not finished"))
        (run_id,) = pushing.push_many(self._tx, [new], at)
        self._made.note(RunState.SKIPPED, run_id)

    def _stopped(self, at: datetime) -> None:
        run_id = run_in(self._tx, ScriptAction(["./long.sh"]), at=at)
        commands.cancel(self._tx, [run_id], at + timedelta(seconds=9))
        self._made.note(RunState.CANCELLED, run_id)

    def _discarded(self, at: datetime) -> None:
        run_id = self._dead(at, ScriptAction(["./old.sh"]), EXIT_7)
        commands.discard(self._tx, [run_id], at)
        self._made.note(RunState.DISCARDED, run_id)

    def _replayed(self, at: datetime) -> None:
        run_id = self._dead(at, ScriptAction(["./convert.sh", "a.png"]), EXIT_7, EXIT_7)
        tx, later = self._tx, at + timedelta(minutes=4)
        ((_, new_id),) = pushing.replay(tx, [run_id], later)
        assert new_id is not None
        claim = _claim(tx, new_id, later)
        write_log(tx, claim.attempt_id, _SCRIPT_LOG, later)
        claims.conclude(tx, claim, OK, later + timedelta(seconds=3), random.Random(1))
        self._made.note(RunState.SUCCEEDED, new_id)

    def _report_dead(self, at: datetime) -> None:
        action = HttpAction("POST", "http://127.0.0.1:8000/report", body="{}")
        run_id = self._dead(at, action, ANSWER_503, ANSWER_503, ANSWER_503)
        self._made.note(RunState.DEAD, run_id)

    def _hook_dead(self, at: datetime) -> None:
        run_id = self._dead(at, HttpAction("GET", "http://127.0.0.1:9009/hook"), REFUSED, REFUSED)
        self._made.note(RunState.DEAD, run_id)

    def _backup_dead(self, at: datetime) -> None:
        job = self._jobs["Nightly backup"]
        run_id = run_in(self._tx, job.spec.action, [EXIT_7] * 3, at=at, job=job, queue="nightly")
        self._made.note(RunState.DEAD, run_id)


def _present(tx: Tx, made: Seeded, by_name: dict[str, Job]) -> None:
    """What runs and waits now."""
    now, report = made.now, by_name["Morning report"]
    at = now - timedelta(seconds=30)
    retrying = run_in(tx, report.spec.action, [ANSWER_503], at=at, job=report, queue="reports")
    made.note(RunState.RETRYING, retrying)
    for seconds, line in ((192, "./encode.sh --preset slow film.mkv"), (42, "./thumbnails.sh")):
        at = now - timedelta(seconds=seconds)
        action = ScriptAction(shell=line)
        made.note(RunState.RUNNING, run_in(tx, action, at=at, queue="bulk", open_attempt=True))
    for number in range(3):
        clip = ScriptAction(["/home/me/bin/encode", f"clip-{number}.mkv"])
        made.note(RunState.QUEUED, run_in(tx, clip, at=now, queue="bulk"))
    reminder = HttpAction("GET", "http://127.0.0.1:8000/reminder")
    due = now + timedelta(hours=2)
    later = NewRun(reminder, "default", 0, due, Origin.PUSH)
    (later_id,) = pushing.push_many(tx, [later], now)
    made.note(RunState.SCHEDULED, later_id)
