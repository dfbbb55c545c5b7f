"""One script from its start to its verdict."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.engine.runners import output, script, spawn
from jobdesk.engine.runners.base import StopCause, StopToken
from jobdesk.engine.runners.children import Children
from jobdesk.engine.runners.marks import cookie_of, has_mark, mark_of
from jobdesk.engine.runners.script import ScriptRunner
from jobdesk.engine.runners.spawn import Order, Process
from tests.engine.runners.conftest import Start, is_alive
from tests.engine.runners.recording import CountingSink, RecordingSink, an_assignment

pytestmark = [
    pytest.mark.timeout(30),
    pytest.mark.skipif(sys.platform == "win32", reason="scripts of a POSIX shell"),
]


def run(
    runner: ScriptRunner, action: ScriptAction, timeout: float | None = None
) -> tuple[Verdict, RecordingSink]:
    sink = RecordingSink()
    return runner.run(action, an_assignment(timeout=timeout), sink, StopToken()), sink


def shell(runner: ScriptRunner, line: str, **data: object) -> tuple[Verdict, RecordingSink]:
    return run(runner, ScriptAction(shell=line, **data))


def test_success(runner):
    verdict, sink = run(runner, ScriptAction(["/bin/echo", "a b", "c"]))
    assert verdict == Verdict(Outcome.SUCCEEDED, exit_code=0)
    assert sink.stdout == b"a b c\n"
    assert sink.stderr == b""


def test_exit_code_and_both_streams(runner):
    verdict, sink = shell(runner, "echo out; echo err >&2; exit 7")
    assert verdict == Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 7", exit_code=7)
    assert (sink.stdout, sink.stderr) == (b"out\n", b"err\n")


def test_death_by_signal(runner):
    verdict, sink = shell(runner, "kill -9 $$")
    assert verdict.reason is Reason.EXIT_CODE
    assert verdict.error == "killed by signal 9 (SIGKILL)"
    assert verdict.exit_code == -9
    assert any("killed by signal 9" in line for line in sink.lines)


def test_no_shell_unless_asked_for(runner):
    _verdict, sink = run(runner, ScriptAction(["/bin/echo", "$HOME; exit 3 `id` *"]))
    assert sink.stdout == b"$HOME; exit 3 `id` *\n"


def test_the_log_says_what_was_really_run(runner, tmp_path):
    action = ScriptAction(["echo", "a b"], cwd=str(tmp_path), env={"TOKEN": "secret"})
    _verdict, sink = run(runner, action)
    text = "\n".join(sink.lines)
    assert f"in: {tmp_path}" in sink.lines
    assert any(x.startswith("runs: /") and x.endswith("/echo 'a b'") for x in sink.lines)
    assert f"PATH: {os.environ['PATH']}" in sink.lines
    assert "variables of the job: TOKEN" in sink.lines
    assert "secret" not in text
    assert any(line.startswith("started: pid ") for line in sink.lines)
    assert any(line.startswith("exit code 0 after ") for line in sink.lines)


def test_environment(children, monkeypatch):
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "KEPT": "yes",
        "JOBDESK_HOME": "/h",
        "JOBDESK_DATABASE_URL": "sqlite:///x",
        "JOBDESK_ENGINE_SECRET": "no",
        "JOBDESK_COOKIE": "of another engine",
    }
    runner = ScriptRunner(children, environ)
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    _verdict, sink = run(
        runner, ScriptAction([sys.executable, "-c", code], env={"MINE": "ä", "KEPT": "changed"})
    )
    found = json.loads(sink.stdout)
    found.pop("LC_CTYPE", None)  # Python's own doing
    assert found == {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "KEPT": "changed",
        "MINE": "ä",
        "JOBDESK_HOME": "/h",
        "JOBDESK_DATABASE_URL": "sqlite:///x",
        "JOBDESK_RUN_ID": "847",
        "JOBDESK_ATTEMPT": "2",
        "JOBDESK_KEY": "jobdesk-847",
        "JOBDESK_COOKIE": "jobdesk-test:847:2",
    }


def test_stdin_is_empty(runner):
    verdict, sink = shell(runner, "cat; echo end")
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"end\n"


def test_without_a_folder_it_runs_in_the_home(children, tmp_path):
    runner = ScriptRunner(children, {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    _verdict, sink = shell(runner, "pwd -P")
    assert sink.stdout.decode().strip() == str(tmp_path.resolve())


def test_the_program_is_looked_up_on_the_path_of_the_job(runner, tmp_path):
    program = tmp_path / "only-here"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    verdict, sink = run(runner, ScriptAction(["only-here"], env={"PATH": f"/bin:{tmp_path}"}))
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"found\n"


def test_a_relative_program_is_one_of_its_folder(runner, tmp_path):
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o755)
    verdict, sink = run(runner, ScriptAction(["./tool"], cwd=str(tmp_path)))
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"here\n"


def _file(path: Path, text: bytes, mode: int = 0o755) -> Path:
    path.write_bytes(text)
    path.chmod(mode)
    return path


def test_what_cannot_be_started_is_explained(runner, tmp_path):
    plain = _file(tmp_path / "plain", b"echo hello\n", 0o644)
    no_magic = _file(tmp_path / "nomagic", b"\x01\x02\x03")
    orphan = _file(tmp_path / "orphan", b"#!/no/such/interpreter -x\n")
    missing = str(tmp_path / "missing")
    cases = {
        "command not found: no-such-program-here": ScriptAction(["no-such-program-here"]),
        f"command not found: {missing}": ScriptAction([missing]),
        f"not executable: {plain}": ScriptAction([str(plain)]),
        f"not a program but a folder: {tmp_path}": ScriptAction([str(tmp_path)]),
        f"working directory not found: {missing}": ScriptAction(["/bin/true"], cwd=missing),
        f"working directory is not a folder: {plain}": ScriptAction(["true"], cwd=str(plain)),
        f"not a program: {no_magic} (no #! line, and not a program of this system)": (
            ScriptAction([str(no_magic)])
        ),
        f"interpreter not found: /no/such/interpreter (first line of {orphan})": (
            ScriptAction([str(orphan)])
        ),
    }
    for text, action in cases.items():
        verdict, sink = run(runner, action)
        assert verdict == Verdict(Outcome.FAILED, Reason.SPAWN_ERROR, text)
        assert text in sink.lines
        assert verdict.permanent


def test_a_lone_surrogate_is_refused_in_words(runner):
    verdict, _sink = run(
        runner,
        ScriptAction.model_construct(command=("/bin/echo", "\ud800"), shell=None, cwd=None, env={}),
    )
    assert verdict.reason is Reason.SPAWN_ERROR
    assert "cannot be passed" in (verdict.error or "")


def test_a_shortage_is_not_the_fault_of_the_script(runner, monkeypatch):
    def refuse(order: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("jobdesk.engine.runners.script.ready", refuse)
    verdict, _sink = run(runner, ScriptAction(["/bin/true"]))
    assert verdict.reason is Reason.ENGINE_ERROR
    assert verdict.error == "could not start /bin/true: Too many open files"
    assert not verdict.permanent


def test_the_spawn_is_reported_with_pid_and_start(start: Start):
    going = start("echo ready; sleep 60")
    going.sink.wait_for(b"ready")
    ((pid, started),) = going.spawned
    process = psutil.Process(pid)
    assert abs(process.create_time() - started) < 2
    assert os.getsid(pid) == pid
    going.stop.request(StopCause.CANCELLED)
    going.verdict()


def test_on_spawn_that_raises_leaves_nothing_behind(children):
    spawned: list[int] = []

    def fail(pid: int, started: float) -> None:
        spawned.append(pid)
        raise RuntimeError("the database is gone")

    assignment = an_assignment(on_spawn=fail)
    with pytest.raises(RuntimeError, match="database"):
        ScriptRunner(children).run(
            ScriptAction(["/bin/sleep", "60"]), assignment, RecordingSink(), StopToken()
        )
    assert not psutil.pid_exists(spawned[0])


def test_timeout(start: Start):
    began = time.monotonic()
    going = start("echo before; sleep 60; echo after", timeout=0.3)
    verdict = going.verdict()
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.TIMEOUT)
    assert verdict.error == "timed out after 0.3s"
    assert going.sink.stdout == b"before\n"
    assert 0.3 <= time.monotonic() - began < 20
    assert any("sent SIGTERM to" in line for line in going.sink.lines)


@pytest.mark.parametrize(
    ("cause", "outcome", "reason", "counted"),
    [
        (StopCause.CANCELLED, Outcome.CANCELLED, Reason.CANCELLED, True),
        (StopCause.INTERRUPTED, Outcome.INTERRUPTED, Reason.INTERRUPTED, False),
    ],
)
def test_stop(start: Start, cause, outcome, reason, counted):
    going = start("trap 'echo last words; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
    going.sink.wait_for(b"ready")
    asked = time.monotonic()
    going.stop.request(cause)
    verdict = going.verdict()
    assert (verdict.outcome, verdict.reason, verdict.counted) == (outcome, reason, counted)
    assert verdict.exit_code == 5
    assert time.monotonic() - asked < 4, "it doesn't wait for the grace to pass"
    assert going.sink.stdout.endswith(b"last words\n")


def test_a_stop_before_the_start_starts_nothing(runner):
    stop = StopToken()
    stop.request(StopCause.CANCELLED)
    sink = RecordingSink()
    verdict = runner.run(ScriptAction(["/bin/echo", "x"]), an_assignment(), sink, stop)
    assert verdict.outcome is Outcome.CANCELLED
    assert sink.pieces == []


def test_a_flood_costs_no_memory_and_stops_at_once(start: Start):
    code = "import os\nwhile True: os.write(1, b'x' * 200_000); os.write(2, b'y' * 200_000)"
    before = psutil.Process().memory_info().rss
    sink = CountingSink()
    going = start(ScriptAction([sys.executable, "-c", code]), sink=sink)
    assert sink.flooding.wait(10)
    asked = time.monotonic()
    going.stop.request(StopCause.CANCELLED)
    verdict = going.verdict()
    assert verdict.outcome is Outcome.CANCELLED
    assert time.monotonic() - asked < 4
    assert sink.largest <= output.CHUNK
    assert psutil.Process().memory_info().rss - before < 20_000_000


def test_bytes_arrive_as_they_were(runner):
    verdict, sink = shell(runner, r"printf 'a\000b\377\r50%%\r100%%'")
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"a\0b\xff\r50%\r100%"


def test_the_last_words_of_a_quick_script_are_kept(runner):
    code = "import os; os.write(1, b'o' * 60_000); os.write(2, b'e' * 60_000)"
    for _ in range(10):
        _verdict, sink = run(runner, ScriptAction([sys.executable, "-S", "-c", code]))
        assert (len(sink.stdout), len(sink.stderr)) == (60_000, 60_000)


def test_nothing_stays_open(runner):
    shell(runner, "true")
    before = psutil.Process().num_fds()
    for _ in range(20):
        shell(runner, "echo x; exit 1")
        run(runner, ScriptAction(["no-such-program-here"]))
    assert psutil.Process().num_fds() == before
    assert not runner._children._owned


def test_where_there_is_no_handle_of_a_process_it_is_looked_at(start: Start, monkeypatch):
    monkeypatch.setattr(output, "_process_handle", lambda pid: None)
    verdict = start("echo a; exit 4").verdict()
    assert verdict.exit_code == 4
    verdict = start("exec >&- 2>&-; exec sleep 60", timeout=0.2).verdict()
    assert verdict.reason is Reason.TIMEOUT


def test_the_pump_with_threads_does_the_same(start: Start, monkeypatch):
    monkeypatch.setattr("jobdesk.engine.runners.script.make_pump", output.ThreadPump)
    going = start("echo out; echo err >&2; exit 7")
    assert going.verdict().exit_code == 7
    assert (going.sink.stdout, going.sink.stderr) == (b"out\n", b"err\n")
    assert start("sleep 60", timeout=0.2).verdict().reason is Reason.TIMEOUT
    going = start("trap 'echo bye; exit' TERM; echo ready; while :; do sleep 0.05; done")
    going.sink.wait_for(b"ready")
    going.stop.request(StopCause.CANCELLED)
    assert going.verdict().outcome is Outcome.CANCELLED
    assert going.sink.stdout == b"ready\nbye\n"
    sink = CountingSink()
    going = start("cat /dev/zero", sink=sink)
    assert sink.flooding.wait(10)
    going.stop.request(StopCause.CANCELLED)
    assert going.verdict().outcome is Outcome.CANCELLED


def test_a_failing_sink_ends_the_script_and_is_heard(runner):
    class Full(RecordingSink):
        def write(self, stream: Stream, data: bytes) -> None:
            if stream is Stream.STDOUT:
                raise OSError(28, "No space left on device")
            super().write(stream, data)

    spawned: list[int] = []
    assignment = an_assignment(on_spawn=lambda pid, at: spawned.append(pid))
    action = ScriptAction(shell="echo x; sleep 60")
    with pytest.raises(OSError, match="No space"):
        runner.run(action, assignment, Full(), StopToken())
    assert not is_alive(spawned[0])


def test_orphans_are_reaped_but_never_what_is_waited_for(children: Children, start: Start):
    before = {p.pid for p in psutil.Process().children()}
    going = start("setsid sh -c 'exit 3' & setsid sleep 0.01 & sleep 0.3; exit 6")
    assert going.verdict().exit_code == 6
    deadline = time.monotonic() + 5
    while {p.pid for p in psutil.Process().children()} - before and time.monotonic() < deadline:
        children.reap_adopted()
    assert {p.pid for p in psutil.Process().children()} - before == set()


def test_mark_and_cookie_are_on_the_process(start: Start):
    going = start("echo ready; sleep 60; exit 1", cookie="jobdesk-test:marked")
    going.sink.wait_for(b"ready")
    pid = going.spawned[0][0]
    assert cookie_of(pid) == "jobdesk-test:marked"
    if sys.platform == "linux":
        assert has_mark(pid, mark_of("jobdesk-test:marked"))
        assert not has_mark(pid, mark_of("jobdesk-test:other"))
    os.kill(pid, signal.SIGTERM)
    assert going.verdict().error == "killed by signal 15 (SIGTERM)"


@pytest.mark.skipif(sys.platform != "linux", reason="starts take turns only there")
def test_one_that_is_being_started_is_no_stranger(runner, monkeypatch, tmp_path):
    """From its birth until its program is loaded, a child has copies of all our pipes."""
    copies: list[int] = []
    born = threading.Event()

    def ready(order: Order) -> Callable[[], Process]:
        copies.append(os.dup(order.descriptors[1]))
        begin = spawn.ready(order)

        def start() -> Process:
            process = begin()
            born.set()
            return process

        return start

    def start_another() -> None:
        born.wait()
        with runner._marks.worn("another"):
            (tmp_path / "go").touch()
            time.sleep(0.3)
            os.close(copies.pop())

    monkeypatch.setattr(script, "ready", ready)
    with ThreadPoolExecutor(1) as pool:
        another = pool.submit(start_another)
        line = "until [ -e go ]; do sleep 0.01; done"
        _verdict, sink = shell(runner, line, cwd=str(tmp_path))
        another.result()
    assert sink.lines[-1].startswith("exit code 0 after ")
