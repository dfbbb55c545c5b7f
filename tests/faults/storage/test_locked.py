"""Another program keeps the database locked for longer than anybody is patient."""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from jobdesk import Desk, Every, ScriptAction
from jobdesk.clock import SystemClock
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.run import RunState
from jobdesk.engine.engine import Engine
from jobdesk.store import database
from jobdesk.store.database import default_url
from tests.faults.storage.disks import PATIENCE, Gated, until
from tests.support.command import command, finish, started

LOCKED = "kept it locked for too long"
TRUE = ScriptAction([sys.executable, "-I", "-S", "-c", ""])


@contextmanager
def locked(home: Path, kind: str = "IMMEDIATE") -> Iterator[None]:
    conn = sqlite3.connect(home / "jobdesk.db", isolation_level=None, timeout=PATIENCE)
    conn.execute(f"BEGIN {kind}")
    try:
        yield
    finally:
        conn.execute("ROLLBACK")
        conn.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody in this process is as patient as usual."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.4)
    monkeypatch.setattr(database, "_BUSY_STEP", 0.1)
    monkeypatch.setattr(database, "_BUSY_TIMETABLE", 0.1)


@pytest.mark.parametrize(
    "kind", ["IMMEDIATE", pytest.param("EXCLUSIVE", marks=pytest.mark.slow_fault)]
)
def test_it_is_waited_out(hasty: None, own_home: Path, gated: Gated, kind: str) -> None:
    with Desk.open(own_home) as desk:
        engine = Engine(default_url(own_home), own_home, SystemClock(), origin="terminal")
        engine.start()
        try:
            desk.add_job("tick", TRUE, trigger=Every("1s"))
            run = desk.push(gated.action)
            until(lambda: gated.times, "the script runs")
            with locked(own_home, kind):
                gated.let_go()
                until(lambda: LOCKED in _trouble(desk), "the engine says so")
                with pytest.raises(Unavailable, match=LOCKED):
                    desk.push(TRUE)
                assert desk.run(run.id).state is RunState.RUNNING, "reads go on"
            assert desk.wait(run.id, timeout=PATIENCE).state is RunState.SUCCEEDED
            until(lambda: not _trouble(desk), "the trouble is over")
            last = desk.push(TRUE)
            assert desk.wait(last.id, timeout=PATIENCE).state is RunState.SUCCEEDED
            newest = desk.job("tick").last_run
            until(lambda: desk.job("tick").last_run != newest, "the timetable goes on")
        finally:
            engine.stop()
        assert [one.outcome for one in desk.attempts(run.id)] == ["succeeded"]
    assert gated.times == 1


def _trouble(desk: Desk) -> str:
    health = desk.engine_health()
    return (health.trouble if health else None) or ""


@pytest.mark.slow_fault
def test_who_is_patient_gets_his_turn(desk: Desk, own_home: Path) -> None:
    """A lock of two seconds is no reason to refuse anything, nor to trouble anybody."""
    with ExitStack() as held:
        held.enter_context(locked(own_home))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(lambda: desk.push(TRUE).id)
            time.sleep(2.5)
            assert not waiting.done()
            held.close()
            assert waiting.result(PATIENCE) == 1


@pytest.mark.slow_fault
def test_a_stop_while_it_is_locked(desk: Desk, own_home: Path, gated: Gated) -> None:
    """It ends in time; what couldn't be stored is rescued by the next start, and counted."""
    desk.save_settings(desk.settings().model_copy(update={"stop_grace": 0.2}))
    desk.add_job("tick", TRUE, trigger=Every("1s"))
    desk.pause_queue("default")  # so that only its fires are in the way
    engine = started(own_home)
    run = desk.push(gated.action, queue="other")
    until(lambda: gated.times, "the script runs")
    with locked(own_home):
        gated.let_go()
        time.sleep(1.0)  # a fire, at least, is waiting for the lock
        began = time.monotonic()
        engine.send_signal(signal.SIGTERM)
        assert finish(engine).code == 0
        took = time.monotonic() - began
    assert took < 0.2 + 5
    assert f"how run {run.id} ended could not be stored" in (own_home / "engine.log").read_text()
    assert desk.run(run.id).state is RunState.RUNNING
    desk.remove_job("tick")
    assert command(own_home, "serve", "--until-idle").code in (0, 1)
    assert desk.attempts(run.id)[0].outcome == "interrupted"
    assert desk.run(run.id).uncounted == 0


@pytest.mark.slow_fault
def test_a_stop_waits_as_long_as_it_may_for_the_lock(
    desk: Desk, own_home: Path, gated: Gated
) -> None:
    """What ended meanwhile is stored if the lock is gone before the stop must be over."""
    desk.save_settings(desk.settings().model_copy(update={"stop_grace": 0.2}))
    engine = started(own_home)
    run = desk.push(gated.action)
    until(lambda: gated.times, "the script runs")
    with locked(own_home):
        engine.send_signal(signal.SIGTERM)
        time.sleep(2.2)
    assert finish(engine).code == 0
    assert desk.attempts(run.id)[0].outcome == "interrupted"
    assert desk.run(run.id).uncounted == 1
