"""The page of a run: what it says in every state, and what can be done there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.assertions import parse_assertions
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import FixedBackoff, RetryPolicy
from jobdesk.domain.run import RunState
from jobdesk.gui.context import Context
from jobdesk.gui.views.log.toolbar import LogToolbar
from jobdesk.gui.views.run.run_page import RunPage
from jobdesk.store.runs import RunFilter
from tests.gui.run_builder import RunBuilder

OUT = Stream.STDOUT
EXIT_7 = Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 7", exit_code=7)
OK = Verdict(Outcome.SUCCEEDED, exit_code=0)
ONCE = RetryPolicy(retries=0)
SLOWLY = RetryPolicy(retries=3, backoff=FixedBackoff(seconds=600))
AT_ONCE = RetryPolicy(retries=3, backoff=FixedBackoff(seconds=0))
SCRIPT = ScriptAction(["/bin/echo", "hello"], cwd="/tmp", env={"TOKEN": "secret"})


@pytest.fixture
def page(qtbot: QtBot, context: Context) -> Iterator[RunPage]:
    shown = RunPage(context)
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    with qtbot.waitExposed(shown):
        shown.show()
    yield shown
    shown.deactivate()


def open_run(qtbot: QtBot, page: RunPage, run_id: int) -> None:
    page.show_run(run_id)
    page.activate()
    qtbot.waitUntil(lambda: page.header.id_button.text() == f"#{run_id}")


def offered(page: RunPage) -> set[str]:
    return {button.text() for button in page.header._buttons if not button.isHidden()}


def lines(page: RunPage) -> list[str]:
    canvas = page.log.canvas
    return [canvas.drawn(at).text.text for at in range(len(canvas.rows))]


def test_a_dead_letter_is_explained_and_replayed(
    qtbot: QtBot, page: RunPage, desk: Desk, context: Context
) -> None:
    run = RunBuilder(desk, SCRIPT, ONCE, timeout=90, priority=5, queue="nightly")
    run.start()
    run.write((OUT, b"hello\n"))
    run.conclude(EXIT_7)
    open_run(qtbot, page, run.id)
    header = page.header
    assert header.badge.text == "Dead"
    assert "exit code was not 0" in header.sentence.text()
    assert header.error.text() == "exit code 7"
    assert offered(page) == {"Replay", "Discard"}
    qtbot.waitUntil(lambda: lines(page) == ["hello"])
    facts = page.facts
    assert facts.value("Origin") == "Pushed"
    assert facts.value("Priority") == "5"
    assert facts.value("Timeout") == "1m30s"
    assert facts.value("Retries") == "No retries"
    assert (facts.note("Timeout"), facts.note("Retries")) == ("from the push", "from the push")
    assert facts.value("Command") == "/bin/echo hello"
    assert facts.value("Folder") == "/tmp"
    assert facts.value("Environment") == "TOKEN"
    assert not page.tabs.isTabVisible(page.tabs.indexOf(page.http))

    with qtbot.waitSignal(context.navigation.notify):
        header.replay.click()
    qtbot.waitUntil(lambda: not header.replayed_by.isHidden())
    assert "Replay" not in offered(page)
    replayed = desk.run(run.id).replayed_by
    with qtbot.waitSignal(context.navigation.open_run) as asked:
        header.replayed_by.click()
    assert asked.args == [replayed]
    assert replayed is not None
    open_run(qtbot, page, replayed)
    assert header.replay_of.text() == f"Replay of #{run.id}"
    assert facts.value("Origin") == f"Replay of #{run.id}"


def test_what_the_queue_said_is_shown_as_its_word(page: RunPage, desk: Desk, qtbot: QtBot) -> None:
    desk.set_queue("emails", policy=QueuePolicy(timeout="2m", retry=RetryPolicy(retries=5)))
    open_run(qtbot, page, RunBuilder(desk, SCRIPT, queue="emails").id)
    facts = page.facts
    assert (facts.value("Timeout"), facts.note("Timeout")) == ("2m", "from queue emails")
    assert facts.note("Retries") == "number from queue emails, the rest default"


def test_a_retrying_run_counts_down_and_is_tried_now(
    qtbot: QtBot, page: RunPage, desk: Desk
) -> None:
    run = RunBuilder(desk, SCRIPT, SLOWLY)
    run.start()
    run.conclude(EXIT_7)
    open_run(qtbot, page, run.id)
    available = desk.run(run.id).available_at
    page.header.tick(available - timedelta(seconds=42))
    assert page.header.live.text() == "Next try in 0:42 (attempt 2 of 4)"
    page.header.tick(available - timedelta(seconds=41))
    assert page.header.live.text() == "Next try in 0:41 (attempt 2 of 4)"
    assert offered(page) == {"Retry now", "Cancel"}
    page.header.retry.click()
    qtbot.waitUntil(lambda: page.header.badge.text == "Queued")
    assert desk.run(run.id).state is RunState.QUEUED
    assert offered(page) == {"Cancel"}


def test_a_running_run_is_followed_live_to_its_end(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    run = RunBuilder(desk, SCRIPT, SLOWLY)
    run.start()
    run.write((OUT, b"begin\n10%\r"))
    open_run(qtbot, page, run.id)
    began = desk.run(run.id).attempt_started_at
    assert began is not None
    page.header.tick(began + timedelta(seconds=12))
    assert page.header.sentence.text() == "Running for 12 s · attempt 1 of 4"
    assert offered(page) == {"Cancel"}
    qtbot.waitUntil(lambda: lines(page) == ["begin", "10%"])
    run.write((OUT, b"100%\r\nend\n"))
    qtbot.waitUntil(lambda: lines(page) == ["begin", "100%", "end"])
    run.conclude(OK)
    qtbot.waitUntil(lambda: page.header.badge.text == "Succeeded")
    assert "at the first attempt" in page.header.sentence.text()
    assert offered(page) == {"Run again"}
    assert page.log.toolbar.follow.isHidden()


def test_cancelling_says_so_until_it_is_done(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    run = RunBuilder(desk, SCRIPT)
    run.start()
    open_run(qtbot, page, run.id)
    desk.cancel([run.id])
    qtbot.waitUntil(lambda: "Being cancelled" in page.header.sentence.text())
    assert offered(page) == {"Cancel"}
    assert not page.header.cancel.isEnabled()


def test_a_scheduled_run_has_no_attempts_yet(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    run = desk.push(SCRIPT, delay="2h")
    open_run(qtbot, page, run.id)
    page.header.tick(run.available_at - timedelta(minutes=5))
    assert page.header.live.text() == "Starts in 5 m 00 s"
    assert page.attempts.isHidden()
    assert "first attempt" in page.log.canvas.placeholder


def test_attempts_follow_the_latest_unless_another_was_picked(
    qtbot: QtBot, page: RunPage, desk: Desk
) -> None:
    run = RunBuilder(desk, SCRIPT, AT_ONCE)
    for number in (1, 2):
        run.start()
        run.write((OUT, b"attempt %d\n" % number))
        run.conclude(EXIT_7)
    open_run(qtbot, page, run.id)
    qtbot.waitUntil(lambda: lines(page) == ["attempt 2"])
    assert [page.attempts.item(row).text() for row in range(2)] == [
        "Attempt 2: Failed. exit code 7",
        "Attempt 1: Failed. exit code 7",
    ]
    run.start()
    run.write((OUT, b"attempt 3\n"))
    page.read()
    qtbot.waitUntil(lambda: lines(page) == ["attempt 3"])

    page.attempts.setCurrentRow(2)
    qtbot.waitUntil(lambda: lines(page) == ["attempt 1"])
    run.conclude(EXIT_7)
    run.start()
    page.read()
    qtbot.waitUntil(lambda: page.attempts.count() == 4)
    assert page.attempts.current is not None
    assert page.attempts.current.number == 1
    page.attempts.setCurrentRow(0)
    run.conclude(OK)
    qtbot.waitUntil(lambda: page.header.badge.text == "Succeeded")
    assert page.attempts.current.number == 4
    assert "after 4 attempts" in page.header.sentence.text()


REQUEST = {
    "method": "POST",
    "url": "http://127.0.0.1:8000/report",
    "headers": {"Host": "127.0.0.1:8000", "Content-Type": "application/json"},
    "body": '{"price": 1.10}',
    "body_bytes": 15,
    "redirects": [],
}
RESPONSE = {
    "status": 503,
    "reason": "Service Unavailable",
    "headers": {"Content-Type": "application/json", "Retry-After": "30"},
    "body_bytes": 22,
    "truncated": False,
    "content_type": "application/json",
    "encoding": None,
    "timing": {"first_byte_ms": 11, "total_ms": 1250},
}


def body(page: RunPage) -> list[str]:
    canvas = page.http.response.text.canvas
    return [canvas.drawn(at).text.text for at in range(len(canvas.rows))]


def test_http_shows_request_and_response(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    run = RunBuilder(desk, HttpAction("POST", "http://127.0.0.1:8000/report"), SLOWLY)
    run.start()
    run.write((Stream.SYSTEM, b"POST ...\n"), (OUT, b'{"error":"tired",'), (OUT, b'"n":1e2}'))
    verdict = Verdict(
        Outcome.FAILED,
        Reason.HTTP_SERVER_ERROR,
        "HTTP 503 Service Unavailable",
        http_status=503,
        request=REQUEST,
        response=RESPONSE,
    )
    run.conclude(verdict)
    open_run(qtbot, page, run.id)
    assert page.tabs.isTabVisible(page.tabs.indexOf(page.http))
    page.tabs.setCurrentWidget(page.http)
    request, response = page.http.request, page.http.response
    assert request.line.whole_text() == "POST http://127.0.0.1:8000/report"
    assert response.badge.text == "503 Service Unavailable"
    assert response.told.whole_text() == "22 bytes · answered after 11 ms · 1.2 s in all"
    assert response.headers.rowCount() == 2
    qtbot.waitUntil(lambda: body(page) == ["{", '  "error": "tired",', '  "n": 1e2', "}"])
    response.pretty.click()
    qtbot.waitUntil(lambda: body(page) == ['{"error":"tired","n":1e2}'])
    response.headers.selectRow(1)
    QTest.keyClick(response.headers, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Retry-After: 30"


def test_http_without_an_answer_says_why(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    run = RunBuilder(desk, HttpAction("GET", "http://127.0.0.1:9/x"), ONCE)
    run.start()
    error = "connection refused by 127.0.0.1:9"
    run.conclude(Verdict(Outcome.FAILED, Reason.CONNECTION_ERROR, error))
    open_run(qtbot, page, run.id)
    assert page.http.response.none.text() == error
    assert "The log says why" in page.http.request.none.text()


def test_details_are_copied_whole(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    run = desk.push(SCRIPT)
    open_run(qtbot, page, run.id)
    page.details._copy()
    copied = QGuiApplication.clipboard().text()
    assert ScriptAction.model_validate_json(copied) == SCRIPT
    assert copied.count("\n") > 5
    page.header.id_button.click()
    assert QGuiApplication.clipboard().text() == str(run.id)


def test_a_run_that_is_gone_says_so(qtbot: QtBot, page: RunPage, context: Context) -> None:
    page.show_run(999)
    qtbot.waitUntil(lambda: page._missing.isVisible())
    with qtbot.waitSignal(context.navigation.show_page) as asked:
        page._missing.clicked.emit()
    assert asked.args == ["runs"]


def test_links_and_the_way_back(qtbot: QtBot, page: RunPage, desk: Desk, context: Context) -> None:
    desk.add_job("report", SCRIPT, queue="bulk")
    run = desk.run_job("report")
    open_run(qtbot, page, run.id)
    with qtbot.waitSignal(context.navigation.open_job) as asked:
        page.facts.job.click()
    assert asked.args == ["report"]
    with qtbot.waitSignal(context.navigation.show_runs) as asked:
        page.facts.queue.click()
    assert asked.args == [RunFilter(queue="bulk")]
    page.log.searcher.open_bar()
    QTest.keyClick(page.log.canvas, Qt.Key.Key_Escape)
    assert not page.log.bar.isVisible()
    with qtbot.waitSignal(context.navigation.back):
        QTest.keyClick(page.log.canvas, Qt.Key.Key_Escape)
    desk.remove_job("report")
    page.read()
    qtbot.waitUntil(lambda: not page.facts.job.isEnabled())
    assert page.facts.job.text() == "report"


def test_out_of_sight_nothing_is_read(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    run = RunBuilder(desk, SCRIPT)
    open_run(qtbot, page, run.id)
    page.deactivate()
    asked: list[int] = []
    page.read = lambda: asked.append(1)  # type: ignore[method-assign]
    with qtbot.waitSignal(page.context.watch.changed):
        run.start()
        desk.set_queue("other", concurrency=1)
    assert not asked
    assert page.header.badge.text == "Queued"


def test_a_run_that_waits_for_a_paused_queue_says_so(
    qtbot: QtBot, page: RunPage, desk: Desk
) -> None:
    run = desk.push(SCRIPT, queue="slow")
    desk.pause_queue("slow")
    open_run(qtbot, page, run.id)
    qtbot.waitUntil(lambda: "queue “slow” is paused" in page.header.sentence.text())
    desk.pause_queue("slow", False)
    qtbot.waitUntil(lambda: page.header.sentence.text() == "Ready; waiting for a free worker.")


def test_another_run_is_opened_with_all_of_its_log(qtbot: QtBot, page: RunPage, desk: Desk) -> None:
    first, second = RunBuilder(desk, SCRIPT), RunBuilder(desk, SCRIPT)
    first.start()
    second.start()
    second.write((OUT, b"here\n"))
    open_run(qtbot, page, first.id)
    page.log.toolbar.chips.button(2).click()
    assert page.log.toolbar.stream is Stream.STDERR
    open_run(qtbot, page, second.id)
    qtbot.waitUntil(lambda: lines(page) == ["here"])
    assert page.log.toolbar.stream is None


def test_where_it_is_narrow_no_word_above_the_log_is_cut(qtbot: QtBot, context: Context) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = LogToolbar(context, window)
    bar.tell("2 lines · 20 bytes")
    window.show()
    bar.resize(2_000, 40)
    whole = bar.sizeHint().width()
    bar.resize(whole, 40)
    assert not bar.told.isHidden()
    bar.resize(whole - 1, 40)
    assert bar.told.isHidden()
    assert bar.follow.text() == "Follow"
    bar.resize(bar.sizeHint().width() - 1, 40)
    assert not bar.follow.text()
    assert bar.sizeHint().width() <= bar.width()
    bar.resize(whole, 40)
    assert not bar.told.isHidden()
    assert bar.follow.text() == "Follow"


def test_a_callback_and_the_run_it_tells_about_lead_to_each_other(
    qtbot: QtBot, page: RunPage, desk: Desk, context: Context
) -> None:
    url = "https://example.com/done"
    told = RunBuilder(desk, SCRIPT, ONCE, callback_url=url, timeout="none")
    told.start()
    told.conclude(OK)
    opened: list[int] = []
    context.navigation.open_run.connect(opened.append)
    open_run(qtbot, page, told.id)
    (callback,) = desk.callbacks_of(told.id)
    assert page.header.callback.text() == f"Callback: run {callback.id}, queued"
    assert page.header.about.isHidden()
    assert page.facts.value("Calls back") == url
    assert page.facts.value("Timeout") == "None"
    page.header.callback.click()
    open_run(qtbot, page, callback.id)
    assert page.header.callback.isHidden()
    assert page.header.about.text() == f"Tells about run {told.id}"
    assert page.facts.value("Origin") == "Callback"
    page.header.about.click()
    assert opened == [callback.id, told.id]


def test_what_a_run_had_to_bring_is_among_its_facts(
    qtbot: QtBot, page: RunPage, desk: Desk
) -> None:
    asserted = parse_assertions([{"type": "output_contains", "value": "done"}])
    desk.set_queue("web", policy=QueuePolicy(assertions=asserted))
    run = RunBuilder(desk, SCRIPT, ONCE, queue="web")
    run.start()
    said = "expected output with 'done'; found 'half'"
    run.conclude(Verdict(Outcome.FAILED, Reason.OUTPUT_ASSERTION, said, exit_code=0))
    open_run(qtbot, page, run.id)
    assert page.facts.value("Success") == "Output with 'done'"
    assert page.facts.note("Success") == "from queue web"
    assert "not what the job expects" in page.header.sentence.text()
    assert page.header.error.text() == said
