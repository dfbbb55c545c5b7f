"""Graceful stops, with everything under way that doesn't want to end."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobdesk import Desk, HttpAction, RetryPolicy, ScriptAction
from tests.faults.crash.scene import Scene
from tests.support.command import PATIENCE, environment, finish, started

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

ONCE = RetryPolicy(retries=0)
EXTRA = 5.0
"""Seconds after its grace within which an engine has ended: a promise."""

STUBBORN = "trap '' TERM; echo up >&2; sleep 600 & while :; do sleep 0.5; done"
FLOOD = "echo up >&2; exec cat /dev/zero"
LEAVES = "setsid sh -c 'trap \"\" TERM; sleep 600; sleep 600' & echo up >&2; sleep 600"


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def said(home: Path, words: str) -> bool:
    return words in (home / "engine.log").read_text()


def graces(desk: Desk, **values: float) -> None:
    desk.save_settings(desk.settings().model_copy(update=values))


def push_all(desk: Desk, silent: str, *lines: str) -> list[int]:
    """Push them, and wait until all of them are under way."""
    ids = [desk.push(ScriptAction(shell=line), retry=ONCE).id for line in lines]
    call = desk.push(HttpAction("GET", silent), timeout=600, retry=ONCE).id
    return [*ids, call]


def all_up(desk: Desk, ids: list[int]) -> bool:
    if any(desk.run(run_id).state != "running" for run_id in ids):
        return False
    return all(any(c.data == b"up\n" for c in desk.log(i, stream="stderr")) for i in ids[:-1])


def given_back(desk: Desk, ids: list[int]) -> None:
    for run_id in ids:
        run = desk.run(run_id)
        assert (run.state, run.attempt, run.uncounted) == ("queued", 1, 1)
        (attempt,) = desk.attempts(run_id)
        assert (attempt.outcome, attempt.reason) == ("interrupted", "interrupted")
        assert attempt.finished_at is not None


def test_nothing_holds_up_a_stop(desk: Desk, own_home: Path, silent: str, tmp_path: Path) -> None:
    graces(desk, stop_grace=0.3, kill_grace=600.0)
    engine = started(own_home)
    ids = push_all(desk, silent, STUBBORN, FLOOD, LEAVES)
    # One of them is being cancelled, with ten minutes to end: there is no time for that now.
    slow = desk.push(ScriptAction(shell=STUBBORN), retry=ONCE).id
    until(lambda: all_up(desk, ids) and desk.run(slow).state == "running", "not all are up")
    until(lambda: any(c.data == b"up\n" for c in desk.log(slow, stream="stderr")), "not up")
    desk.cancel([slow])
    until(lambda: any(b"SIGTERM" in c.data for c in desk.log(slow, stream="system")), "no TERM")
    asked = time.monotonic()
    engine.send_signal(signal.SIGTERM)
    assert finish(engine).code == 0
    assert time.monotonic() - asked < 0.3 + EXTRA
    given_back(desk, ids)
    assert desk.run(slow).state == "cancelled"
    assert desk.interruption() is None, "nobody is told of a crash"
    assert Scene(desk, tmp_path / "none").leftovers() == []


def test_short_work_is_let_finish_and_nothing_new_is_begun(desk: Desk, own_home: Path) -> None:
    graces(desk, stop_grace=60.0, workers=1)
    engine = started(own_home)
    first = desk.push(ScriptAction(shell="echo up >&2; sleep 1"), retry=ONCE).id
    until(lambda: desk.run(first).state == "running", "it was not begun")
    engine.send_signal(signal.SIGINT)
    until(lambda: said(own_home, "engine stopping"), "it has not heard")
    second = desk.push(ScriptAction(["true"]), retry=ONCE).id
    assert finish(engine).code == 0
    assert desk.run(first).state == "succeeded"
    assert (desk.run(second).state, desk.run(second).attempt) == ("queued", 0)


def test_a_second_signal_cuts_the_grace_short(desk: Desk, own_home: Path) -> None:
    graces(desk, stop_grace=600.0)
    engine = started(own_home)
    run = desk.push(ScriptAction(["/bin/sleep", "600"]), retry=ONCE)
    until(lambda: desk.run(run.id).state == "running", "it was not begun")
    engine.send_signal(signal.SIGINT)
    until(lambda: said(own_home, "engine stopping"), "it has not heard")
    asked = time.monotonic()
    engine.send_signal(signal.SIGINT)
    assert finish(engine).code == 0
    assert time.monotonic() - asked < EXTRA
    given_back(desk, [run.id])


def test_a_terminal_that_is_closed(desk: Desk, own_home: Path) -> None:
    ours, theirs = pty.openpty()
    engine = _on_terminal(own_home, theirs, [])
    os.close(theirs)
    until(lambda: desk.engine() is not None and desk.engine().address, "no engine")  # type: ignore[union-attr]
    os.close(ours)
    assert engine.wait(PATIENCE) == 0
    assert said(own_home, "engine stopped")
    assert desk.engine() is None


def test_a_terminal_that_is_closed_on_nohup(desk: Desk, own_home: Path) -> None:
    ours, theirs = pty.openpty()
    engine = _on_terminal(own_home, theirs, ["nohup"])
    os.close(theirs)
    until(lambda: desk.engine() is not None and desk.engine().address, "no engine")  # type: ignore[union-attr]
    os.close(ours)
    run = desk.push(ScriptAction(["true"]), retry=ONCE)
    assert desk.wait(run.id, timeout=PATIENCE).state == "succeeded"
    engine.terminate()
    assert engine.wait(PATIENCE) == 0


_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def _on_terminal(home: Path, terminal: int, prefix: list[str]) -> subprocess.Popen[bytes]:
    """An engine in a session of its own, on its terminal, as a person would start it."""
    engine = [*prefix, sys.executable, "-m", "jobdesk", "serve"]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _TERMINAL, *engine],
        env=environment(home),
        cwd=home,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )


@pytest.mark.slow_fault
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["SIGTERM", "stop_engine"])
def test_sixty_four_that_trap_term(desk: Desk, own_home: Path, tmp_path: Path, how: str) -> None:
    graces(desk, stop_grace=1.0, workers=64)
    up = tmp_path / "up"
    line = f"trap '' TERM; echo >> {up}; sleep 600 & while :; do sleep 0.5; done"
    engine = started(own_home)
    ids = desk.push_many([ScriptAction(shell=line)] * 64, retry=ONCE)
    until(lambda: up.exists() and up.stat().st_size >= 64, "not all are up")
    asked = time.monotonic()
    if how == "SIGTERM":
        engine.send_signal(signal.SIGTERM)
    else:
        assert desk.stop_engine()
    assert finish(engine).code == 0
    assert time.monotonic() - asked < 1.0 + EXTRA
    given_back(desk, ids)
    assert Scene(desk, tmp_path / "none").leftovers() == []
