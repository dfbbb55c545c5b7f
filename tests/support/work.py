"""The store's verbs in few words, for tests that are about what comes of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import text

from jobdesk.domain.job import Job, JobSpec
from jobdesk.domain.lifecycle import Transition
from jobdesk.domain.outcome import Verdict
from jobdesk.domain.run import Attempt, Origin, Run
from jobdesk.store import claims, commands, jobs, pushing, queues, runs
from jobdesk.store.claims import Claim
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx
from tests.support.clock import ManualClock
from tests.support.samples import SUCCESS, a_job, a_push

T = TypeVar("T")


class Work:
    """A database and a clock, and what an engine and a person do with them."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        self.db, self.clock = db, clock
        self._rng = random.Random(1)

    def write(self, work: Callable[[Tx], T]) -> T:
        return self.db.writer.run(work)

    def read(self, question: Callable[..., T], *args: Any, **options: Any) -> T:
        with self.db.reading() as conn:
            return question(conn, *args, **options)

    def sql(self, statement: str) -> None:
        """What no verb does: damage."""
        self.write(lambda tx: tx.conn.execute(text(statement)))

    # -- people -------------------------------------------------------------------

    def push(self, delay: float = 0, **values: Any) -> int:
        now = self.clock.now()
        new = a_push(now + timedelta(seconds=delay), **values)
        return self.write(lambda tx: pushing.push(tx, new, now)[0].id)

    def add_job(self, name: str = "report", **values: Any) -> Job:
        spec = a_job(name, **values)
        return self.write(lambda tx: jobs.add(tx, spec, self.clock.now()))

    def change_job(self, name: str, spec: JobSpec) -> Job:
        return self.write(lambda tx: jobs.change(tx, name, spec, self.clock.now()))

    def run_job(self, job: Job) -> int:
        now = self.clock.now()
        new = pushing.of_job(job, now, Origin.MANUAL)
        return self.write(lambda tx: pushing.push(tx, new, now)[0].id)

    def fire(self, job: Job, tolerance: float = 10) -> list[Run]:
        """Fire a job; its runs that came of it."""
        before = {run.id for run in self.runs()}
        late = timedelta(seconds=tolerance)
        self.write(lambda tx: jobs.fire(tx, job.id, self.clock.now(), late))
        return [run for run in reversed(self.runs()) if run.id not in before]

    def cancel(self, *ids: int) -> None:
        self.write(lambda tx: commands.cancel(tx, ids, self.clock.now()))

    def retry_now(self, *ids: int) -> None:
        self.write(lambda tx: commands.retry_now(tx, ids, self.clock.now()))

    def discard(self, *ids: int) -> None:
        self.write(lambda tx: commands.discard(tx, ids, self.clock.now()))

    def replay(self, *ids: int) -> list[tuple[int, int | None]]:
        return self.write(lambda tx: pushing.replay(tx, ids, self.clock.now()))

    def set_queue(self, name: str, **values: Any) -> None:
        def work(tx: Tx) -> None:
            queues.ensure(tx, name, self.clock.now())
            queues.change(tx, name, **values)

        self.write(work)

    # -- the engine ---------------------------------------------------------------

    def promote(self) -> int:
        return self.write(lambda tx: claims.promote(tx, self.clock.now()))

    def claim(self, free: int = 1) -> list[Claim]:
        return self.write(lambda tx: claims.claim(tx, self.clock.now(), free))

    def claimed_ids(self, free: int) -> list[int]:
        return [claim.run.id for claim in self.claim(free)]

    def conclude(self, claim: Claim, verdict: Verdict = SUCCESS) -> Transition | None:
        return self.write(
            lambda tx: claims.conclude(tx, claim, verdict, self.clock.now(), self._rng)
        )

    def finish(self, verdict: Verdict = SUCCESS) -> Run:
        """Claim the next run and end it so; the run."""
        (claim,) = self.claim()
        self.conclude(claim, verdict)
        return self.run(claim.run.id)

    def rescue(self) -> list[Run]:
        return self.write(lambda tx: claims.rescue(tx, self.clock.now()))

    # -- what is there ------------------------------------------------------------

    def run(self, run_id: int) -> Run:
        return self.read(runs.get, run_id)

    def runs(self) -> list[Run]:
        """All, newest first."""
        return self.read(runs.page, runs.RunFilter(), limit=100_000)

    def attempts(self, run_id: int) -> list[Attempt]:
        return self.read(runs.attempts, run_id)

    def job(self, name: str = "report") -> Job:
        return self.read(jobs.get, name)
