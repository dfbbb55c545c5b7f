"""Process trees that don't want to be ended, beyond those of the runner's own tests."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.engine.runners.base import GRACE_AT_STOP, StopCause
from jobdesk.engine.runners.census import Census, Look
from jobdesk.engine.runners.process_tree import find_by_cookie
from tests.engine.runners.conftest import Start, is_alive
from tests.engine.runners.test_process_tree import STUBBORN, pids_in, write_daemon

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="marks, and scripts of a POSIX shell"),
]

RESPAWN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end = time.monotonic() + 20

def note():
    with open({pids!r}, "a") as file:
        file.write(f"{{os.getpid()}}\\n")

def guard():
    # Whoever of the two is killed is started again by the other, in a session of its own.
    os.setsid()
    note()
    while time.monotonic() < end:
        child = os.fork()
        if child == 0:
            watched = os.getppid()
            os.setsid()
            note()
            while os.getppid() == watched and time.monotonic() < end:
                time.sleep(0.002)
            guard()
            os._exit(0)
        os.waitpid(child, 0)

if os.fork() == 0:
    guard()
    os._exit(0)
print("ready", flush=True)
time.sleep(20)
"""
"""Bounded, so that a test that fails leaves nothing for longer than 20 s."""

CASES = {
    "everybody stops": (
        "sh -c 'echo $$ >> PIDS; kill -STOP $$; sleep 60' & "
        "sleep 0.1; echo $$ >> PIDS; echo ready; kill -STOP 0; sleep 60"
    ),
    "zombies that nobody waits for": (
        "exec PYTHON -S -c '"
        "import os, time\n"
        "for _ in range(20):\n"
        "    if os.fork() == 0: os._exit(0)\n"
        'print("ready", flush=True)\n'
        "time.sleep(60)'"
    ),
    "its first thread ends before the others": (
        "echo $$ >> PIDS; exec PYTHON -S -c '"
        "import ctypes, threading, time\n"
        "threading.Thread(target=time.sleep, args=(20,)).start()\n"
        'print("ready", flush=True)\n'
        "ctypes.CDLL(None).pthread_exit(None)'"
    ),
    "a child whose first thread ends before the others": (
        "setsid env -i PYTHON -S -c '"
        "import ctypes, os, threading, time\n"
        'with open("\'PIDS\'", "a") as file: print(os.getpid(), file=file)\n'
        "threading.Thread(target=time.sleep, args=(20,)).start()\n"
        'print("ready", flush=True)\n'
        "ctypes.CDLL(None).pthread_exit(None)' & sleep 60"
    ),
    "ends well on TERM": (
        "trap 'exit 0' TERM; echo $$ >> PIDS; echo ready; while :; do sleep 0.05; done"
    ),
    "forks and exits, its child holds the pipe and traps TERM": (
        "(trap '' TERM; echo ready; while :; do sleep 0.05; done) & sleep 60"
    ),
}


def line_of(case: str, tmp_path: Path) -> tuple[str, Path]:
    pids = tmp_path / "pids"
    if case == "daemon":
        return write_daemon(tmp_path, parent=60)
    if case == "respawns":
        script = tmp_path / "respawn.py"
        script.write_text(RESPAWN.format(pids=str(pids)))
        pids.touch()
        return f"exec '{sys.executable}' -S '{script}'", pids
    pids.touch()
    line = {**STUBBORN, **CASES}[case].replace("PYTHON", shlex.quote(sys.executable))
    # Some lines have a part in single quotes already.
    return line.replace("PIDS", f'"{pids}"'), pids


def nothing_left(pids: Path, cookie: str) -> None:
    assert [pid for pid in pids_in(pids) if is_alive(pid)] == []
    assert find_by_cookie(cookie) == []
    zombies = [p for p in psutil.Process().children() if p.status() == psutil.STATUS_ZOMBIE]
    assert zombies == []


def cookie_for(case: str) -> str:
    return f"jobdesk-test:{case}:{os.getpid()}"


@pytest.mark.parametrize("case", [*CASES, "respawns"])
def test_cancel_ends_everything(start: Start, tmp_path: Path, case: str) -> None:
    line, pids = line_of(case, tmp_path)
    going = start(line, grace=0.3, cookie=cookie_for(case))
    going.sink.wait_for(b"ready")
    going.stop.request(StopCause.CANCELLED)
    verdict = going.verdict()
    assert (verdict.outcome, verdict.reason) == (Outcome.CANCELLED, Reason.CANCELLED)
    nothing_left(pids, cookie_for(case))


SOME = ("everybody stops", "respawns")
OTHERS = [
    case
    for case in (*STUBBORN, *CASES, "daemon")
    if case not in (*SOME, "traps TERM", "stops itself", "setsid child")
]


