"""Whatever a server does, its run ends in time with a reason of its own, and memory is flat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobdesk import Desk, HttpAction, RetryPolicy
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Reason
from jobdesk.domain.retry import FixedBackoff
from jobdesk.domain.run import Attempt, Run, RunState
from tests.faults.http import bad_servers as bad
from tests.faults.http.bad_servers import MB, OK, Answer, BadServer
from tests.faults.output.flood import watching
from tests.support.command import serving

FLAT = 50 * MB
LATER = RetryPolicy(retries=1, backoff=FixedBackoff(seconds=3600))
PATIENCE = 60.0


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


@dataclass(frozen=True)
class Case:
    answer: Answer
    reason: Reason | None
    says: str = ""

    @property
    def timeout(self) -> float:
        """Short where it is what ends the call; else a busy machine must not meet it."""
        return 2.0 if self.reason is Reason.TIMEOUT else 60.0


BROKEN = Reason.CONNECTION_ERROR
HUGE = b"Content-Length: %d\r\n\r\n" % bad.FIVE_GB
CASES = {
    "never answers": Case(bad.never_answers, Reason.TIMEOUT, "after 2s: no answer came"),
    "a byte a second of the head": Case(
        bad.a_byte_a_second(b"", OK + b"X: y"), Reason.TIMEOUT, "after 2s: no answer came"
    ),
    "a byte a second of the body": Case(
        bad.a_byte_a_second(OK + b"Content-Length: 900\r\n\r\n", b"x"),
        Reason.TIMEOUT,
        "after 2s: the answer had not ended, ",
    ),
    "a byte a second of an unpacked body": Case(
        bad.a_byte_a_second(OK + b"Content-Encoding: gzip\r\n\r\n", bad.too_deep()[0]),
        Reason.TIMEOUT,
        "after 2s: the answer had not ended, ",
    ),
    "endless 1xx": Case(
        bad.floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), Reason.TIMEOUT, "no answer came"
    ),
    "5 GB, announced": Case(bad.floods(OK + HUGE), None),
    "5 GB, not announced": Case(bad.floods(OK + b"\r\n"), None),
    "5 GB in chunks": Case(
        bad.floods(
            OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + bytes(65_536) + b"\r\n"
        ),
        None,
    ),
    "5 GB of an error": Case(
        bad.floods(b"HTTP/1.1 500 No\r\n" + HUGE), Reason.HTTP_SERVER_ERROR, "HTTP 500 No"
    ),
    "5 GB with a redirect": Case(
        bad.floods(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hosts\r\n" + HUGE),
        Reason.HTTP_REDIRECT,
        "redirected to file:///etc/hosts, which is not http or https",
    ),
    "gzip bomb": Case(bad.packed("gzip", bad.gzip_bomb), None),
    "deflate bomb": Case(bad.packed("deflate", bad.deflate_bomb), None),
    "gzip bomb in gzip": Case(bad.packed("gzip, gzip", bad.double_bomb), None),
    "gzip in gzip in gzip in …": Case(
        bad.packed(", ".join(["gzip"] * 9), bad.too_deep), BROKEN, "the body is not what it says"
    ),
    "redirects in a loop": Case(
        bad.redirects(b"/again"), Reason.HTTP_REDIRECT, "redirected more than 10 times, in a loop"
    ),
    "redirects to a file": Case(
        bad.redirects(b"file:///etc/passwd"),
        Reason.HTTP_REDIRECT,
        "redirected to file:///etc/passwd, which is not http or https",
    ),
    "redirects to bytes that are no text": Case(
        bad.redirects(b"http://\xff\xfe/"),
        Reason.HTTP_REDIRECT,
        "redirected to 'http://ÿþ/', which is not a URL that can be called",
    ),
    "resets in the body": Case(
        bad.resets(OK + b"Content-Length: 900\r\n\r\nfirst"),
        BROKEN,
        "connection reset by 127.0.0.1:",
    ),
    "closes in the body": Case(
        bad.says(OK, b"Content-Length: 900\r\n\r\nfirst"),
        BROKEN,
        "the answer broke off, 895 bytes before its end",
    ),
    "closes before it answers": Case(bad.says(), BROKEN, "closed the connection without an answer"),
    "garbage": Case(bad.says(bytes(range(256)) * 10), BROKEN, "does not speak HTTP"),
    "another protocol": Case(
        bad.says(b"220 mail.example ESMTP\r\n"), BROKEN, "does not speak HTTP"
    ),
    "two lengths at once": Case(
        bad.says(OK, b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
        BROKEN,
        "does not speak HTTP",
    ),
    "headers without end": Case(bad.floods(OK, b"X: y\r\n" * 1000), BROKEN, "does not speak HTTP"),
    "a header without end": Case(
        bad.floods(OK + b"X: ", b"y" * 65_536), BROKEN, "does not speak HTTP"
    ),
    "a chunk size without end": Case(
        bad.floods(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65_536),
        BROKEN,
        "does not speak HTTP",
    ),
}


def until(desk: Desk, true: Callable[[], bool]) -> None:
    """Look whenever something changed, until ``true``."""
    look = threading.Event()
    stop = desk.listen(lambda topics: look.set())
    try:
        for _ in range(int(PATIENCE * 10)):
            look.clear()
            if true():
                return
            look.wait(0.1)
    finally:
        stop()
    raise AssertionError("it did not come to that")


def attempted(desk: Desk, run: Run) -> tuple[Run, Attempt]:
    """The run and its attempt, once that has ended."""
    until(desk, lambda: desk.run(run.id).state not in (RunState.QUEUED, RunState.RUNNING))
    (attempt,) = desk.attempts(run.id)
    return desk.run(run.id), attempt


def check(case: Case, run: Run, attempt: Attempt) -> None:
    assert attempt.reason == case.reason, run.error
    if case.reason is None:
        assert run.state is RunState.SUCCEEDED
        assert attempt.response is not None
        assert (attempt.response["body_bytes"], attempt.response["truncated"]) == (MB, True)
    else:
        assert (run.state, run.reason) == (RunState.RETRYING, case.reason)
        assert case.says in (attempt.error or "")
        assert attempt.error == run.error
    assert attempt.duration_ms is not None
    assert attempt.duration_ms < case.timeout * 1000 + 5000


HANGING = [name for name, case in CASES.items() if case.reason is Reason.TIMEOUT]


def test_every_bad_server_at_once_and_cancelling(desk: Desk, own_home: Path) -> None:
    for bomb in (bad.gzip_bomb, bad.deflate_bomb, bad.double_bomb):
        assert sum(map(len, bomb())) < 10 * MB
    good = BadServer(bad.says(OK, b"Content-Length: 2\r\n\r\nok"))
    with ExitStack() as stack, serving(own_home, "--workers", str(len(CASES))) as engine:
        stack.enter_context(closing(good))
        first = desk.push(HttpAction("GET", good.url), retry=LATER)
        assert desk.wait(first.id, timeout=PATIENCE).state is RunState.SUCCEEDED
        servers = {
            name: stack.enter_context(closing(BadServer(case.answer)))
            for name, case in CASES.items()
        }
        with watching(desk, own_home, engine.pid, small=False) as watch:
            runs = {
                name: desk.push(
                    HttpAction("GET", one.url), timeout=CASES[name].timeout, retry=LATER
                )
                for name, one in servers.items()
            }
            for name, case in CASES.items():
                check(case, *attempted(desk, runs[name]))
            cancel_all_that_hang(desk, [servers[name] for name in HANGING])
        assert watch.grown < FLAT


def cancel_all_that_hang(desk: Desk, servers: list[BadServer]) -> None:
    for server in servers:
        server.asked = 0
    runs = [desk.push(HttpAction("GET", one.url), timeout=3600, retry=LATER) for one in servers]
    until(desk, lambda: all(server.asked for server in servers))
    desk.cancel([run.id for run in runs])
    for run in runs:
        ended = desk.wait(run.id, timeout=10)
        assert (ended.state, ended.reason) == (RunState.CANCELLED, Reason.CANCELLED)


@pytest.mark.slow_fault
@pytest.mark.parametrize("name", ["5 GB, announced", "5 GB in chunks", "gzip bomb", "deflate bomb"])
def test_a_quarter_of_a_gigabyte_is_read_without_holding_it(
    desk: Desk, own_home: Path, name: str
) -> None:
    """With the largest cap there is; what is kept of that is up to the cap of all output."""
    most = 256 * MB
    desk.save_settings(desk.settings().model_copy(update={"response_cap": most}))
    with closing(BadServer(CASES[name].answer)) as server, serving(own_home) as engine:
        with watching(desk, own_home, engine.pid) as watch:
            run = desk.push(HttpAction("GET", server.url), timeout=100, retry=LATER)
            assert desk.wait(run.id, timeout=110).state is RunState.SUCCEEDED
        assert watch.grown < FLAT
    (attempt,) = desk.attempts(run.id)
    assert attempt.response is not None
    assert (attempt.response["body_bytes"], attempt.response["truncated"]) == (most, True)
    kept = sum(len(chunk.data) for chunk in desk.log(run.id, stream=Stream.STDOUT))
    assert kept + attempt.omitted_bytes == most
    assert kept < 12 * MB
