"""APScheduler, kept to what it is good at: answering *when*.

It holds one entry for each enabled job with a trigger. An entry that comes due enqueues
runs through the store and does no work. What has to be enqueued follows from the job's
own row (``last_due_at``, policy, now), so that a lost, late or double call changes
nothing; APScheduler's table is a cache that is compared with ``jobs`` at every start.
"""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.job import Job as Entry
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_PAUSED
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Connection, Engine, bindparam

from jobdesk.clock import Clock
from jobdesk.domain.errors import JobDeskError
from jobdesk.domain.job import Job
from jobdesk.domain.trigger import TRIGGER, Trigger
from jobdesk.engine.trouble import Complaint
from jobdesk.store import jobs
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx

ON_TIME = timedelta(seconds=10)
"""How late a fire may be while the engine runs and still not count as missed: that late
it is only because we were slow."""

_BEHIND = timedelta(seconds=1)
_AFTER_TROUBLE = 5.0
_LONGEST_SLEEP = 60.0

log = logging.getLogger(__name__)


@lru_cache(maxsize=1024)
def _trigger_of(text: str) -> Trigger:
    # APScheduler unpickles the entries that are due at each look; they seldom change.
    return TRIGGER.validate_json(text)


class JobTrigger(BaseTrigger):  # type: ignore[misc]
    """A job's trigger as APScheduler wants it: picklable, and never walking the past.

    APScheduler asks for one missed time after the other, under the lock of its store;
    a job that fires each second would keep it there for a night's worth of answers. When
    the next time is in the past, this one answers with the next in the future instead.
    """

    def __init__(self, trigger: str, anchor: datetime) -> None:
        self.trigger, self.anchor = trigger, anchor
        self._schedule = _trigger_of(trigger).schedule(anchor)

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        fire = self._schedule.next(previous_fire_time or now)
        if fire is not None and fire < now - _BEHIND:
            fire = self._schedule.next(now)
        return fire

    def __getstate__(self) -> dict[str, Any]:
        return {"trigger": self.trigger, "anchor": self.anchor}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JobTrigger):
            return NotImplemented
        return (self.trigger, self.anchor) == (other.trigger, other.anchor)

    def __hash__(self) -> int:
        return hash((self.trigger, self.anchor))


class _Enqueue(BaseExecutor):  # type: ignore[misc]
    """The "executor": an entry that is due makes runs, in the store."""

    def __init__(self, fire: Callable[[int], None]) -> None:
        super().__init__()
        self._fire = fire

    def submit_job(self, job: Any, run_times: list[datetime]) -> None:
        self._fire(int(job.id))

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        raise NotImplementedError("submit_job does it all")


def entry(job_id: int) -> None:
    """What the entries name as their function, as APScheduler insists on one. Not called."""
    raise NotImplementedError(f"job {job_id} is enqueued, not called")