def end_by_timeout(start: Start, tmp_path: Path, case: str) -> None:
    line, pids = line_of(case, tmp_path)
    going = start(line, grace=0.2, timeout=1.0, cookie=cookie_for(case))
    verdict = going.verdict()
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.TIMEOUT)
    assert verdict.error == "timed out after 1s"
    nothing_left(pids, cookie_for(case))


@pytest.mark.parametrize("case", SOME)
def test_timeout_ends_everything(start: Start, tmp_path: Path, case: str) -> None:
    end_by_timeout(start, tmp_path, case)


@pytest.mark.slow_fault
@pytest.mark.parametrize("case", OTHERS)
def test_timeout_ends_the_others_too(start: Start, tmp_path: Path, case: str) -> None:
    end_by_timeout(start, tmp_path, case)


@pytest.mark.parametrize("timeout", [None, 0.1])
def test_an_end_that_races_has_one_reason(start: Start, timeout: float | None) -> None:
    """The script ends by itself just as it is cancelled, or its time is up."""
    seen = set()
    for number in range(16):
        code = f"import time; time.sleep({0.09 + number * 0.002}); raise SystemExit(3)"
        action = ScriptAction([sys.executable, "-I", "-S", "-c", code])
        going = start(action, timeout=timeout)
        if timeout is None:
            time.sleep(0.12)
            going.stop.request(StopCause.CANCELLED)
        verdict = going.verdict()
        seen.add(verdict.reason)
        if verdict.reason is Reason.EXIT_CODE:
            assert (verdict.outcome, verdict.exit_code) == (Outcome.FAILED, 3)
            assert verdict.error == "exit code 3"
        elif timeout is None:
            assert (verdict.outcome, verdict.reason) == (Outcome.CANCELLED, Reason.CANCELLED)
        else:
            assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.TIMEOUT)
    assert seen


def test_the_first_cause_is_the_reason(start: Start) -> None:
    going = start("trap '' TERM; echo ready; while :; do sleep 0.05; done", timeout=0.5, grace=1)
    going.sink.wait_for(b"sent SIGTERM", stream=Stream.SYSTEM)
    going.stop.request(StopCause.CANCELLED)
    assert going.verdict().reason is Reason.TIMEOUT


@pytest.mark.parametrize("first", [StopCause.CANCELLED, None])
def test_an_engine_that_stops_does_not_wait_for_a_long_grace(
    start: Start, tmp_path: Path, first: StopCause | None
) -> None:
    """Neither of a cancel, nor of what a script that has ended left behind."""
    pids = tmp_path / "pids"
    stubborn = f"trap '' TERM; echo $$ >> '{pids}'; echo ready; while :; do sleep 0.05; done"
    going = start(stubborn if first else f"({stubborn}) & sleep 0.3; exit 0", grace=600)
    going.sink.wait_for(b"ready")
    if first:
        going.stop.request(first)
    going.sink.wait_for(b"sent SIGTERM", stream=Stream.SYSTEM)
    asked = time.monotonic()
    going.stop.request(StopCause.INTERRUPTED)
    verdict = going.verdict(30)
    assert time.monotonic() - asked < GRACE_AT_STOP + 2
    assert verdict.outcome is (Outcome.CANCELLED if first else Outcome.SUCCEEDED)
    assert verdict.exit_code == (-signal.SIGKILL if first else 0)
    assert [pid for pid in pids_in(pids) if is_alive(pid)] == []


def test_a_look_is_shared_and_never_older_than_its_asking() -> None:
    begun, go_on = threading.Semaphore(0), threading.Semaphore(0)
    looks: list[Look] = []

    def look() -> Look:
        looks.append(Look())
        mine = looks[-1]
        begun.release()
        assert go_on.acquire(timeout=20)
        return mine

    census = Census(look)
    got: dict[str, Look] = {}

    def take(name: str) -> None:
        got[name] = census.take()

    first = threading.Thread(target=take, args=("first",))
    first.start()
    assert begun.acquire(timeout=20)
    later = [threading.Thread(target=take, args=(str(n),)) for n in range(8)]
    for thread in later:
        thread.start()
    while len([t for t in later if t.is_alive()]) < 8:
        time.sleep(0.001)
    time.sleep(0.05)  # all of them wait by now; who doesn't, gets a third look
    go_on.release()
    assert begun.acquire(timeout=20)
    go_on.release(10)
    for thread in [first, *later]:
        thread.join(20)
    assert got["first"] is looks[0]
    assert all(got[str(n)] is not looks[0] for n in range(8))
    assert len(looks) < 9


def test_a_look_that_fails_holds_up_nobody() -> None:
    answers: list[Look | Exception] = [PermissionError("no /proc"), Look()]

    def look() -> Look:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    census = Census(look)
    with pytest.raises(PermissionError):
        census.take()
    assert isinstance(census.take(), Look)
