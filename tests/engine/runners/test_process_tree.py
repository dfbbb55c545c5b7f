"""Scripts that don't want to end, and what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.engine.runners.base import StopCause
from jobdesk.engine.runners.children import Children
from jobdesk.engine.runners.launch import COOKIE_VARIABLE
from jobdesk.engine.runners.marks import Marks
from jobdesk.engine.runners.process_tree import (
    Orphaned,
    become_subreaper,
    end_orphans,
    find_by_cookie,
)
from tests.engine.runners.conftest import Start, is_alive

pytestmark = [
    pytest.mark.timeout(30),
    pytest.mark.skipif(sys.platform == "win32", reason="scripts of a POSIX shell"),
]

DAEMON = """
import os, sys, time
if os.fork():
    time.sleep({parent})
    os._exit(0)
os.setsid()
middle = os.getpid()
if os.fork():
    os._exit(0)
while os.getppid() == middle:
    time.sleep(0.001)
with open({pids!r}, "a") as file:
    file.write(f"{{os.getpid()}}\\n")
print("ready", flush=True)
os.closerange(0, 64)
os.execve("/bin/sleep", ["sleep", "60"], {{}})
"""
"""A proper daemon: double fork, a session of its own, nothing open, no environment."""

STUBBORN = {
    "traps TERM": "trap '' TERM; echo $$ >> PIDS; echo ready; while :; do sleep 0.05; done",
    "forks and waits": "sleep 60 & echo $! >> PIDS; echo $$ >> PIDS; echo ready; wait",
    "job control": "set -m; sleep 60 & echo $! >> PIDS; echo ready; wait",
    "setsid child": "setsid sh -c 'echo $$ >> PIDS; echo ready; exec sleep 60' & wait",
    "clears its environment": (
        "echo ready; exec env -i /bin/sh -c 'echo $$ >> PIDS; exec /bin/sleep 60'"
    ),
    "closes everything": "echo $$ >> PIDS; echo ready; exec 0<&- 1>&- 2>&-; exec sleep 60",
    "stops itself": "echo $$ >> PIDS; echo ready; kill -STOP $$; sleep 60",
    "stopped child that traps TERM": (
        "sh -c 'trap \"\" TERM; echo $$ >> PIDS; echo ready; kill -STOP $$; sleep 60' & wait"
    ),
    "children that fork on TERM": (
        "trap 'sleep 60 & echo $! >> PIDS; exit' TERM; echo $$ >> PIDS; echo ready; "
        "while :; do sleep 0.05; done"
    ),
}


def pids_in(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()]


def write_daemon(tmp_path: Path, parent: float) -> tuple[str, Path]:
    tmp_path.mkdir(exist_ok=True)
    pids = tmp_path / "pids"
    script = tmp_path / "daemon.py"
    script.write_text(DAEMON.format(pids=str(pids), parent=parent))
    return f"'{sys.executable}' -S '{script}'", pids


@pytest.mark.parametrize("case", STUBBORN)
def test_cancel_ends_everything(start: Start, tmp_path, case):
    pids = tmp_path / "pids"
    pids.touch()
    going = start(STUBBORN[case].replace("PIDS", f"'{pids}'"), grace=0.3)
    going.sink.wait_for(b"ready")
    asked = time.monotonic()
    going.stop.request(StopCause.CANCELLED)
    verdict = going.verdict()
    assert (verdict.outcome, verdict.reason) == (Outcome.CANCELLED, Reason.CANCELLED)
    assert verdict.error == "cancelled"
    assert time.monotonic() - asked < 10
    assert [pid for pid in [*pids_in(pids), going.spawned[0][0]] if is_alive(pid)] == []
    assert any("SIGTERM" in line for line in going.sink.lines)


@pytest.mark.parametrize("case", ["traps TERM", "stops itself", "setsid child"])
def test_timeout_ends_everything(start: Start, tmp_path, case):
    pids = tmp_path / "pids"
    going = start(STUBBORN[case].replace("PIDS", f"'{pids}'"), grace=0.2, timeout=0.5)
    verdict = going.verdict()
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.TIMEOUT)
    assert [pid for pid in pids_in(pids) if is_alive(pid)] == []


def test_term_comes_before_kill(start: Start, tmp_path):
    going = start("trap '' TERM; echo ready; while :; do sleep 0.05; done", grace=0.3)
    going.sink.wait_for(b"ready")
    asked = time.monotonic()
    going.stop.request(StopCause.CANCELLED)
    assert going.verdict().exit_code == -signal.SIGKILL
    assert time.monotonic() - asked >= 0.3
    sent = [line.split()[1] for line in going.sink.lines if line.startswith("sent ")]
    assert sent[0] == "SIGTERM"
    assert sent[-1] == "SIGKILL"


@pytest.mark.skipif(sys.platform != "linux", reason="the mark is Linux's")
def test_cancel_finds_a_daemon_without_environment(start: Start, tmp_path):
    assert become_subreaper()
    line, pids = write_daemon(tmp_path, parent=60)
    going = start(line, grace=0.3)
    going.sink.wait_for(b"ready")
    (daemon,) = pids_in(pids)
    assert psutil.Process(daemon).ppid() == os.getpid()
    going.stop.request(StopCause.CANCELLED)
    assert going.verdict().outcome is Outcome.CANCELLED
    assert not psutil.pid_exists(daemon)  # reaped, too: it had become our child


def test_two_attempts_are_told_apart(start: Start, tmp_path):
    line, _pids = write_daemon(tmp_path, parent=60)
    other, other_pids = write_daemon(tmp_path / "other", parent=60)
    first, second = start(line, grace=0.3), start(other, grace=0.3)
    first.sink.wait_for(b"ready")
    second.sink.wait_for(b"ready")
    first.stop.request(StopCause.CANCELLED)
    first.verdict()
    (stays,) = pids_in(other_pids)
    assert is_alive(stays)
    assert is_alive(second.spawned[0][0])
    second.stop.request(StopCause.CANCELLED)
    second.verdict()
    assert not is_alive(stays)


def test_a_daemon_outlives_a_script_that_ends_well(start: Start, tmp_path):
    line, pids = write_daemon(tmp_path, parent=0.3)
    going = start(line)
    verdict = going.verdict()
    assert verdict.outcome is Outcome.SUCCEEDED
    (daemon,) = pids_in(pids)
    assert is_alive(daemon)
    os.kill(daemon, signal.SIGKILL)


def test_a_background_child_of_the_session_is_ended(start: Start, tmp_path):
    pids = tmp_path / "pids"
    began = time.monotonic()
    going = start(f"sleep 60 & echo $! > '{pids}'; echo done; exit 0")
    verdict = going.verdict()
    assert verdict.outcome is Outcome.SUCCEEDED
    assert time.monotonic() - began < 20
    assert not is_alive(pids_in(pids)[0])
    assert any("left behind by the script: sent SIGTERM" in line for line in going.sink.lines)
    assert going.sink.stdout == b"done\n"


def test_what_closed_its_output_is_ended_as_well(start: Start, tmp_path):
    pids = tmp_path / "pids"
    going = start(f"sleep 60 >/dev/null 2>&1 & echo $! > '{pids}'; exit 3")
    verdict = going.verdict()
    assert verdict.exit_code == 3
    assert not is_alive(pids_in(pids)[0])


def test_a_daemon_that_holds_the_output_does_not_hold_the_run(start: Start, tmp_path):
    pids = tmp_path / "pids"
    going = start(
        f"setsid sh -c 'echo $$ > \"{pids}\"; echo up; exec sleep 60' & "
        f"while ! [ -s '{pids}' ]; do sleep 0.01; done; exit 0"
    )
    verdict = going.verdict()
    assert verdict.outcome is Outcome.SUCCEEDED
    assert any("still holds its output" in line for line in going.sink.lines)
    (daemon,) = pids_in(pids)
    assert is_alive(daemon)
    os.kill(daemon, signal.SIGKILL)


def test_a_daemon_that_floods_the_output_does_not_hold_the_run(start: Start, tmp_path):
    pids = tmp_path / "pids"
    code = (
        f"import os; os.setsid(); open({str(pids)!r}, 'w').write(str(os.getpid()))\n"
        "while True: os.write(1, b'x' * 65536)"
    )
    script = tmp_path / "flood.py"
    script.write_text(code)
    going = start(
        f"'{sys.executable}' -S '{script}' & while ! [ -s '{pids}' ]; do sleep 0.01; done; exit 0"
    )
    assert going.verdict().outcome is Outcome.SUCCEEDED


def test_a_fork_storm_is_ended(start: Start, children: Children):
    code = (
        "import os, time\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 20\n"
        "while time.monotonic() < end:\n"
        "    pid = os.fork()\n"
        "    if pid:\n"
        "        time.sleep(0.02)\n"
        "        os._exit(0)\n"
        "    os.setsid()\n"
    )
    cookie = f"jobdesk-test:storm:{os.getpid()}"
    going = start(ScriptAction([sys.executable, "-S", "-c", code]), cookie=cookie)
    going.sink.wait_for(b"ready")
    # The first process exits at once: a script that ended well, whose daemon runs on.
    assert going.verdict().outcome is Outcome.SUCCEEDED
    assert end_orphans([Orphaned(None, None, cookie)], 0.1) == []
    assert find_by_cookie(cookie) == []
    children.reap_adopted()


def test_orphans_of_an_engine_that_died(tmp_path):
    """What ``end_orphans`` gets after a crash: a stranger's children, known by record."""
    line, pids = write_daemon(tmp_path, parent=60)
    cookie = f"jobdesk-test:orphans:{os.getpid()}:"
    environment = {**os.environ, COOKIE_VARIABLE: cookie}
    with Marks().worn(cookie):
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"{line} & sleep 60 & wait"],
            env=environment,
            start_new_session=True,
            stdout=subprocess.PIPE,
        )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    tree = [process.pid, *(p.pid for p in psutil.Process(process.pid).children(recursive=True))]
    assert len(find_by_cookie(cookie[:-1])) >= 3
    lines: list[str] = []
    started = psutil.Process(process.pid).create_time()
    assert end_orphans([Orphaned(process.pid, started, cookie)], 2.0, lines.append) == []
    assert [pid for pid in tree if is_alive(pid)] == []
    if sys.platform == "linux":
        assert not is_alive(pids_in(pids)[0])
    assert any("SIGTERM" in text for text in lines)
    process.wait()
    process.stdout.close()


def test_a_stranger_with_the_same_number_is_left_alone():
    nobody = "jobdesk-test:nobody"
    process = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    try:
        started = psutil.Process(process.pid).create_time()
        assert end_orphans([Orphaned(process.pid, started - 100, nobody)], 0.1) == []
        assert process.poll() is None
        assert end_orphans([Orphaned(process.pid, started, nobody)], 0.1) == []
        assert process.wait(5) == -signal.SIGTERM
    finally:
        process.kill()
        process.wait()
