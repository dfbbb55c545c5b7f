"""The whole program: pushed by one process, run by another, read by a third."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jobdesk import Desk, FixedBackoff, HttpAction, RetryPolicy, ScriptAction
from jobdesk.domain.log import Stream
from jobdesk.domain.run import Run, RunState
from tests.support.command import Result, command, serving

AT_ONCE = RetryPolicy(retries=3, backoff=FixedBackoff(seconds=0))
ONCE = RetryPolicy(retries=0)


class _Endpoint(ThreadingHTTPServer):
    """Answers by the path: ``/503,503,200`` in that order, the last one for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answers = self.path.strip("/").split(",")
        times = sum(path == self.path for _, path, _, _ in self.server.seen)
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        self.send_response(int(answers[min(times, len(answers) - 1)]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def _endpoint() -> Iterator[_Endpoint]:
    with _Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, name="endpoint")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def home(homes: Iterator[Path]) -> Path:
    folder = next(homes) / "home"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def desk(home: Path) -> Iterator[Desk]:
    """The desk of an engine that runs for all tests here."""
    with serving(home, "--workers", "4"), Desk.open(home) as desk:
        # Its threads start when first needed; let that be before any test is watched.
        desk.listen(lambda topics: None)
        desk.wait(desk.push(ScriptAction([sys.executable, "-c", ""])).id, timeout=30)
        yield desk


def _done(desk: Desk, run: Run) -> Run:
    return desk.wait(run.id, timeout=30)


def _output(desk: Desk, run: Run, stream: Stream = Stream.STDOUT, attempt: int = 1) -> bytes:
    return b"".join(chunk.data for chunk in desk.log(run.id, attempt=attempt, stream=stream))


def test_from_push_to_a_replayed_dead_letter(own_home: Path) -> None:
    line = "echo out; echo err >&2; exit 7"
    pushed = command(own_home, "push", "--retries", "2", "--backoff", "fixed:10ms", "--shell", line)
    run = pushed.text.strip()
    assert command(own_home, "serve", "--until-idle").code == 1
    shown = command(own_home, "show", run, "--json").json
    assert (shown["state"], shown["attempt"], shown["max_attempts"]) == ("dead", 3, 3)
    assert [(a["number"], a["exit_code"]) for a in shown["attempts"]] == [(1, 7), (2, 7), (3, 7)]
    log = command(own_home, "log", run).text.splitlines()
    assert {"out", "err"} <= set(log)
    replayed = command(own_home, "replay", run, "--json").json
    assert [new["replay_of"] for new in replayed] == [int(run)]


def test_an_endpoint_that_recovers(desk: Desk) -> None:
    with _endpoint() as endpoint:
        url = f"http://127.0.0.1:{endpoint.server_port}/503,503,200"
        call = HttpAction("POST", url, headers={"X-A": "1"}, body="hé")
        run = _done(desk, desk.push(call, retry=AT_ONCE))
    assert (run.state, run.attempt) == (RunState.SUCCEEDED, 3)
    assert [a.http_status for a in desk.attempts(run.id)] == [503, 503, 200]
    headers = [headers for _, _, headers, _ in endpoint.seen]
    assert [one["X-JobDesk-Attempt"] for one in headers] == ["1", "2", "3"]
    assert len({one["Idempotency-Key"] for one in headers}) == 1
    assert all(one["X-A"] == "1" for one in headers)
    assert {body for _, _, _, body in endpoint.seen} == {"hé".encode()}


def test_a_404_is_dead_after_one_attempt(desk: Desk) -> None:
    with _endpoint() as endpoint:
        call = HttpAction("GET", f"http://127.0.0.1:{endpoint.server_port}/404")
        run = _done(desk, desk.push(call, retry=AT_ONCE))
    assert (run.state, run.attempt, run.reason) == (RunState.DEAD, 1, "http_client_error")
    assert desk.attempts(run.id)[0].http_status == 404


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:9/", "connection_error"),
        # Too long to be asked of a name server, so this stays on the machine.
        (f"http://{'x' * 64}.invalid/", "dns_error"),
        ("http://*/", "invalid_url"),
    ],
)
def test_endpoints_that_are_not_there(desk: Desk, url: str, reason: str) -> None:
    run = _done(desk, desk.push(HttpAction("GET", url), retry=ONCE))
    assert (run.state, run.reason) == (RunState.DEAD, reason)


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
def test_programs_are_found_where_the_caller_was(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "x.sh").write_text("#!/bin/sh\npwd\n")
    (tmp_path / "x.sh").chmod(0o755)
    (tmp_path / "link.sh").symlink_to("x.sh")
    for name in ("./x.sh", "x.sh", "./link.sh", str(tmp_path / "x.sh")):
        run = _done(desk, desk.push(ScriptAction([name]), retry=ONCE))
        assert _output(desk, run).decode() == f"{tmp_path}\n", name
    run = _done(desk, desk.push(ScriptAction(["./x.sh"], cwd="sub"), retry=ONCE))
    assert _output(desk, run).decode() == f"{tmp_path / 'sub'}\n"


