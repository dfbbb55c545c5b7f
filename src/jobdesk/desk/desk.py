"""The desk: what a button, a command, a REST call and a line of Python all call."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from jobdesk import paths
from jobdesk.clock import Clock, SystemClock, local_zone
from jobdesk.desk.alerts import Alerts
from jobdesk.desk.channels import Channels
from jobdesk.desk.heartbeats import Heartbeats
from jobdesk.desk.placing import place
from jobdesk.desk.secrets import Secrets
from jobdesk.desk.signing import Signing
from jobdesk.desk.tokens import Tokens
from jobdesk.desk.vault import VaultDoor
from jobdesk.domain.action import HttpAction, ScriptAction, check_url
from jobdesk.domain.assertions import AnyAssertion, check_assertions, parse_assertions
from jobdesk.domain.errors import InvalidInput, NotFound, Unavailable
from jobdesk.domain.interruption import Interruption
from jobdesk.domain.job import Job, JobSpec, check_priority
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.parsing import check_name, check_whole, parse_duration, parse_time
from jobdesk.domain.policy import Terms
from jobdesk.domain.queue import DEFAULT_QUEUE, MAX_CONCURRENCY, Queue, QueuePolicy
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import Attempt, Origin, Run, RunState
from jobdesk.domain.run_filter import Counted, Found
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.timeout import check_timeout
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.store import (
    commands,
    interruptions,
    jobs,
    logs,
    preferences,
    pushed_keys,
    pushing,
    quarantine,
    queues,
    runs,
    search,
)
from jobdesk.store.changes import STOP
from jobdesk.store.database import Database, default_url
from jobdesk.store.lock import EngineInfo, holder
from jobdesk.store.pushed_keys import Describe
from jobdesk.store.pushing import NewRun
from jobdesk.store.rows import Unreadable
from jobdesk.store.runs import RunFilter
from jobdesk.store.writer import Tx

DATABASE_VARIABLE = "JOBDESK_DATABASE_URL"
MAX_LIMIT = 100_000

T = TypeVar("T")
AnyAction = ScriptAction | HttpAction
AnyTrigger = At | Every | Cron


def find_database_url(home: Path) -> str:
    """The database of a home: what JOBDESK_DATABASE_URL says, else a file in it."""
    return os.environ.get(DATABASE_VARIABLE, "").strip() or default_url(home)


class Unchanged(Enum):
    """What is left as it is, where None already says something."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one run that was to be replayed; ``new_id`` None: it was before."""

    run_id: int
    new_id: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The desk at a glance: sums over all queues, and how many jobs there are."""

    queued: int
    running: int
    retrying: int
    scheduled: int
    dead: int
    jobs: int
    enabled_jobs: int
    paused_queues: int


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """How a running engine is; ``trouble`` says why it can't store anything just now,
    ``api`` why the HTTP API is not served though it should be."""

    trouble: str | None = None
    api: str | None = None


class Desk:
    """The one door to a JobDesk.

    Commands return when they are on disk. Errors are those of
    :mod:`jobdesk.domain.errors`. All methods may be called from any thread. A context
    manager; a script that never closes it still exits.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock
        self.tokens = Tokens(database, clock)
        """Who may come in over HTTP. What isn't about runs, jobs and queues has a door of
        its own behind this one."""
        vault = VaultDoor(database, clock)
        self.secrets = Secrets(database, vault)
        self.alerts = Alerts(database, clock)
        self.channels = Channels(database, clock, vault)
        self.heartbeats = Heartbeats(database, clock)
        """What ``${secret:NAME}`` stands for."""
        self.signing = Signing(database, vault)
        """How outgoing requests are signed."""

    @classmethod
    def open(
        cls,
        home: str | Path | None = None,
        *,
        database_url: str | None = None,
        clock: Clock | None = None,
        check: bool = False,
    ) -> Self:
        """Open the desk in ``home`` (default: everybody else's), making it if need be.

        With ``check`` the database is looked over for damage first, as an engine does
        before it starts; a second or two where it is large.
        """
        folder = Path(home).expanduser().absolute() if home is not None else paths.home()
        url = database_url or find_database_url(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the folder {folder} can't be used: {error.strerror}") from None
        return cls(Database.open(url, folder, check=check), clock or SystemClock())

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def home(self) -> Path:
        """The folder of this desk."""
        return self._db.home

    @property
    def database_url(self) -> str:
        """Where its rows are; a password in it is masked."""
        return self._db.url.render_as_string(hide_password=True)

    def now(self) -> datetime:
        return self._clock.now()

    # -- runs: commands -----------------------------------------------------------

    def push(
        self,
        action: AnyAction,
        *,
        queue: str = DEFAULT_QUEUE,
        delay: timedelta | float | str | None = None,
        at: datetime | str | None = None,
        priority: int = 0,
        timeout: timedelta | float | str | None = None,
        retry: RetryPolicy | None = None,
        assertions: Sequence[AnyAssertion | dict[str, Any]] | None = None,
        key: str | None = None,
        callback_url: str | None = None,
        folder: Path | None = None,
    ) -> Run:
        """Ask for one run: now, after ``delay`` (seconds), or ``at`` a time.

        ``timeout`` is in seconds; ``assertions`` say what makes a success. What is left
        out of these and of ``retry`` the queue says.
        The same ``key`` again returns the run it made first. ``callback_url`` is told how
        the run ended. Paths in the action are resolved against ``folder``, else the
        current one.
        """
        now = self.now()
        terms = self._terms(timeout, retry, assertions)
        new = self._new(action, queue, delay, at, priority, terms, folder, callback_url, now)
        if key is not None:
            new = replace(new, key=check_name(key, "key"))
        run, _ = self._write(lambda tx: pushing.push(tx, new, now))
        return run

    def push_answering(
        self,
        action: AnyAction,
        describe: Describe,
        *,
        token_id: int,
        key: str | None,
        asked: dict[str, Any],
        queue: str = DEFAULT_QUEUE,
        delay: timedelta | float | str | None = None,
        at: datetime | str | None = None,
        priority: int = 0,
        terms: Terms = pushing.SILENT,
        callback_url: str | None = None,
        folder: Path | None = None,
    ) -> dict[str, Any]:
        """Ask for one run for somebody who may ask twice: what ``describe`` makes of the
        run is kept with the ``key`` of this token, and is the answer to the same request
        (``asked``, as JSON) again. Raises Conflict for another one with the same key."""
        now = self.now()
        new = self._new(action, queue, delay, at, priority, terms, folder, callback_url, now)
        canonical = json.dumps(asked, sort_keys=True, ensure_ascii=True)
        fingerprint = hashlib.sha256(canonical.encode()).hexdigest()
        return self._write(
            lambda tx: pushed_keys.push(
                tx, new, describe, token_id=token_id, key=key, fingerprint=fingerprint, now=now
            )
        )

    def push_many(
        self,
        actions: Iterable[AnyAction],
        *,
        queue: str = DEFAULT_QUEUE,
        delay: timedelta | float | str | None = None,
        at: datetime | str | None = None,
        priority: int = 0,
        timeout: timedelta | float | str | None = None,
        retry: RetryPolicy | None = None,
        folder: Path | None = None,
    ) -> list[int]:
        """Ask for many runs in one transaction; their ids, in order."""
        now = self.now()
        terms = self._terms(timeout, retry)
        news = self._news(actions, queue, delay, at, priority, terms, folder, now)
        # Made before the writer has the database: others wait while it is held.
        rows = [new.row(now) for new in news]
        return self._write(lambda tx: pushing.push_prepared(tx, news, rows, now))

    def run_job(self, name: str) -> Run:
        """Run a job now, whatever its trigger says and even while it is disabled."""
        now = self.now()

        def work(tx: Tx) -> Run:
            new = pushing.of_job(jobs.get(tx.conn, name), now, Origin.MANUAL)
            return pushing.push(tx, new, now)[0]

        return self._write(work)

    def replay(self, run_ids: Sequence[int]) -> list[Replayed]:
        """A new run for each of these finished runs; those replayed before are left out."""
        pairs = self._write(lambda tx: pushing.replay(tx, run_ids, self.now()))
        return [Replayed(*pair) for pair in pairs]

    def replay_dead(self, queue: str | None = None) -> list[Replayed]:
        """A new run for every dead letter, or for those of one queue."""

        def work(tx: Tx) -> list[tuple[int, int | None]]:
            if queue is not None:
                queues.get(tx.conn, queue)
            return pushing.replay(tx, commands.dead_letters(tx, queue), self.now())

        return [Replayed(*pair) for pair in self._write(work)]

    def cancel(self, run_ids: Sequence[int]) -> None:
        """Cancel waiting runs, and end running ones with their whole process tree."""
        self._write(lambda tx: commands.cancel(tx, run_ids, self.now()))

    def retry(self, run_ids: Sequence[int]) -> None:
        """Try retrying runs again now instead of at the end of their countdown."""
        self._write(lambda tx: commands.retry_now(tx, run_ids, self.now()))

    def discard(self, run_ids: Sequence[int]) -> None:
        """Put dead letters away."""
        self._write(lambda tx: commands.discard(tx, run_ids, self.now()))

    # -- runs: questions ----------------------------------------------------------

    def run(self, run_id: int) -> Run:
        with self._db.reading() as conn:
            return runs.get(conn, run_id)

    def attempts(self, run_id: int) -> list[Attempt]:
        """The attempts of a run, the first one first."""
        with self._db.reading() as conn:
            return runs.attempts(conn, run_id)

    def callbacks_of(self, run_id: int) -> list[Run]:
        """The runs that tell somebody how this one ended, the oldest first."""
        with self._db.reading() as conn:
            return runs.callbacks_of(conn, run_id)

    def runs(
        self,
        which: RunFilter | None = None,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> list[Run]:
        """A page of runs, newest first; see :func:`jobdesk.store.runs.page`."""
        check_whole(limit, "limit", least=1, most=MAX_LIMIT)
        with self._db.reading() as conn:
            return runs.page(conn, which or RunFilter(), before=before, after=after, limit=limit)

    def search_runs(
        self,
        which: RunFilter | None = None,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
        patience: float = search.PATIENCE,
    ) -> Found:
        """What :meth:`runs` finds within ``patience`` seconds, and where it stopped; see
        :func:`jobdesk.store.search.search`."""
        check_whole(limit, "limit", least=1, most=MAX_LIMIT)
        with self._db.reading() as conn:
            return search.search(
                conn, which or RunFilter(), before=before, after=after, limit=limit,
                patience=patience,
            )  # fmt: skip

    def count_some(
        self,
        which: RunFilter,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 10_000,
    ) -> Counted:
        """How many runs between two ids match, as far as it can be said at once; see
        :func:`jobdesk.store.search.count`."""
        with self._db.reading() as conn:
            return search.count(conn, which, before=before, after=after, most=most)

    def count_runs(self, which: RunFilter, *, most: int = 10_000) -> int:
        """How many runs match; counting stops at ``most``."""
        with self._db.reading() as conn:
            return runs.count(conn, which, most=most)

    def log(
        self,
        run_id: int,
        *,
        attempt: int | None = None,
        stream: Stream | None = None,
        after: int = -1,
        limit: int | None = None,
        last: int | None = None,
    ) -> Iterator[LogChunk]:
        """The log of an attempt (the latest, unless numbered), piece by piece.

        ``after`` is the ``seq`` of the last piece already seen; ``limit`` counts stored
        pieces, and one that holds both streams by turns comes as several; with ``last``
        it begins with the last so many of them. Raises NotFound for an attempt that was
        never made; a run without attempts has an empty log.
        """
        with self._db.reading() as conn:
            runs.get(conn, run_id)  # NotFound, before an empty log says nothing
            made = runs.attempts(conn, run_id)
            if attempt is not None:
                made = [one for one in made if one.number == attempt]
                if not made:
                    raise NotFound("attempt", f"{attempt} of run {run_id}")
            if made:
                of = made[-1].id
                if last is not None:
                    after = max(after, logs.before_last(conn, of, last))
                yield from logs.read(conn, of, after=after, stream=stream, limit=limit)

    def finished_between(
        self, start: datetime, end: datetime
    ) -> list[tuple[datetime, RunState, int | None]]:
        """(finished at, state, milliseconds) of the runs that finished in a span."""
        with self._db.reading() as conn:
            return runs.finished_between(conn, start, end)

    def newest_run_id(self) -> int:
        """The largest id that a run has; 0 where there are none."""
        with self._db.reading() as conn:
            return runs.newest_id(conn)

    def overview(self) -> Overview:
        with self._db.reading() as conn:
            lanes = queues.all_queues(conn)
            all_jobs, enabled_jobs = jobs.counts(conn)
        return Overview(
            queued=sum(q.queued for q in lanes),
            running=sum(q.running for q in lanes),
            retrying=sum(q.retrying for q in lanes),
            scheduled=sum(q.scheduled for q in lanes),
            dead=sum(q.dead for q in lanes),
            jobs=all_jobs,
            enabled_jobs=enabled_jobs,
            paused_queues=sum(q.paused for q in lanes),
        )

    def interruption(self) -> Interruption | None:
        """What an unexpected end of the engine did, until somebody dismisses it."""
        with self._db.reading() as conn:
            return interruptions.read(conn)

    def dismiss_interruption(self) -> None:
        """A person has seen it: :meth:`interruption` is None from now on."""
        self._write(interruptions.forget)

    def wait(self, run_id: int, *, timeout: float | None = None) -> Run:
        """Wait until a run is finished. Raises Unavailable when no engine runs (any more),
        and TimeoutError after ``timeout`` seconds."""
        look = threading.Event()
        stop = self.listen(lambda topics: look.set())
        deadline = None if timeout is None else self._clock.monotonic() + timeout
        try:
            while True:
                look.clear()
                run = self.run(run_id)
                if run.finished:
                    return run
                if self.engine() is None:
                    raise Unavailable(
                        f"no engine is running, so run {run_id} waits; it is kept."
                        " Start one with `jobdesk serve`"
                    )
                left = 1.0 if deadline is None else min(1.0, deadline - self._clock.monotonic())
                if left <= 0:
                    raise TimeoutError(f"run {run_id} is still {run.state}")
                look.wait(left)
        finally:
            stop()

    # -- jobs ---------------------------------------------------------------------

    def add_job(
        self,
        name: str,
        action: AnyAction,
        *,
        trigger: AnyTrigger | None = None,
        folder: Path | None = None,
        **policy: Any,
    ) -> Job:
        """Set up a job. ``policy`` takes the other fields of
        :class:`~jobdesk.domain.job.JobSpec`: queue, priority, retry, timeout, overlap,
        catch_up, enabled."""
        return self.add(JobSpec(name=name, action=action, trigger=trigger, **policy), folder=folder)

    def add(self, spec: JobSpec, *, folder: Path | None = None) -> Job:
        """Set up a job from its whole specification."""
        now = self.now()
        accepted = self._accept(spec, folder, now)
        return self._write(lambda tx: jobs.add(tx, accepted, now))

    def change_job(self, name: str, spec: JobSpec, *, folder: Path | None = None) -> Job:
        """Replace what the job ``name`` says; its runs so far keep what they were."""
        now = self.now()
        old = self.job(name)
        accepted = self._accept(spec, folder, now, known=old.spec.trigger)
        return self._write(lambda tx: jobs.change(tx, name, accepted, now))

    def enable_job(self, name: str, enabled: bool = True) -> Job:
        """Enable or disable a job. What it missed while disabled is not made up."""

        def work(tx: Tx) -> Job:
            spec = jobs.get(tx.conn, name).spec.model_copy(update={"enabled": enabled})
            return jobs.change(tx, name, spec, self.now())

        return self._write(work)

    def remove_job(self, name: str) -> None:
        """Delete a job; its runs stay."""
        self._write(lambda tx: jobs.remove(tx, name))

    def job(self, name: str) -> Job:
        with self._db.reading() as conn:
            return jobs.get(conn, name)

    def jobs(self) -> list[Job]:
        """All jobs that can be read, by name, each with its newest run."""
        with self._db.reading() as conn:
            return [job for job in jobs.all_jobs(conn) if isinstance(job, Job)]

    def job_names(self) -> list[str]:
        """The names of all jobs, in order; quicker than :meth:`jobs`."""
        with self._db.reading() as conn:
            return jobs.names(conn)

    def unreadable(self) -> list[Unreadable]:
        """Rows that were set aside because this program can't make sense of them."""
        with self._db.reading() as conn:
            return [job for job in jobs.all_jobs(conn) if isinstance(job, Unreadable)]

    def quarantined(self) -> list[Unreadable]:
        """All that was set aside: jobs, queues, settings, and the first 50 runs."""
        with self._db.reading() as conn:
            return quarantine.survey(conn)

    # -- queues -------------------------------------------------------------------

    def queues(self) -> list[Queue]:
        with self._db.reading() as conn:
            return queues.all_queues(conn)

    def queue(self, name: str) -> Queue:
        with self._db.reading() as conn:
            return queues.get(conn, name)

    def set_queue(
        self,
        name: str,
        *,
        concurrency: int | Unchanged | None = UNCHANGED,
        policy: QueuePolicy | Unchanged = UNCHANGED,
    ) -> Queue:
        """Set how many runs of a queue run at once (None: no limit), and what its runs
        inherit from now on; the queue is made if new."""
        check_name(name, "queue")
        values: dict[str, Any] = {}
        if concurrency is not UNCHANGED:
            if concurrency is not None:
                check_whole(concurrency, "concurrency", least=1, most=MAX_CONCURRENCY)
            values["concurrency"] = concurrency
        if isinstance(policy, QueuePolicy):
            # The default is kept as nothing at all: most queues say nothing, and cost nothing.
            values["policy"] = None if policy == QueuePolicy() else policy.model_dump_json()

        def work(tx: Tx) -> Queue:
            queues.ensure(tx, name, self.now())
            if values:
                queues.change(tx, name, **values)
            return queues.get(tx.conn, name)

        return self._write(work)

    def pause_queue(self, name: str, paused: bool = True) -> Queue:
        """Stop, or go on, starting runs of a queue; what runs is left alone."""

        def work(tx: Tx) -> Queue:
            queues.change(tx, name, paused=paused)
            return queues.get(tx.conn, name)

        return self._write(work)

    def pause_all(self, paused: bool = True) -> None:
        """Pause or resume every queue."""
        self._write(lambda tx: queues.change_all(tx, paused=paused))

    # -- the engine, settings, changes --------------------------------------------

    def engine(self) -> EngineInfo | None:
        """Who runs the engine on this database, or None."""
        return holder(self._db.lock_path)

    def engine_health(self) -> EngineHealth | None:
        """How the engine says it is; None where none runs, or none answers soon.
        Listeners hear the topic ``engine`` when there is something else to say."""
        answer = self._db.changes.ask()
        return None if answer is None else EngineHealth(answer.get("trouble"), answer.get("api"))

    def check_file(self) -> None:
        """Raise Unavailable when the database's file was moved, deleted or replaced while
        this desk was open."""
        self._db.check_file()

    def check_database(self) -> str | None:
        """What is wrong with the database file, or None. Reads all of it."""
        return self._db.damage()

    def stop_engine(self) -> bool:
        """Ask the engine to stop gracefully; whether there is one. Returns at once."""
        if self.engine() is None:
            return False
        self._db.changes.publish(frozenset({STOP}))
        return True

    def settings(self) -> EngineSettings:
        with self._db.reading() as conn:
            return preferences.load(conn)

    def save_settings(self, settings: EngineSettings) -> None:
        """Replace the engine's settings; a running engine takes them up at once."""
        self._write(lambda tx: preferences.save(tx, settings))

    def listen(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Be told, on a background thread, which topics to look at again; returns what
        ends it. Topics: runs, run:ID, jobs, queues, settings, engine, log:ID, or ``*``."""
        return self._db.changes.listen(listener)

    # -- inside -------------------------------------------------------------------

    def _write(self, work: Callable[[Tx], T]) -> T:
        return self._db.writer.run(work)

    def _news(
        self,
        actions: Iterable[AnyAction],
        queue: str,
        delay: timedelta | float | str | None,
        at: datetime | str | None,
        priority: int,
        terms: Terms,
        folder: Path | None,
        now: datetime,
    ) -> list[NewRun]:
        check_name(queue, "queue")
        due = self._due(delay, at, now)
        urgency = check_priority(priority)
        here = folder or Path.cwd()
        news = []
        for action in actions:
            if not isinstance(action, (ScriptAction, HttpAction)):
                raise InvalidInput("action", action, "a ScriptAction or an HttpAction")
            placed = place(action, here)
            news.append(NewRun(placed, queue, urgency, due, Origin.PUSH, terms))
        return news

    @staticmethod
    def _terms(
        timeout: timedelta | float | str | None,
        retry: RetryPolicy | None,
        assertions: Sequence[AnyAssertion | dict[str, Any]] | None = None,
    ) -> Terms:
        if timeout is None and retry is None and assertions is None:
            return pushing.SILENT
        if not isinstance(retry, RetryPolicy | None):
            raise InvalidInput("retry", retry, "a RetryPolicy")
        said = None if assertions is None else parse_assertions(list(assertions))
        return Terms(timeout=check_timeout(timeout), retry=retry, assertions=said)

    def _new(
        self,
        action: AnyAction,
        queue: str,
        delay: timedelta | float | str | None,
        at: datetime | str | None,
        priority: int,
        terms: Terms,
        folder: Path | None,
        callback_url: str | None,
        now: datetime,
    ) -> NewRun:
        check_assertions(getattr(action, "type", ""), terms.assertions or ())
        if callback_url is not None:
            check_url(callback_url, "callback_url")
        (new,) = self._news([action], queue, delay, at, priority, terms, folder, now)
        return replace(new, callback_url=callback_url)

    def _due(
        self, delay: timedelta | float | str | None, at: datetime | str | None, now: datetime
    ) -> datetime:
        if delay is not None and at is not None:
            raise InvalidInput("at", at, "either a delay or a time, not both")
        if at is not None:
            return parse_time(at, "at", local_zone())
        return now if delay is None else now + parse_duration(delay, "delay")

    def _accept(
        self,
        spec: JobSpec,
        folder: Path | None,
        now: datetime,
        known: AnyTrigger | None = None,
    ) -> JobSpec:
        """The spec as it is kept: paths absolute, the zone named, a time still to come."""
        trigger = spec.trigger
        if isinstance(trigger, Cron) and trigger.tz is None:
            trigger = Cron(trigger.expression, tz=str(local_zone()))
        if isinstance(trigger, At) and trigger.at <= now and trigger != known:
            raise InvalidInput("at", trigger.to_json()["at"], "a time that is still to come")
        action = place(spec.action, folder or Path.cwd())
        return spec.model_copy(update={"action": action, "trigger": trigger})