class Timetable:
    """The clock of the jobs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock
        self._engine: Engine | None = None
        self._scheduler: _Scheduler | None = None
        self._reconciled: tuple[int, int, int] | None = None
        self._guard = threading.Lock()
        self._firing_now: set[int] = set()

    def start(self) -> None:
        """Make up for what was missed, by each job's policy, and start the clock."""
        self.catch_up(timedelta(0))
        self._engine = self._db.timetable_engine()
        scheduler = _Scheduler(
            self._clock,
            timezone=UTC,
            jobstores={"default": _Entries(self._db, self._engine)},
            executors={"default": _Enqueue(self._fire)},
            daemon=True,
        )
        scheduler.start(paused=True)
        self._scheduler = scheduler
        self.reconcile()
        scheduler.resume()

    def stop(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
        if self._engine is not None:
            self._engine.dispose()

    def reconcile(self, *, anyway: bool = True) -> None:
        """Make the entries match the jobs, after a start or after jobs were changed.

        Without ``anyway`` only if a job was added, changed or removed since the last time:
        a thousand jobs are not to be read because something else changed.
        """
        scheduler = self._scheduler
        if scheduler is None:
            return
        with self._guard:
            with self._db.reading() as conn:
                version = jobs.version(conn)
            if version == self._reconciled and not anyway:
                return
            wanted = self._wanted()
            present = {entry.id: entry for entry in scheduler.get_jobs()}
            stale = {
                entry_id: (name, trigger, due)
                for entry_id, (name, trigger, due) in wanted.items()
                # One that is late is about to fire; it must not be put off.
                if not _stands(present.get(entry_id), trigger, due)
            }
            scheduler.replace(present.keys() - wanted.keys(), stale)
            self._reconciled = version
        scheduler.wakeup()

    def catch_up(self, tolerance: timedelta) -> None:
        """Deal with all that became due up to now; fires later than ``tolerance`` count
        as missed. For a start, and for a clock that jumped."""
        # All are handed over before one is waited for: that is one commit, not a thousand.
        firings = [
            (job.name, self._db.writer.submit(self._firing(job.id, tolerance)))
            for job in self._jobs()
        ]
        for name, firing in firings:
            try:
                firing.result()
            except JobDeskError:
                raise
            except Exception:
                log.exception("job %r could not be fired", name)

    def clock_jumped(self) -> None:
        """The wall clock went somewhere else: missed fires first, then new entries."""
        self.catch_up(ON_TIME)
        self.reconcile()

    def _fire(self, job_id: int) -> None:
        # Kept: an insert that fails (full disk, locked database) is tried again. Not
        # waited for: APScheduler calls this under the lock of its store. One at a time:
        # it deals with all that is due by then, however long it had to wait.
        if job_id in self._firing_now:
            return
        self._firing_now.add(job_id)
        firing = self._db.writer.submit(self._firing(job_id, ON_TIME), keep=True)
        firing.add_done_callback(lambda done: self._fired(job_id, done))

    def _fired(self, job_id: int, done: Future[None]) -> None:
        self._firing_now.discard(job_id)
        error = done.exception()
        if isinstance(error, JobDeskError):
            log.warning("job %s could not be fired; the next start makes up: %s", job_id, error)
        elif error is not None:
            log.error("job %s could not be fired", job_id, exc_info=error)

    def _firing(self, job_id: int, tolerance: timedelta) -> Callable[[Tx], None]:
        def work(tx: Tx) -> None:
            jobs.fire(tx, job_id, self._clock.now(), tolerance)

        return work

    def _jobs(self) -> list[Job]:
        with self._db.reading() as conn:
            found = jobs.enabled(conn)
        for job in found:
            if not isinstance(job, Job):
                log.warning("job %r is set aside: %s", job.name, job.problem)
        return [job for job in found if isinstance(job, Job) and job.spec.trigger is not None]

    def _wanted(self) -> dict[str, tuple[str, JobTrigger, datetime]]:
        """id of the entry: (name, trigger, next fire)."""
        wanted = {}
        now = self._clock.now()
        for job in self._jobs():
            assert job.spec.trigger is not None
            trigger = JobTrigger(job.spec.trigger.model_dump_json(), job.anchor_at)
            due = trigger.get_next_fire_time(None, now)
            if due is not None:
                wanted[str(job.id)] = (job.name, trigger, due)
        return wanted


def _stands(known: Any, trigger: JobTrigger, due: datetime) -> bool:
    return known is not None and known.trigger == trigger and known.next_run_time <= due


class _Entries(SQLAlchemyJobStore):  # type: ignore[misc]
    """APScheduler's table, of which many rows are changed together: a commit for each of a
    thousand entries takes ten seconds beside an engine that writes, too."""

    def __init__(self, database: Database, engine: Engine) -> None:
        super().__init__(engine=engine)
        self._turnstile = database.turnstile

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        turn = self._turnstile.passing() if self._turnstile else nullcontext()
        with turn, self.engine.begin() as conn:
            yield conn

    def _row(self, entry: Entry) -> dict[str, Any]:
        return {
            "next_run_time": entry.next_run_time.timestamp(),
            "job_state": pickle.dumps(entry.__getstate__(), self.pickle_protocol),
        }

    def replace(self, gone: Collection[str], entries: list[Entry]) -> None:
        """Drop entries by their ids, and store these, whether they are new or not."""
        table = self.jobs_t
        ids = [{"b_id": entry_id} for entry_id in [*gone, *(entry.id for entry in entries)]]
        with self._writing() as conn:
            if ids:
                conn.execute(table.delete().where(table.c.id == bindparam("b_id")), ids)
            if entries:
                rows = [{"id": entry.id, **self._row(entry)} for entry in entries]
                conn.execute(table.insert(), rows)

    def settle(self, fired: list[Entry]) -> None:
        """Store the next times of entries, and drop those that have none."""
        table, mine = self.jobs_t, self.jobs_t.c.id == bindparam("b_id")
        over = [{"b_id": entry.id} for entry in fired if entry.next_run_time is None]
        others = [entry for entry in fired if entry.next_run_time is not None]
        with self._writing() as conn:
            if over:
                conn.execute(table.delete().where(mine), over)
            if others:
                rows = [{"b_id": entry.id, **self._row(entry)} for entry in others]
                conn.execute(table.update().where(mine), rows)


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler's, with two differences: it goes by our clock, so that all of the engine
    has one; and it tries again after an error of its store (a full disk when an entry came
    due, say), where APScheduler's thread would end, and with it all jobs."""

    def __init__(self, clock: Clock, **options: Any) -> None:
        super().__init__(**options)
        self._clock = clock
        self._complaint = Complaint(log, "the timetable is in trouble")

    def replace(
        self, gone: Collection[str], wanted: dict[str, tuple[str, JobTrigger, datetime]]
    ) -> None:
        """Drop entries by their ids; add or replace ``wanted``: (name, trigger, next fire)."""
        entries = [
            Entry(
                self,
                id=entry_id,
                name=name,
                func=entry,
                args=[int(entry_id)],
                kwargs={},
                trigger=trigger,
                executor="default",
                # None: a late entry is due all the same; its lateness is our policy's affair.
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
                next_run_time=due,
            )
            for entry_id, (name, trigger, due) in wanted.items()
        ]
        if gone or entries:
            with self._jobstores_lock:
                self._jobstores["default"].replace(gone, entries)

    def _process_jobs(self) -> float | None:
        """Enqueue what is due; the seconds until the next look (None: until woken)."""
        if self.state == STATE_PAUSED:
            return None
        try:
            with self._jobstores_lock:
                wait = self._process(self._jobstores["default"])
        except Exception as error:
            self._complaint.about(error)
            return _AFTER_TROUBLE
        self._complaint.settled()
        return wait

    def _process(self, store: _Entries) -> float | None:
        now = self._clock.now()
        jobs_due = store.get_due_jobs(now)
        for job in jobs_due:
            self._lookup_executor(job.executor).submit_job(job, [job.next_run_time])
            job.next_run_time = job.trigger.get_next_fire_time(job.next_run_time, now)
        if jobs_due:
            store.settle(jobs_due)
        due = store.get_next_run_time()
        if due is None:
            return None
        # Not longer: a clock that is adjusted little by little is never told of.
        return float(min(_LONGEST_SLEEP, max(0.0, (due - self._clock.now()).total_seconds())))