@pytest.mark.parametrize(
    "action",
    [
        ScriptAction(["./not-there.sh"]),
        ScriptAction(["no-such-program-anywhere"]),
        ScriptAction([sys.executable], cwd="no-such-folder"),
    ],
)
def test_what_is_not_found_dies_at_its_first_attempt(desk: Desk, action: ScriptAction) -> None:
    run = _done(desk, desk.push(action, retry=AT_ONCE))
    assert (run.state, run.attempt, run.reason) == (RunState.DEAD, 1, "spawn_error")


def test_what_a_script_is_told(desk: Desk) -> None:
    names = ["JOBDESK_RUN_ID", "JOBDESK_ATTEMPT", "JOBDESK_KEY", "FOO"]
    code = f"import os; print(*[os.environ[n] for n in {names}]); raise SystemExit(1)"
    env = {"FOO": "bar", "JOBDESK_RUN_ID": "mine"}
    action = ScriptAction([sys.executable, "-c", code], env=env)
    twice = RetryPolicy(retries=1, backoff=FixedBackoff(seconds=0))
    run = _done(desk, desk.push(action, retry=twice))
    told = [_output(desk, run, attempt=number).decode().split() for number in (1, 2)]
    assert [words[:2] for words in told] == [[str(run.id), "1"], [str(run.id), "2"]]
    assert told[0][2:] == told[1][2:]
    assert told[0][3] == "bar"
    named = _done(desk, desk.push(action, retry=ONCE, key="order-1017"))
    assert _output(desk, named).decode().split()[2] == "order-1017"


def test_a_stream_is_given_back_byte_for_byte(desk: Desk, home: Path) -> None:
    code = "import os; os.write(1, bytes(range(256)) + b'end'); os.write(2, b'\\xff\\x00')"
    run = _done(desk, desk.push(ScriptAction([sys.executable, "-c", code])))
    out = command(home, "log", str(run.id), "--stream", "stdout")
    assert out.out == bytes(range(256)) + b"end"
    assert command(home, "log", str(run.id), "--stream", "stderr").out == b"\xff\x00"
    assert next(desk.log(run.id)).stream is Stream.SYSTEM


def test_streams_together_are_in_order(desk: Desk, home: Path) -> None:
    code = "import sys, time\nfor n in range(4):\n"
    code += " print(n, file=(sys.stdout, sys.stderr)[n % 2], flush=True); time.sleep(0.05)"
    run = _done(desk, desk.push(ScriptAction([sys.executable, "-c", code])))
    lines = command(home, "log", str(run.id)).text.splitlines()
    assert [line for line in lines if line.isdigit()] == ["0", "1", "2", "3"]


def test_waiting(desk: Desk, home: Path) -> None:
    assert command(home, "push", "--wait", "--", sys.executable, "-c", "").code == 0
    args = ("push", "--wait", "--json", "--retries", "0", "--")
    died = command(home, *args, sys.executable, "-c", "raise SystemExit(3)")
    assert (died.code, died.json["state"], died.json["error"]) == (1, "dead", "exit code 3")
    assert "exit code 3" in died.err


def test_following(desk: Desk, home: Path) -> None:
    code = "import time\nfor n in range(3): print('line', n, flush=True); time.sleep(0.2)"
    run = desk.push(ScriptAction([sys.executable, "-c", code]))
    followed = command(home, "log", str(run.id), "--follow", "--stream", "stdout")
    assert (followed.code, followed.text.split("\n")[:3]) == (0, ["line 0", "line 1", "line 2"])


def test_cancelling_what_runs(desk: Desk, home: Path) -> None:
    run = desk.push(ScriptAction([sys.executable, "-c", "import time; time.sleep(60)"]))
    _wait_for(desk, run.id, RunState.RUNNING)
    assert command(home, "cancel", str(run.id)).code == 0
    ended = _done(desk, run)
    assert (ended.state, ended.reason) == (RunState.CANCELLED, "cancelled")


def test_a_second_engine_is_refused_by_the_pid_of_the_first(desk: Desk, home: Path) -> None:
    first = desk.engine()
    assert first is not None
    second = command(home, "serve", "--until-idle")
    assert (second.code, second.out) == (4, b"")
    assert f"pid {first.pid}" in second.err


def test_many_pushes_at_once_while_the_engine_works(desk: Desk, home: Path) -> None:
    results: list[Result] = []

    def push() -> None:
        results.append(command(home, "push", "--queue", "crowd", "--", sys.executable, "-c", ""))

    threads = [threading.Thread(target=push) for _ in range(6)]
    for thread in threads:
        thread.start()
    desk.push_many([ScriptAction([sys.executable, "-c", ""])] * 10, queue="crowd")
    for thread in threads:
        thread.join()
    assert {result.code for result in results} == {0}, [result.err for result in results]
    assert len({result.text for result in results}) == 6


def _wait_for(desk: Desk, run_id: int, state: RunState) -> Run:
    look = threading.Event()
    stop = desk.listen(lambda topics: look.set())
    try:
        for _ in range(200):
            look.clear()
            run = desk.run(run_id)
            if run.state is state:
                return run
            look.wait(0.1)
    finally:
        stop()
    raise AssertionError(f"run {run_id} is {run.state}, not {state}")
