"""Attempts that are held against assertions, with real answers and real processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.assertions import parse_assertions
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.engine.runners import findings
from jobdesk.engine.runners.base import StopToken
from jobdesk.engine.runners.http import HttpRunner
from jobdesk.engine.runners.script import ScriptRunner
from tests.engine.runners.recording import RecordingSink, an_assignment
from tests.engine.runners.servers import HttpServer, reply

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    server = HttpServer()
    yield server
    server.close()


@pytest.fixture
def http() -> Iterator[HttpRunner]:
    runner = HttpRunner(environ={})
    yield runner
    runner.close()


def call(
    http: HttpRunner, server: HttpServer, *asserted: dict[str, Any], cap: int = 10_000
) -> tuple[Verdict, RecordingSink]:
    sink = RecordingSink()
    assignment = an_assignment(
        timeout=10.0, response_cap=cap, assertions=parse_assertions(list(asserted))
    )
    return http.run(HttpAction("GET", f"{server.url}/"), assignment, sink, StopToken()), sink


STATUS = {"type": "status_code_equals", "value": "200"}


def test_an_answer_that_is_as_it_should_be(http: HttpRunner, server: HttpServer) -> None:
    server.routes["/"] = reply(200, b'{"status": "ok"}', Content_Type="application/json")
    wanted = {"type": "json_path_equals", "path": "$.status", "value": "ok"}
    verdict, sink = call(http, server, STATUS, wanted)
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b'{"status": "ok"}'
    assert "assertion: passed: status 200" in sink.lines
    assert 'assertion: passed: $.status equal to "ok"' in sink.lines


def test_a_good_status_with_the_wrong_body(http: HttpRunner, server: HttpServer) -> None:
    server.routes["/"] = reply(200, b"failed")
    late = {"type": "response_time_under_ms", "value": 1}
    verdict, sink = call(http, server, {"type": "body_contains", "value": "fine"}, late)
    assert (verdict.reason, verdict.http_status) == (Reason.RESPONSE_ASSERTION, 200)
    assert verdict.error is not None
    assert verdict.error.startswith("expected a body with 'fine'; found 'failed'")
    assert not verdict.permanent
    assert "assertion: expected a body with 'fine'; found 'failed'" in sink.lines


def test_another_good_status_than_the_one_that_is_asked_for(
    http: HttpRunner, server: HttpServer
) -> None:
    server.routes["/"] = reply(202)
    verdict, _ = call(http, server, STATUS)
    assert verdict.reason is Reason.RESPONSE_ASSERTION
    assert verdict.error == "expected status 200; found 202"


def test_a_bad_status_may_be_a_success(http: HttpRunner, server: HttpServer) -> None:
    server.routes["/"] = reply(404)
    verdict, _ = call(http, server, {"type": "status_code_in", "value": [200, 404]})
    assert (verdict.outcome, verdict.http_status) == (Outcome.SUCCEEDED, 404)


def test_a_bad_status_keeps_its_reason(http: HttpRunner, server: HttpServer) -> None:
    server.routes["/"] = reply(503, b"busy", Retry_After="7")
    verdict, _ = call(http, server, STATUS, {"type": "body_contains", "value": "fine"})
    assert verdict.reason is Reason.HTTP_SERVER_ERROR
    assert verdict.error == "HTTP 503 Service Unavailable; expected status 200; and 1 more"
    assert verdict.retry_after is not None
    server.routes["/"] = reply(404, b"fine")
    verdict, _ = call(http, server, {"type": "body_contains", "value": "fine"})
    assert (verdict.reason, verdict.permanent) == (Reason.HTTP_CLIENT_ERROR, True)
    assert verdict.error == "HTTP 404 Not Found"


def test_only_what_was_kept_is_looked_into(http: HttpRunner, server: HttpServer) -> None:
    server.routes["/"] = reply(200, b"x" * 2_000 + b"end")
    verdict, _ = call(http, server, {"type": "body_contains", "value": "end"}, cap=1_000)
    assert verdict.reason is Reason.RESPONSE_ASSERTION
    assert "only 1,000 bytes were kept" in (verdict.error or "")


@pytest.mark.skipif(sys.platform == "win32", reason="scripts of a POSIX shell")
class TestScripts:
    def run(
        self, runner: ScriptRunner, line: str, *asserted: dict[str, Any]
    ) -> tuple[Verdict, RecordingSink]:
        sink = RecordingSink()
        assignment = an_assignment(assertions=parse_assertions(list(asserted)))
        return runner.run(ScriptAction(shell=line), assignment, sink, StopToken()), sink

    def test_other_exit_codes_may_be_successes(self, runner: ScriptRunner) -> None:
        wanted = {"type": "exit_code_in", "value": "0, 3"}
        verdict, _ = self.run(runner, "exit 3", wanted)
        assert verdict == Verdict(Outcome.SUCCEEDED, exit_code=3)
        verdict, _ = self.run(runner, "exit 1", wanted)
        assert (verdict.reason, verdict.error, verdict.exit_code) == (
            Reason.EXIT_CODE,
            "exit code 1; expected exit code 0 or 3",
            1,
        )
        verdict, _ = self.run(runner, "exit 0", {"type": "exit_code_in", "value": 3})
        assert verdict.reason is Reason.EXIT_CODE

    def test_output(self, runner: ScriptRunner) -> None:
        done = {"type": "output_contains", "value": "done", "stream": "stdout"}
        quiet = {"type": "output_not_contains", "value": "error"}
        verdict, sink = self.run(runner, "echo all done", done, quiet)
        assert verdict.outcome is Outcome.SUCCEEDED
        assert sink.stdout == b"all done\n"
        verdict, _ = self.run(runner, "echo done >&2; echo an error", done, quiet)
        assert verdict.reason is Reason.OUTPUT_ASSERTION
        assert verdict.error == "expected stdout with 'done'; found 'an error'; and 1 more", (
            verdict.error
        )

    def test_a_failed_script_is_a_failed_script(self, runner: ScriptRunner) -> None:
        verdict, _ = self.run(runner, "echo ok; exit 7", {"type": "output_contains", "value": "ok"})
        assert (verdict.reason, verdict.error) == (Reason.EXIT_CODE, "exit code 7")

    def test_both_ends_of_the_output_are_looked_into(
        self, runner: ScriptRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(findings, "_KEPT", 1_000)
        line = "echo begin; head -c 300000 /dev/zero | tr '\\0' x; echo end"
        ends = (
            {"type": "output_matches", "value": "^begin"},
            {"type": "output_contains", "value": "end"},
        )
        verdict, sink = self.run(runner, line, *ends)
        assert verdict.outcome is Outcome.SUCCEEDED, verdict
        assert len(sink.stdout) == 300_010
        verdict, _ = self.run(runner, line, {"type": "output_contains", "value": "no"})
        assert "(its middle was not kept)" in (verdict.error or "")
        seam = {"type": "output_matches", "value": "^x+$"}
        verdict, _ = self.run(runner, "head -c 300000 /dev/zero | tr '\\0' x", seam)
        assert verdict.reason is Reason.OUTPUT_ASSERTION, "nothing is found across the gap"
