"""Whatever people and the engine do in whatever order: the store does as a simple model."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from jobdesk.domain.errors import NotAllowed
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import FixedBackoff, RetryPolicy
from jobdesk.domain.run import FINISHED, RunState
from jobdesk.store import claims, queues
from jobdesk.store.claims import Claim
from jobdesk.store.database import Database, default_url
from tests.support.clock import ManualClock
from tests.support.samples import FAILURE, SUCCESS
from tests.support.work import Work

S = RunState
DELAY = 10
QUEUES = {"default": None, "narrow": 2}

verdicts = st.sampled_from(
    [
        SUCCESS,
        FAILURE,
        Verdict(Outcome.FAILED, Reason.SPAWN_ERROR, "no such program"),
        Verdict(Outcome.CANCELLED, Reason.CANCELLED, "cancelled"),
        Verdict(Outcome.INTERRUPTED, Reason.INTERRUPTED, "stopped", counted=False),
    ]
)


@dataclass
class Model:
    """What is expected of a run."""

    id: int
    queue: str
    priority: int
    available: float
    max_attempts: int
    state: RunState
    attempts: list[Outcome | None] = field(default_factory=list)
    uncounted: int = 0
    asked_to_end: bool = False
    replayed: bool = False

    def rank(self) -> tuple[int, float, int]:
        return (-self.priority, self.available, self.id)

    def spent(self) -> bool:
        return len(self.attempts) - self.uncounted >= self.max_attempts

    def after(self, verdict: Verdict) -> RunState:
        if verdict.outcome is Outcome.SUCCEEDED:
            return S.SUCCEEDED
        if verdict.outcome is Outcome.CANCELLED or self.asked_to_end:
            return S.CANCELLED
        if verdict.outcome is Outcome.INTERRUPTED:
            self.uncounted += not verdict.counted
            return S.DEAD if self.spent() else S.QUEUED
        return S.DEAD if self.spent() or verdict.permanent else S.RETRYING


class StoreAndModel(RuleBasedStateMachine):
    ids = Bundle("ids")
    claimed = Bundle("claimed")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="jd-model-"))
        self.clock = ManualClock()
        self.now = 0.0
        self.db = Database.open(default_url(self.folder), self.folder)
        self.work = Work(self.db, self.clock)
        self.model: dict[int, Model] = {}
        for name, concurrency in QUEUES.items():
            self.work.set_queue(name, concurrency=concurrency)

    def teardown(self) -> None:
        self.db.close()
        shutil.rmtree(self.folder)

    # -- people -------------------------------------------------------------------

    @rule(
        target=ids,
        queue=st.sampled_from(list(QUEUES)),
        priority=st.integers(-1, 1),
        delay=st.sampled_from([0, 0, 5]),
        retries=st.integers(0, 2),
    )
    def push(self, queue: str, priority: int, delay: int, retries: int) -> int:
        policy = RetryPolicy(retries=retries, backoff=FixedBackoff(seconds=DELAY))
        run_id = self.work.push(delay=delay, queue=queue, priority=priority, retry=policy)
        assert run_id not in self.model
        state = S.SCHEDULED if delay else S.QUEUED
        self.model[run_id] = Model(run_id, queue, priority, self.now + delay, retries + 1, state)
        return run_id

    @rule(run_id=ids)
    def cancel(self, run_id: int) -> None:
        one = self.model[run_id]
        allowed = one.state not in FINISHED
        self._command(self.work.cancel, run_id, allowed)
        if one.state is S.RUNNING:
            one.asked_to_end = True
        elif allowed:
            one.state = S.CANCELLED

    @rule(run_id=ids)
    def retry_now(self, run_id: int) -> None:
        one = self.model[run_id]
        allowed = one.state is S.RETRYING
        self._command(self.work.retry_now, run_id, allowed)
        if allowed:
            one.state, one.available = S.QUEUED, self.now

    @rule(run_id=ids)
    def discard(self, run_id: int) -> None:
        one = self.model[run_id]
        allowed = one.state is S.DEAD
        self._command(self.work.discard, run_id, allowed)
        if allowed:
            one.state = S.DISCARDED

    @rule(target=ids, run_id=ids)
    def replay(self, run_id: int) -> object:
        one = self.model[run_id]
        if one.state not in FINISHED:
            self._command(self.work.replay, run_id, False)
            return multiple()
        ((_, new_id),) = self.work.replay(run_id)
        assert (new_id is None) == one.replayed
        if new_id is None:
            return multiple()
        one.replayed = True
        self.model[new_id] = Model(
            new_id, one.queue, one.priority, self.now, one.max_attempts, S.QUEUED
        )
        return new_id

    def _command(self, verb: object, run_id: int, allowed: bool) -> None:
        assert callable(verb)
        try:
            verb(run_id)
        except NotAllowed as error:
            refusal = str(error)
        else:
            refusal = ""
        assert allowed == (not refusal)
        assert allowed or str(self.model[run_id].state) in refusal

    # -- the engine ---------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 4, 11]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.now += seconds
        due = [
            m
            for m in self.model.values()
            if m.state in (S.SCHEDULED, S.RETRYING) and m.available <= self.now
        ]
        assert self.work.promote() == len(due)
        for one in due:
            one.state = S.QUEUED

    @rule(target=claimed, free=st.integers(0, 4))
    def claim(self, free: int) -> object:
        expected = []
        room = {
            name: free if limit is None else limit - self._running(name)
            for name, limit in QUEUES.items()
        }
        for one in sorted((m for m in self.model.values() if m.state is S.QUEUED), key=Model.rank):
            if len(expected) < free and room[one.queue] > 0:
                room[one.queue] -= 1
                expected.append(one.id)
        found = self.work.claim(free)
        assert [claim.run.id for claim in found] == expected
        for one in map(self.model.__getitem__, expected):
            one.state = S.RUNNING
            one.attempts.append(None)
        return multiple(*found)

    def _running(self, queue: str) -> int:
        return sum(m.queue == queue and m.state is S.RUNNING for m in self.model.values())

    @rule(claim=consumes(claimed), verdict=verdicts, twice=st.booleans())
    def conclude(self, claim: Claim, verdict: Verdict, twice: bool) -> None:
        one = self.model[claim.run.id]
        current = one.state is S.RUNNING and len(one.attempts) == claim.run.attempt
        done = self.work.conclude(claim, verdict)
        assert (done is not None) == current, "a rescued attempt has nothing to say any more"
        if done is not None:
            one.attempts[-1] = verdict.outcome
            one.state = one.after(verdict)
            assert done.state is one.state
            if one.state is S.RETRYING:
                one.available = self.now + DELAY
        if twice:
            assert self.work.conclude(claim, SUCCESS) is None

    @rule()
    def the_engine_dies(self) -> None:
        running = [m for m in self.model.values() if m.state is S.RUNNING]
        assert {o.run_id for o in self.work.read(claims.orphans)} == {m.id for m in running}
        assert {run.id for run in self.work.rescue()} == {m.id for m in running}
        died = Verdict(Outcome.INTERRUPTED, Reason.INTERRUPTED)
        for one in running:
            one.attempts[-1] = Outcome.INTERRUPTED
            one.state = one.after(died)

    # -- always -------------------------------------------------------------------

    @invariant()
    def runs_are_as_expected(self) -> None:
        runs = {run.id: run for run in self.work.runs()}
        assert runs.keys() == self.model.keys(), "none is lost, none is made up"
        for run_id, one in self.model.items():
            run = runs[run_id]
            assert run.state is one.state
            assert (run.attempt, run.uncounted) == (len(one.attempts), one.uncounted)
            assert (run.finished_at is not None) == (one.state in FINISHED)
            assert (run.replayed_by is not None) == one.replayed
            attempts = self.work.attempts(run_id)
            assert [a.number for a in attempts] == list(range(1, len(attempts) + 1))
            assert [a.outcome for a in attempts] == one.attempts

    @invariant()
    def counts_are_as_expected(self) -> None:
        for queue in self.work.read(queues.all_queues):
            mine = [m for m in self.model.values() if m.queue == queue.name]
            for state in (S.QUEUED, S.RUNNING, S.RETRYING, S.SCHEDULED):
                assert getattr(queue, state) == sum(m.state is state for m in mine)
            assert queue.dead == sum(m.state is S.DEAD and not m.replayed for m in mine)
        unfinished = any(m.state not in FINISHED for m in self.model.values())
        assert self.work.read(claims.anything_unfinished) is unfinished


TestStoreAndModel = StoreAndModel.TestCase
TestStoreAndModel.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
