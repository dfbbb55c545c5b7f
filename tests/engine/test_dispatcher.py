from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from jobdesk.clock import SystemClock
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import EngineSettings
from jobdesk.engine import dispatcher as dispatcher_module
from jobdesk.engine.attempt import Attempts
from jobdesk.engine.dispatcher import Dispatcher
from jobdesk.engine.runners.base import Assignment, Sink, StopToken, stopped_verdict
from jobdesk.engine.runners.steps import BLOCK, Steps
from jobdesk.engine.secrets import Secrets
from jobdesk.store import logs
from jobdesk.store.database import Database
from jobdesk.vault import Vault
from tests.support.clock import ManualClock
from tests.support.samples import FAILURE, NO_RETRY, NO_WAIT, SUCCESS
from tests.support.work import Work

PATIENCE = 20.0
Script = Callable[[Assignment, Sink, StopToken], Verdict]


class Interrupted(threading.Event):
    """An event before whose clearing, once, somebody else gets his turn."""

    def __init__(self) -> None:
        super().__init__()
        self.first: Callable[[], None] | None = None

    def clear(self) -> None:
        first, self.first = self.first, None
        if first is not None:
            first()
        super().clear()


class Actor:
    """A runner that does what the shell line of an action names."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {
            "succeed": lambda *_: SUCCESS,
            "fail": lambda *_: FAILURE,
        }
        self.seen: list[Assignment] = []
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()
        self.scripts["wait"] = self._wait

    def steps(
        self, action: ScriptAction, assignment: Assignment, sink: Sink, stop: StopToken
    ) -> Steps[Verdict]:
        yield BLOCK
        self.seen.append(assignment)
        return self.scripts[str(action.shell)](assignment, sink, stop)

    def _wait(self, assignment: Assignment, sink: Sink, stop: StopToken) -> Verdict:
        """Until it is told to go on, or to end."""
        remove = stop.on_request(self.go.set)
        self.begun.release()
        assert self.go.wait(PATIENCE)
        remove()
        return stopped_verdict(stop.cause) if stop.cause else SUCCESS

    def wait_begun(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.begun.acquire(timeout=PATIENCE)


class Floor:
    """A dispatcher at work on a database."""

    def __init__(self, work: Work, slots: int = 8) -> None:
        self.work, self.actor, self.slots = work, Actor(), slots
        self.attempts = Attempts(
            work.db.writer,
            work.clock,
            "desk",
            self.actor,
            self.actor,  # type: ignore[arg-type]
            EngineSettings,
            random.Random(1),
            Secrets(Vault.open(work.db.home), work.db, work.clock, EngineSettings),
        )
        self.dispatcher = Dispatcher(work.db, work.clock, self.attempts, lambda: self.slots)
        self._ended = threading.Condition()
        work.db.changes._listeners.append(self._heard)
        self.stopped = False

    def _heard(self, topics: frozenset[str]) -> None:
        if "runs" in topics or "queues" in topics:
            self.dispatcher.wake()
        with self._ended:
            self._ended.notify_all()

    def push(self, what: str, **values: object) -> int:
        return self.work.push(action=ScriptAction(shell=what), **values)

    def wait_for(self, run_id: int, state: RunState) -> None:
        with self._ended:
            assert self._ended.wait_for(lambda: self.work.run(run_id).state is state, PATIENCE), (
                self.work.run(run_id)
            )

    def stop(self, grace: float = 0.0) -> None:
        if not self.stopped:
            self.stopped = True
            self.dispatcher.stop(grace)
            self.attempts.close()


@pytest.fixture
def floor(work: Work) -> Iterator[Floor]:
    floor = Floor(work)
    floor.dispatcher.start()
    yield floor
    floor.actor.go.set()
    floor.stop()


def test_a_push_is_run(floor: Floor, work: Work) -> None:
    run_id = floor.push("succeed", timeout=7)
    floor.wait_for(run_id, RunState.SUCCEEDED)
    (seen,) = floor.actor.seen
    assert (seen.run_id, seen.attempt, seen.timeout) == (run_id, 1, 7)
    assert seen.key == seen.idempotency_key == f"desk-{run_id}"
    (attempt,) = work.attempts(run_id)
    assert seen.cookie == f"desk:{attempt.id}"


def test_retries_without_a_pause_are_claimed_again_and_again(floor: Floor, work: Work) -> None:
    run_id = floor.push("fail", retry=NO_WAIT)
    floor.wait_for(run_id, RunState.DEAD)
    assert [a.number for a in work.attempts(run_id)] == [1, 2, 3, 4]
    assert {seen.idempotency_key for seen in floor.actor.seen} == {f"desk-{run_id}"}
    assert len({seen.cookie for seen in floor.actor.seen}) == 4
    assert floor.attempts.died == 1


def test_as_many_at_once_as_there_are_slots(work: Work) -> None:
    floor = Floor(work, slots=3)
    ids = [floor.push("wait") for _ in range(5)]
    floor.dispatcher.start()
    floor.actor.wait_begun(3)
    states = [work.run(i).state for i in ids]
    assert states == [RunState.RUNNING] * 3 + [RunState.QUEUED] * 2
    assert floor.dispatcher.running == 3
    floor.actor.go.set()
    for run_id in ids:
        floor.wait_for(run_id, RunState.SUCCEEDED)
    floor.stop()


def test_cancelled_while_it_runs(floor: Floor, work: Work) -> None:
    run_id = floor.push("wait")
    floor.actor.wait_begun()
    work.cancel(run_id)
    floor.wait_for(run_id, RunState.CANCELLED)
    (attempt,) = work.attempts(run_id)
    assert attempt.outcome is Outcome.CANCELLED


def test_a_graceful_stop_gives_back_what_it_interrupts(floor: Floor, work: Work) -> None:
    run_id = floor.push("wait", retry=NO_RETRY)
    floor.actor.wait_begun()
    floor.stop(grace=0.05)
    run = work.run(run_id)
    assert (run.state, run.uncounted, run.attempts_allowed) == (RunState.QUEUED, 1, 2)
    assert work.attempts(run_id)[0].outcome is Outcome.INTERRUPTED


def test_a_stop_waits_for_short_work_and_not_longer(floor: Floor, work: Work) -> None:
    run_id = floor.push("wait")
    floor.actor.wait_begun()
    late = floor.push("succeed")
    stopper = threading.Thread(target=floor.stop, args=(PATIENCE,))
    floor.slots = 0
    stopper.start()
    floor.actor.go.set()
    stopper.join(5)
    assert not stopper.is_alive(), "it does not wait out its grace"
    assert work.run(run_id).state is RunState.SUCCEEDED
    assert work.run(late).state in (RunState.QUEUED, RunState.SUCCEEDED)


def test_a_defect_of_a_runner_is_an_engine_error(floor: Floor, work: Work) -> None:
    def breaks(*_: object) -> Verdict:
        raise ZeroDivisionError("oh no\nmore")

    floor.actor.scripts["break"] = breaks
    run_id = floor.push("break", retry=NO_RETRY)
    floor.wait_for(run_id, RunState.DEAD)
    run = work.run(run_id)
    assert (run.reason, run.error) == (Reason.ENGINE_ERROR, "oh no")


def test_a_run_that_cannot_be_read_dies_and_the_others_run(floor: Floor, work: Work) -> None:
    work.set_queue("held", paused=True)
    bad = floor.push("succeed", queue="held")
    work.sql(f"UPDATE runs SET spec = 'gibberish' WHERE id = {bad}")
    good = floor.push("succeed", queue="held")
    work.set_queue("held", paused=False)
    floor.wait_for(good, RunState.SUCCEEDED)
    floor.wait_for(bad, RunState.DEAD)
    assert work.run(bad).reason is Reason.ENGINE_ERROR
    assert len(work.attempts(bad)) == 1


def test_the_log_comes_with_the_end(floor: Floor, work: Work) -> None:
    def speaks(assignment: Assignment, sink: Sink, stop: StopToken) -> Verdict:
        sink.system("it begins")
        sink.write(Stream.STDOUT, b"hello\n")
        sink.write(Stream.STDERR, b"oops\n")
        return FAILURE

    floor.actor.scripts["speak"] = speaks
    run_id = floor.push("speak", retry=NO_RETRY)
    floor.wait_for(run_id, RunState.DEAD)
    (attempt,) = work.attempts(run_id)
    chunks = work.read(lambda conn: list(logs.read(conn, attempt.id)))
    assert [(c.stream, c.data) for c in chunks] == [
        (Stream.SYSTEM, b"it begins\n"),
        (Stream.STDOUT, b"hello\n"),
        (Stream.STDERR, b"oops\n"),
    ]


def test_a_long_attempt_is_heard_of_before_its_end(floor: Floor, work: Work) -> None:
    def speaks(assignment: Assignment, sink: Sink, stop: StopToken) -> Verdict:
        sink.write(Stream.STDOUT, b"hello\n")
        assignment.on_spawn(4711, 12.5)
        return floor.actor._wait(assignment, sink, stop)

    floor.actor.scripts["speak"] = speaks
    heard = threading.Event()
    work.db.changes._listeners.append(
        lambda topics: heard.set() if f"log:{run_id}" in topics else None
    )
    run_id = work.runs()[0].id + 1 if work.runs() else 1
    assert floor.push("speak") == run_id
    assert heard.wait(PATIENCE)
    (attempt,) = work.attempts(run_id)
    assert [c.data for c in work.read(lambda c: list(logs.read(c, attempt.id)))] == [b"hello\n"]
    with work.db.reading() as conn:
        row = conn.exec_driver_sql("SELECT pid, pid_started FROM attempts").one()
    assert tuple(row) == (4711, 12.5)


def test_idle_is_when_nothing_is_left(floor: Floor, work: Work) -> None:
    assert floor.dispatcher.idle.wait(PATIENCE)
    floor.dispatcher.idle.clear()
    run_id = floor.push("wait")
    floor.actor.wait_begun()
    floor.dispatcher.wake()
    assert not floor.dispatcher.idle.wait(0.1)
    floor.actor.go.set()
    floor.wait_for(run_id, RunState.SUCCEEDED)
    assert floor.dispatcher.idle.wait(PATIENCE)


class RealClock(ManualClock):
    def now(self) -> datetime:
        return datetime.now(UTC)


def test_what_is_due_later_is_run_then(db: Database) -> None:
    work = Work(db, RealClock())
    floor = Floor(work)
    floor.dispatcher.start()
    run_id = floor.push("succeed", delay=0.3)
    assert work.run(run_id).state is RunState.SCHEDULED
    floor.wait_for(run_id, RunState.SUCCEEDED)
    run = work.run(run_id)
    assert run.started_at is not None
    assert 0 <= (run.started_at - run.due_at).total_seconds() < 10
    assert SystemClock().now() >= run.started_at
    floor.stop()


def test_an_error_of_ours_does_not_end_the_dispatcher(
    work: Work, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatcher_module, "_AFTER_TROUBLE", 0.01)
    floor = Floor(work)
    real, failed = floor.dispatcher._look, threading.Event()

    def once() -> float:
        if not failed.is_set():
            failed.set()
            raise ZeroDivisionError
        return real()

    monkeypatch.setattr(floor.dispatcher, "_look", once)
    floor.dispatcher.start()
    run_id = floor.push("succeed")
    floor.wait_for(run_id, RunState.SUCCEEDED)
    assert "nothing new is started" in caplog.text
    floor.stop()


def test_a_stop_that_comes_between_two_rounds_is_not_slept_over(work: Work) -> None:
    floor = Floor(work)
    dispatcher = floor.dispatcher
    wake = dispatcher._wake = Interrupted()

    def stop() -> None:
        dispatcher._stopping.set()
        dispatcher._wake.set()

    wake.first = stop
    dispatcher.start()
    dispatcher._thread.join(PATIENCE)
    assert not dispatcher._thread.is_alive()
    floor.attempts.close()
