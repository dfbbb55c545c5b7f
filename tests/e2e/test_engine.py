"""Engines that start, stop, are killed, and come back."""

from __future__ import annotations

import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from jobdesk import Cron, Desk, RetryPolicy, ScriptAction
from jobdesk.desk.desk import find_database_url
from jobdesk.domain.run import Run, RunState
from tests.support.command import command, finish, serving, started

SLEEP = ScriptAction([sys.executable, "-c", "import time; time.sleep(600)"])
ONCE = RetryPolicy(retries=0)


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


def _until(desk: Desk, true: Callable[[], object]) -> None:
    """Look whenever something changed, until ``true``."""
    look = threading.Event()
    stop = desk.listen(lambda topics: look.set())
    try:
        for _ in range(300):
            look.clear()
            if true():
                return
            look.wait(0.1)
    finally:
        stop()
    raise AssertionError("it did not come to that in half a minute")


def _running(desk: Desk, run: Run) -> bool:
    return desk.run(run.id).state is RunState.RUNNING


def _sleepers(of: int) -> list[psutil.Process]:
    children = psutil.Process(of).children(recursive=True)
    return [one for one in children if "time.sleep(600)" in " ".join(one.cmdline())]


def _gone(process: psutil.Process) -> bool:
    """Ended, though perhaps not yet taken note of by whoever inherited it."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_the_order_of_a_hundred(desk: Desk, own_home: Path, tmp_path: Path) -> None:
    log = tmp_path / "order"
    script = f"open({str(log)!r}, 'a').write(__import__('os').environ['JOBDESK_RUN_ID'] + '\\n')"
    # Without site-packages an interpreter starts quickly enough for a hundred.
    action = ScriptAction([sys.executable, "-I", "-S", "-c", script])
    low = desk.push_many([action] * 50, priority=-1)
    late = desk.push_many([action] * 20, at="2002-01-01")
    early = desk.push_many([action] * 20, at="2001-01-01")
    high = desk.push_many([action] * 10, priority=5)
    assert command(own_home, "serve", "--until-idle", "--workers", "4").code == 0
    wanted = [*high, *early, *late, *low]
    runs = sorted(
        desk.runs(limit=200), key=lambda r: (r.attempt_started_at, wanted.index(r.id))
    )  # claimed together have the same start
    assert [run.id for run in runs] == wanted
    assert {run.state for run in runs} == {RunState.SUCCEEDED}
    assert sorted(map(int, log.read_text().split())) == sorted(wanted), "each ran once"


def test_until_idle_is_0_or_1_and_does_not_wait_for_paused_queues(
    desk: Desk, own_home: Path
) -> None:
    desk.push(SLEEP, queue="later")
    desk.pause_queue("later")
    desk.add_job("often", SLEEP, trigger=Cron("0 0 1 1 *"))
    assert command(own_home, "serve", "--until-idle").code == 0
    desk.push(ScriptAction([sys.executable, "-c", "raise SystemExit(1)"]), retry=ONCE)
    assert command(own_home, "serve", "--until-idle").code == 1
    assert command(own_home, "serve", "--until-idle").code == 0


def test_until_idle_waits_for_what_is_scheduled(desk: Desk, own_home: Path) -> None:
    run = desk.push(ScriptAction([sys.executable, "-c", ""]), delay=1.5)
    assert command(own_home, "serve", "--until-idle").code == 0
    assert desk.run(run.id).state is RunState.SUCCEEDED


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_graceful_stop_gives_runs_back_uncounted(desk: Desk, own_home: Path) -> None:
    desk.save_settings(desk.settings().model_copy(update={"stop_grace": 0.2}))
    run = desk.push(SLEEP, retry=ONCE)
    with serving(own_home) as engine:
        _until(desk, lambda: _sleepers(engine.pid))
        (sleeper,) = _sleepers(engine.pid)
        engine.send_signal(signal.SIGTERM)
        assert finish(engine).code == 0
    back = desk.run(run.id)
    assert (back.state, back.attempt, back.uncounted) == (RunState.QUEUED, 1, 1)
    (attempt,) = desk.attempts(run.id)
    assert (attempt.outcome, attempt.reason) == ("interrupted", "interrupted")
    assert _gone(sleeper)
    assert desk.engine() is None
    with serving(own_home):
        _until(desk, lambda: _running(desk, run))
        assert desk.run(run.id).attempt == 2
        desk.cancel([run.id])
        assert desk.wait(run.id, timeout=30).state is RunState.CANCELLED


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_engine_is_survived_and_the_attempt_counted(desk: Desk, own_home: Path) -> None:
    run = desk.push(SLEEP, retry=RetryPolicy(retries=1))
    engine = started(own_home)
    _until(desk, lambda: _sleepers(engine.pid))
    (sleeper,) = _sleepers(engine.pid)
    engine.kill()
    finish(engine)
    assert desk.run(run.id).state is RunState.RUNNING
    assert desk.engine() is None
    with serving(own_home):
        _until(desk, lambda: desk.run(run.id).attempt == 2 and _running(desk, run))
        assert _gone(sleeper)
        outcomes = [attempt.outcome for attempt in desk.attempts(run.id)]
        assert outcomes == ["interrupted", None]
        assert desk.run(run.id).uncounted == 0
        desk.cancel([run.id])
        desk.wait(run.id, timeout=30)


def test_a_desk_can_stop_the_engine(desk: Desk, own_home: Path) -> None:
    assert desk.stop_engine() is False
    with serving(own_home) as engine:
        assert desk.stop_engine() is True
        assert finish(engine).code == 0


def test_cron_with_seconds_fires_through_the_table_of_apscheduler(
    desk: Desk, own_home: Path
) -> None:
    desk.add_job("tick", ScriptAction([sys.executable, "-c", ""]), trigger=Cron("* * * * * *"))
    file = find_database_url(own_home).removeprefix("sqlite:///")
    with serving(own_home):
        _until(desk, lambda: len(desk.runs()) >= 2)
        with closing(sqlite3.connect(file)) as peek:
            entries = peek.execute("SELECT id, next_run_time FROM apscheduler_jobs").fetchall()
        assert len(entries) == 1
        desk.enable_job("tick", False)
        with closing(sqlite3.connect(file)) as peek:
            count = "SELECT count(*) FROM apscheduler_jobs"
            _until(desk, lambda: peek.execute(count).fetchone() == (0,))
    runs = desk.runs()
    assert {run.origin for run in runs} == {"trigger"}
    assert len({run.due_at for run in runs}) == len(runs), "no fire made two runs"
    assert all(run.due_at.microsecond == 0 for run in runs)


def test_a_job_added_while_the_engine_runs_fires(desk: Desk, own_home: Path) -> None:
    with serving(own_home):
        args = ("--every", "1s", "--", sys.executable, "-c", "")
        assert command(own_home, "job", "add", "new", *args).code == 0
        _until(desk, lambda: desk.runs())
        assert command(own_home, "job", "remove", "new").code == 0
    assert desk.runs()[0].job == "new"
