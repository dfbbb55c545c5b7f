"""What a server says about when to come back, and what a person sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from jobdesk import Desk, HttpAction, RetryPolicy
from jobdesk.cli.app import run as cli
from jobdesk.domain.outcome import Reason
from jobdesk.domain.retry import FixedBackoff
from jobdesk.domain.run import Run, RunState
from jobdesk.gui.models.run.run_page_words import live
from jobdesk.gui.models.run_words import detail
from tests.faults.http.bad_servers import BadServer, says
from tests.faults.http.test_bad_servers import attempted
from tests.support.command import serving

POLICY = RetryPolicy(retries=1, backoff=FixedBackoff(seconds=60))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SLACK = timedelta(seconds=30)
"""A date is in whole seconds, and a busy machine answers late."""

TOO_LONG = "; the server asks to wait longer than 1 day, so 1 day is waited"


def ahead(span: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + span, usegmt=True)


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


def the_cases() -> list[tuple[str, str, timedelta, str]]:
    """What the server says (status, Retry-After), what is waited, and what is said of it."""
    return [
        ("503 Service Unavailable", "120", timedelta(seconds=120), "; the server asks to wait 2m"),
        ("429 Too Many Requests", ahead(timedelta(hours=2)), timedelta(hours=2), "; the server"),
        ("429 Too Many Requests", "2027", timedelta(seconds=2027), "; the server asks to wait 33m"),
        ("503 Service Unavailable", "31536000", DAY, TOO_LONG),
        ("503 Service Unavailable", "9" * 400, DAY, TOO_LONG),
        ("503 Service Unavailable", ahead(timedelta(days=365)), DAY, TOO_LONG),
        ("503 Service Unavailable", "7", MINUTE, ""),
        ("503 Service Unavailable", ahead(timedelta(days=-1)), MINUTE, ""),
        ("429 Too Many Requests", "soon, maybe", MINUTE, ""),
        ("503 Service Unavailable", "-1", MINUTE, ""),
        ("503 Service Unavailable", "2027-01-01T00:00:00Z", MINUTE, ""),
    ]


def test_it_is_a_floor_of_at_most_a_day_and_the_reason_is_said(
    desk: Desk, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as stack, serving(own_home):
        cases = the_cases()  # now: starting the engine takes a while
        runs = []
        for status, value, _delay, _words in cases:
            head = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nRetry-After: {value}\r\n\r\n"
            server = stack.enter_context(closing(BadServer(says(head.encode()))))
            runs.append(desk.push(HttpAction("GET", server.url), retry=POLICY))
        for run, case in zip(runs, cases, strict=True):
            check(desk, run, *case)
        capsys.readouterr()
        assert cli(["show", str(runs[0].id)], no_engine) == 0
        shown = capsys.readouterr().out
        assert "(HTTP 503 Service Unavailable; the server asks to wait 2m)" in shown
        assert "next attempt: " in shown
        rubbish = b"".join(chunk.data for chunk in desk.log(runs[8].id))
        assert b"Retry-After 'soon, maybe' is no delay or date; ignored" in rubbish


def no_engine(*, origin: str, workers: int | None, until_idle: bool) -> int:
    raise AssertionError("show needs none")


def check(desk: Desk, pushed: Run, status: str, value: str, delay: timedelta, words: str) -> None:
    run, attempt = attempted(desk, pushed)
    assert run.state is RunState.RETRYING, value
    server_error = status.startswith("5")
    assert run.reason is (Reason.HTTP_SERVER_ERROR if server_error else Reason.HTTP_CLIENT_ERROR)
    assert attempt.error == f"HTTP {status}", "the attempt itself knows nothing of waiting"
    assert attempt.finished_at is not None
    waits = run.available_at - attempt.finished_at
    assert delay - SLACK < waits <= delay + timedelta(seconds=1), value
    error = run.error or ""
    assert error.startswith(f"HTTP {status}{words}"), value
    assert words or error == f"HTTP {status}"
    # In the window's lists and on the run's page, which shows the error, too.
    listed = detail(run, run.available_at - timedelta(seconds=59))
    assert listed == f"Retry in 0:59 · {error}"
    assert (
        live(run, run.available_at - timedelta(seconds=59)) == "Next try in 0:59 (attempt 2 of 2)"
    )
