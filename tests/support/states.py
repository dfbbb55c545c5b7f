"""Runs in any state, without an engine: what one would have written, written by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobdesk.clock import SystemClock
from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import FixedBackoff, RetryPolicy
from jobdesk.domain.run import RunState
from jobdesk.store import claims
from jobdesk.store.database import Database, default_url

FAILED = Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 7", exit_code=7)
ACTION = ScriptAction(["true"])


class Stage:
    """A desk, and the engine's verbs on the same database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.desk = Desk(database, SystemClock())

    def conclude_next(self, verdict: Verdict = FAILED) -> int:
        """Claim the next run and end its attempt; the run's id."""
        run_id, attempt = self._claim()
        self._db.writer.run(
            lambda tx: claims.conclude(tx, attempt, verdict, self.desk.now(), random.Random())
        )
        return run_id

    def _claim(self) -> tuple[int, claims.Claim]:
        (claim,) = self._db.writer.run(lambda tx: claims.claim(tx, self.desk.now(), 1))
        return claim.run.id, claim

    def run_in(self, state: RunState) -> int:
        """A run in ``state``; nothing else may be queued."""
        desk = self.desk
        hour = RetryPolicy(retries=1, backoff=FixedBackoff(seconds=3600))
        retry = hour if state is RunState.RETRYING else RetryPolicy(retries=0)
        delay = 3600 if state is RunState.SCHEDULED else 0
        run_id = desk.push(ACTION, delay=delay, retry=retry).id
        if state is RunState.RUNNING:
            self._claim()
        elif state is RunState.SUCCEEDED:
            self.conclude_next(Verdict(Outcome.SUCCEEDED, exit_code=0))
        elif state in (RunState.DEAD, RunState.RETRYING, RunState.DISCARDED):
            self.conclude_next()
        elif state is RunState.CANCELLED:
            desk.cancel([run_id])
        if state is RunState.DISCARDED:
            desk.discard([run_id])
        assert desk.run(run_id).state is state
        return run_id


@contextmanager
def stage(home: Path) -> Iterator[Stage]:
    """A stage on the database of ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    database = Database.open(default_url(home), home)
    try:
        yield Stage(database)
    finally:
        database.close()
