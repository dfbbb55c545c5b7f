"""The real dialog, driven by keyboard and mouse, on a real desk."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from jobdesk.cli.app import run as run_command
from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.assertions import parse_assertions
from jobdesk.domain.job import Job, JobSpec, Overlap
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import FixedBackoff, RetryPolicy
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.gui.context import Context
from jobdesk.gui.models.job_form.schedule_draft import When
from jobdesk.gui.views.job_form.job_dialog import JobDialog
from jobdesk.gui.views.job_form.schedule_form import TABS

# What only a platform without windows says, of popups and sizes.
pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

Open = Callable[..., "Person"]
LEFT = Qt.MouseButton.LeftButton


class Person:
    """Sits in front of the dialog: clicks, types and looks."""

    def __init__(self, dialog: JobDialog, bot: QtBot) -> None:
        self.dialog, self.bot, self.form = dialog, bot, dialog.form
        self.saved: list[str] = []
        dialog.saved.connect(self.saved.append)

    def click(self, widget: QWidget) -> None:
        # A check box reacts where its text is, not all over the row.
        QTest.mouseClick(widget, LEFT, pos=QPoint(12, widget.height() // 2))

    def type(self, widget: QWidget, text: str) -> None:
        """Replace what is in a field."""
        self.click(widget)
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(widget, Qt.Key.Key_Delete)
        QTest.keyClicks(widget, text)

    def tab(self, when: When) -> None:
        bar = self.form.schedule.tabs
        QTest.mouseClick(bar, LEFT, pos=bar.tabRect(list(TABS).index(when)).center())

    def error(self, key: str) -> str:
        """What stands beside a field, and is seen."""
        error = self.form.fields[key].error
        return error.text() if error.isVisible() else ""

    def errors(self) -> dict[str, str]:
        return {key: self.error(key) for key in self.form.fields if self.error(key)}

    def save(self) -> str:
        """Click Save, which works; the name of the job."""
        with self.bot.waitSignal(self.dialog.saved, timeout=5_000):
            self.click(self.form.save)
        return self.saved[-1]

    def refused(self) -> dict[str, str]:
        """Click Save, which doesn't; what stands beside the fields then."""
        self.click(self.form.save)
        assert self.dialog.isVisible()
        assert self.form.save.isEnabled()
        assert self.saved == []
        return self.errors()

    def wait(self, look: Callable[[], bool]) -> None:
        self.bot.waitUntil(look, timeout=5_000)


@pytest.fixture
def open_dialog(context: Context, qtbot: QtBot) -> Iterator[Open]:
    people: list[Person] = []

    def make(**options: Any) -> Person:
        dialog = JobDialog(context, None, **options)
        dialog.open()
        qtbot.waitExposed(dialog)
        people.append(Person(dialog, qtbot))
        qtbot.waitUntil(lambda: bool(dialog.form.preview.retries.text()), timeout=5_000)
        return people[-1]

    yield make
    for person in people:
        if shiboken6.isValid(person.dialog):
            person.dialog.done(0)
            person.dialog.deleteLater()


def rows(desk: Desk, *names: str) -> list[dict[str, Any]]:
    """The specs of jobs as the store has them, but for their names."""
    return [{**desk.job(name).spec.to_json(), "name": ""} for name in names]


# -- making jobs ----------------------------------------------------------------------------


def test_a_script_on_a_cron_schedule(desk: Desk, open_dialog: Open, tmp_path: Path) -> None:
    me = open_dialog()
    assert me.form.name.hasFocus()
    me.type(me.form.name, "backup")
    me.type(me.form.action.command, "sh -c 'exit 0'")
    me.type(me.form.action.cwd, str(tmp_path))
    me.tab(When.CRON)
    me.type(me.form.schedule.cron.edit, "0 7 * * 1-5")
    me.type(me.form.schedule.zone.lineEdit(), "Europe/Berlin")
    me.wait(lambda: me.form.preview.words.text() == "At 07:00, Monday to Friday")
    shown = [row[0].text() for row in me.form.preview.rows]
    assert all(text.endswith("07:00") for text in shown)
    assert me.save() == "backup"
    assert desk.job("backup").spec == JobSpec(
        name="backup",
        action=ScriptAction(["sh", "-c", "exit 0"], cwd=str(tmp_path)),
        trigger=Cron("0 7 * * 1-5", tz="Europe/Berlin"),
    )


def test_a_secret_that_is_not_set_is_said_quietly(desk: Desk, open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "ping")
    me.click(me.form.action.kind.buttons["http"])
    me.type(me.form.action.url, "http://localhost:8000/?key=${secret:KEY}")
    me.wait(lambda: "The secret KEY is not set yet" in me.form.action.secrets.text())
    assert me.form.action.secrets.isVisible()
    desk.secrets.set("KEY", "a good one")
    me.type(me.form.action.url, "http://localhost:8000/?k=${secret:KEY}")
    me.wait(lambda: not me.form.action.secrets.isVisible())
    assert me.save() == "ping"


def test_an_http_call_every_five_minutes(desk: Desk, open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "ping")
    me.click(me.form.action.kind.buttons["http"])
    QTest.keyClicks(me.form.action.method, "post")
    me.type(me.form.action.url, "http://localhost:8000/ping")
    QGuiApplication.clipboard().setText("Accept: text/plain\nX-Key: 1")
    me.form.action.headers.setFocus()
    QTest.keyClick(me.form.action.headers, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    me.type(me.form.action.body, '{"a": 1}')
    me.wait(lambda: me.form.fields["body"].hint.text() == "Valid JSON")
    me.tab(When.EVERY)
    me.type(me.form.schedule.every, "5")
    me.save()
    assert desk.job("ping").spec == JobSpec(
        name="ping",
        action=HttpAction(
            "POST",
            "http://localhost:8000/ping",
            headers={"Accept": "text/plain", "X-Key": "1"},
            body='{"a": 1}',
        ),
        trigger=Every("5m"),
    )


def test_once_after_a_delay_counts_from_saving(desk: Desk, open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "later")
    me.click(me.form.action.through_shell)
    me.type(me.form.action.shell, "echo hi > out")
    me.tab(When.ONCE)
    me.click(me.form.schedule.once.buttons["delay"])
    me.type(me.form.schedule.delay, "banana")
    assert me.error("delay").startswith("Expected a duration such as")
    assert list(me.refused()) == ["delay"]
    me.type(me.form.schedule.delay, "10m")
    before = desk.now()
    me.save()
    spec = desk.job("later").spec
    assert isinstance(spec.trigger, At)
    assert 599 < (spec.trigger.at - before).total_seconds() < 605
    assert spec.action == ScriptAction(shell="echo hi > out", cwd=str(Path.home()))


def test_the_environment_is_typed_cell_by_cell(desk: Desk, open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "env")
    me.type(me.form.action.command, "sh")
    table = me.form.action.env
    first = table.visualRect(table.pairs_model.index(0, 0)).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=first)
    for text in ("LEVEL", "9", "TARGET", "/mnt"):
        editor = QApplication.focusWidget()
        assert editor is not None
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Tab)
    assert table.pairs() == (("LEVEL", "9"), ("TARGET", "/mnt"))
    cross = table.visualRect(table.pairs_model.index(0, 2)).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=cross)
    me.save()
    assert desk.job("env").spec.action == ScriptAction(
        ["sh"], env={"TARGET": "/mnt"}, cwd=str(Path.home())
    )


def test_clicks_python_and_the_command_line_make_equal_rows(
    desk: Desk, open_dialog: Open, tmp_path: Path
) -> None:
    me = open_dialog()
    me.type(me.form.name, "clicked")
    me.type(me.form.action.command, "sh -c 'exit 3' 'a b'")
    me.type(me.form.action.cwd, str(tmp_path))
    me.form.action.env.paste_lines("A=1")
    me.tab(When.WEEKLY)
    me.click(me.form.schedule.weekdays.buttons["3"])
    me.type(me.form.schedule.zone.lineEdit(), "Asia/Tokyo")
    me.click(me.form.more)
    policy = me.form.policy
    me.type(policy.queue.lineEdit(), "nightly")
    me.click(policy.terms.timeout.own)
    me.type(policy.terms.timeout_text, "90s")
    policy.priority.setFocus()
    QTest.keyClick(policy.priority, Qt.Key.Key_Up)
    me.click(policy.terms.retries.own)
    assert policy.terms.retry_count.hasFocus()
    QTest.keyClick(policy.terms.retry_count, Qt.Key.Key_Down)
    me.click(policy.terms.backoff.own)
    me.click(policy.terms.delays.kind.buttons["fixed"])
    me.type(policy.terms.delays.fixed, "5s")
    me.click(policy.terms.permanent.own)
    QTest.keyClicks(policy.terms.stubborn, "yes")
    QTest.keyClicks(policy.overlap, "skip")
    me.wait(lambda: "--backoff fixed:5s" in me.form.preview.command.text())
    command = me.form.preview.command.text().replace("\\\n", " ").replace("clicked", "typed")
    me.save()
    words = shlex.split(command)
    assert words[:4] == ["jobdesk", "job", "add", "typed"]
    assert run_command([*words[1:]], lambda **_: 4) == 0
    desk.add_job(
        "called",
        ScriptAction(["sh", "-c", "exit 3", "a b"], cwd=str(tmp_path), env={"A": "1"}),
        trigger=Cron("0 7 * * 1,3", tz="Asia/Tokyo"),
        queue="nightly",
        priority=1,
        timeout="90s",
        retry=RetryPolicy(retries=2, backoff=FixedBackoff(seconds=5), retry_permanent=True),
        overlap=Overlap.SKIP,
    )
    clicked, typed, called = rows(desk, "clicked", "typed", "called")
    assert clicked == called
    assert typed == called


# -- changing and copying -------------------------------------------------------------------


@pytest.fixture
def report(desk: Desk) -> Job:
    return desk.add_job(
        "report",
        HttpAction("POST", "http://localhost/r", headers={"A": "b"}, body="x\r\ny\u00a0z"),
        trigger=Cron("0 7 * * 1-5", tz="Asia/Tokyo"),
        queue="web",
    )


def test_a_job_that_is_opened_and_saved_stays_as_it_is(
    desk: Desk, open_dialog: Open, report: Job
) -> None:
    me = open_dialog(job=report)
    assert me.form.schedule.when is When.DAILY
    assert not me.dialog.unsaved
    me.save()
    assert desk.job("report").spec == report.spec


def test_what_a_job_leaves_to_its_queue_is_shown_with_what_the_queue_says(
    desk: Desk, open_dialog: Open, report: Job
) -> None:
    asserted = parse_assertions([{"type": "body_contains", "value": "ok"}])
    policy = QueuePolicy(timeout=120, retry=RetryPolicy(retries=2), assertions=asserted)
    desk.set_queue("web", policy=policy)
    me = open_dialog(job=report)
    me.click(me.form.more)
    terms = me.form.policy.terms
    me.wait(lambda: terms.retries.inherited.text() == "2 (from queue web)")
    assert terms.timeout.inherited.text() == "2m (from queue web)"
    assert me.form.success.editor.inherited.text() == "a body with 'ok' (from queue web)"
    me.wait(lambda: "up to 10 s and 20 s" in me.form.preview.retries.text())
    assert not me.dialog.unsaved
    me.click(terms.timeout.own)
    assert terms.timeout_text.text() == "2m", "a switch starts from what held before"
    me.type(terms.timeout_text, "none")
    me.click(terms.retries.own)
    me.type(me.form.policy.callback, "https://example.com/done")
    me.wait(lambda: "--callback" in me.form.preview.command.text())
    assert "--timeout none" in me.form.preview.command.text()
    me.save()
    spec = desk.job("report").spec
    assert (spec.timeout, spec.callback_url) == (NO_LIMIT, "https://example.com/done")
    assert spec.retry is not None
    assert spec.retry.given() == {"retries": 2}
    assert spec.assertions is None


def test_what_makes_a_success_is_set(desk: Desk, open_dialog: Open, report: Job) -> None:
    me = open_dialog(job=report)
    editor = me.form.success.editor
    assert editor.inherited.text() == "any 2xx answer (default)"
    me.click(editor.own)
    row = editor.rows[0]
    QTest.keyClicks(row.value, "200, x")
    me.wait(lambda: row.said.isVisible())
    me.refused()
    assert row.value.hasFocus()
    me.type(row.value, "200, 404")
    assert not row.said.isVisible()
    me.wait(lambda: "--assert" in me.form.preview.command.text())
    me.save()
    assert desk.job("report").spec.assertions == parse_assertions(
        [{"type": "status_code_in", "value": [200, 404]}]
    )


def test_a_job_is_changed_and_renamed(desk: Desk, open_dialog: Open, report: Job) -> None:
    me = open_dialog(job=report)
    me.type(me.form.name, "daily report")
    me.click(me.form.schedule.weekdays_only)
    assert me.save() == "daily report"
    assert [job.name for job in desk.jobs()] == ["daily report"]
    assert desk.job("daily report").spec.trigger == Cron("0 7 * * *", tz="Asia/Tokyo")
    assert desk.job("daily report").id == report.id


def test_a_copy_is_a_new_job(desk: Desk, open_dialog: Open, report: Job) -> None:
    desk.add(report.spec.model_copy(update={"name": "report (copy)"}))
    me = open_dialog(job=report, duplicate=True)
    me.wait(lambda: me.form.name.text() == "report (copy 2)")
    assert not me.dialog.unsaved
    me.save()
    original, copy = rows(desk, "report", "report (copy 2)")
    assert original == copy


# -- what is wrong --------------------------------------------------------------------------


def test_nothing_is_said_before_a_field_is_touched(desk: Desk, open_dialog: Open) -> None:
    me = open_dialog()
    assert me.errors() == {}
    me.type(me.form.name, "x")
    QTest.keyClick(me.form.name, Qt.Key.Key_Backspace)
    assert me.errors() == {"name": "Enter a name"}
    assert set(me.refused()) == {"name", "command"}
    assert me.form.name.hasFocus()
    assert "2 fields need" in me.form.trouble.text()
    assert desk.jobs() == []


@pytest.mark.parametrize(
    ("expression", "accepted"),
    [("61 * * * *", "minutes 0-59, not '61'"), ("0 0 31 2 *", "no year has this day")],
)
def test_a_bad_cron_expression(
    desk: Desk, open_dialog: Open, expression: str, accepted: str
) -> None:
    me = open_dialog()
    me.type(me.form.name, "x")
    me.type(me.form.action.command, "sh")
    me.tab(When.CRON)
    me.type(me.form.schedule.cron.edit, expression)
    assert list(me.errors()) == ["cron"]
    assert accepted in me.error("cron")
    assert list(me.refused()) == ["cron"]
    assert me.form.schedule.cron.edit.hasFocus()
    assert me.form.schedule.cron.edit.property("invalid") is True
    assert desk.jobs() == []


def test_an_unknown_zone(open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "x")
    me.type(me.form.action.command, "sh")
    me.tab(When.DAILY)
    me.type(me.form.schedule.zone.lineEdit(), "Europe/Berlinn")
    assert "did you mean Europe/Berlin" in me.error("tz")
    assert list(me.refused()) == ["tz"]


def test_a_url_without_a_scheme_and_an_overlong_name(open_dialog: Open) -> None:
    me = open_dialog()
    QGuiApplication.clipboard().setText("two\nlines\n")
    QTest.keyClick(me.form.name, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert me.form.name.text() == "two lines"
    QGuiApplication.clipboard().setText("x" * 300)
    QTest.keyClick(me.form.name, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "at most 255" in me.error("name")
    me.click(me.form.action.kind.buttons["http"])
    me.type(me.form.action.url, "example.com/x")
    assert "an http or https URL with a host" in me.error("url")
    assert set(me.refused()) == {"name", "url"}


def test_a_10_mb_environment_variable(open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "x")
    me.type(me.form.action.command, "sh")
    me.form.action.env.paste_lines("BIG=" + "x" * 10_000_000)
    assert me.error("env") == "BIG: expected at most 131,071 bytes"
    assert list(me.refused()) == ["env"]


def test_a_name_that_is_taken(desk: Desk, open_dialog: Open, report: Job) -> None:
    me = open_dialog()
    me.type(me.form.action.command, "sh")
    me.wait(lambda: me.form.policy.queue.count() > 0)
    me.type(me.form.name, "report")
    assert "another name" in me.error("name")
    # Somebody else takes a name while the form is open: the desk has the last word.
    desk.add(report.spec.model_copy(update={"name": "late"}))
    me.type(me.form.name, "late")
    assert me.errors() == {}
    me.click(me.form.save)
    me.wait(lambda: bool(me.error("name")))
    assert me.form.name.hasFocus()
    assert me.saved == []
    QTest.keyClicks(me.form.name, "r")
    assert me.errors() == {}
    assert me.save() == "later"


def test_a_problem_in_the_options_opens_them(open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "x")
    me.type(me.form.action.command, "sh")
    me.click(me.form.more)
    me.click(me.form.policy.terms.timeout.own)
    me.type(me.form.policy.terms.timeout_text, "soon")
    me.click(me.form.more)
    assert not me.form.policy.isVisible()
    assert list(me.refused()) == ["timeout"]
    assert me.form.policy.terms.timeout_text.hasFocus()


def test_a_job_that_is_gone_meanwhile_is_said(desk: Desk, open_dialog: Open, report: Job) -> None:
    me = open_dialog(job=report)
    me.type(me.form.name, "other")
    desk.remove_job("report")
    me.click(me.form.save)
    me.wait(lambda: "no such job" in me.form.trouble.text())
    assert me.saved == []
    assert me.form.save.isEnabled()


def test_a_program_that_is_not_there_is_a_note_not_an_error(open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "x")
    me.type(me.form.action.command, "no-such-program-anywhere")
    me.wait(lambda: "was not found" in me.form.fields["command"].hint.text())
    assert me.errors() == {}
    assert me.save() == "x"


# -- leaving --------------------------------------------------------------------------------


def test_escape_asks_only_when_something_would_be_lost(open_dialog: Open) -> None:
    me = open_dialog()
    QTest.keyClicks(me.form.name, "x")
    QTest.keyClick(me.form.name, Qt.Key.Key_Escape)
    box = me.dialog.findChild(QMessageBox)
    assert box is not None
    assert box.isVisible()
    keep, discard = (
        next(button for button in box.buttons() if button.text() == text)
        for text in ("Keep editing", "Discard")
    )
    me.click(keep)
    assert me.dialog.isVisible()
    QTest.keyClick(me.form.name, Qt.Key.Key_Backspace)
    assert not me.dialog.unsaved
    QTest.keyClicks(me.form.name, "x")
    QTest.keyClick(me.form.name, Qt.Key.Key_Escape)
    box = me.dialog.findChildren(QMessageBox)[-1]
    discard = next(button for button in box.buttons() if button.text() == "Discard")
    with me.bot.waitSignal(me.dialog.rejected):
        me.click(discard)


def test_escape_closes_an_untouched_form(open_dialog: Open) -> None:
    me = open_dialog()
    with me.bot.waitSignal(me.dialog.rejected):
        QTest.keyClick(me.form.name, Qt.Key.Key_Escape)


@pytest.mark.parametrize("field", ["name", "command"])
def test_control_enter_saves_from_anywhere(open_dialog: Open, field: str) -> None:
    me = open_dialog()
    me.type(me.form.name, "quick")
    me.type(me.form.action.command, "sh")
    target = me.form.name if field == "name" else me.form.action.command
    target.setFocus()
    with me.bot.waitSignal(me.dialog.saved, timeout=5_000):
        QTest.keyClick(target, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_tab_goes_from_field_to_field(open_dialog: Open) -> None:
    me = open_dialog()
    visited = [me.form.name]
    for _ in range(10):
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget())  # type: ignore[arg-type]
    action = me.form.action
    assert visited[1:6] == [
        action.kind.buttons["script"],
        action.command,
        action.through_shell,
        action.cwd,
        visited[5],
    ]
    assert action.env in visited
    assert me.form.schedule.tabs in visited
    assert me.form.told.button in visited
    assert me.form.more in visited


def test_the_list_of_delays_sets_the_number_of_retries(desk: Desk, open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "x")
    me.type(me.form.action.command, "sh")
    me.click(me.form.more)
    terms = me.form.policy.terms
    me.click(terms.backoff.own)
    me.click(terms.delays.kind.buttons["list"])
    me.type(terms.delays.delays, "1s, 2s, 3s, 4s, 5s")
    assert terms.retries.inherited.text() == "5 (one for each delay)"
    me.save()
    assert str(desk.job("x").spec.retry.backoff) == "list:1s,2s,3s,4s,5s"
    assert desk.job("x").spec.retry.retries == 5


def test_the_cron_tab_begins_with_what_the_builder_said(open_dialog: Open) -> None:
    me = open_dialog()
    me.tab(When.MONTHLY)
    me.tab(When.CRON)
    assert me.form.schedule.cron.text == "0 7 1 * *"


def test_a_huge_body_is_held_whole_though_only_its_beginning_is_shown(
    desk: Desk, open_dialog: Open
) -> None:
    me = open_dialog()
    me.type(me.form.name, "big")
    me.click(me.form.action.kind.buttons["http"])
    me.type(me.form.action.url, "http://localhost/")
    body = me.form.action.body
    QTest.keyClicks(body, "ab")
    QTest.keyClick(body, Qt.Key.Key_Left)
    QGuiApplication.clipboard().setText("x" * 2_000_000)
    QTest.keyClick(body, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "2,000,002 characters in all" in body.toPlainText()
    QTest.keyClicks(body, "not typed")
    me.save()
    action = desk.job("big").spec.action
    assert isinstance(action, HttpAction)
    assert action.body == "a" + "x" * 2_000_000 + "b"


def test_delete_removes_a_text_that_is_too_long_to_edit(open_dialog: Open, report: Job) -> None:
    action = HttpAction("POST", "http://localhost/", body="x" * 400_000)
    job = replace(report, spec=report.spec.model_copy(update={"action": action}))
    me = open_dialog(job=job)
    assert not me.dialog.unsaved
    me.form.action.body.setFocus()
    QTest.keyClick(me.form.action.body, Qt.Key.Key_Delete)
    QTest.keyClicks(me.form.action.body, "short")
    assert me.dialog.draft().action.body == "short"


def test_the_theme_may_change_while_the_form_is_open(
    context: Context, open_dialog: Open, qapp: QApplication
) -> None:
    me = open_dialog()
    me.tab(When.WEEKLY)
    before = me.form.schedule.weekdays.styleSheet()
    context.theme.set_appearance("dark")
    assert me.form.schedule.weekdays.styleSheet() != before


def test_a_line_goes_along_to_the_shell_when_the_box_is_ticked(
    desk: Desk, open_dialog: Open
) -> None:
    me = open_dialog()
    action = me.form.action
    me.type(me.form.name, "count")
    me.type(action.command, "ls | wc -l")
    me.click(action.through_shell)
    assert action.shell.text() == "ls | wc -l"
    me.type(action.shell, "ls | sort")
    me.click(action.through_shell)
    me.click(action.through_shell)
    assert action.shell.text() == "ls | sort", "what stands there already stays"
    me.save()
    assert desk.job("count").spec.action == ScriptAction(shell="ls | sort", cwd=str(Path.home()))


def test_the_command_beside_the_form_is_only_to_be_read(open_dialog: Open) -> None:
    me = open_dialog()
    me.type(me.form.name, "count")
    me.type(me.form.action.command, "ls")
    command = me.form.preview.command
    me.wait(lambda: command.text().startswith("jobdesk job add count"))
    shown = command.text()
    command.setFocus()
    QTest.keyClicks(command, "web")
    assert command.isReadOnly()
    assert command.text() == shown


@pytest.mark.parametrize("typed", ["europe/berlin", "Europe/Berli", "Berlin"])
def test_a_zone_that_only_one_fits_is_completed_on_leaving(open_dialog: Open, typed: str) -> None:
    me = open_dialog()
    me.tab(When.CRON)
    zone = me.form.schedule.zone
    me.wait(lambda: zone.count() > 100)
    me.type(zone.lineEdit(), typed)
    zone.completer().popup().hide()
    me.click(me.form.name)
    assert zone.currentText() == "Europe/Berlin"


def test_the_options_come_after_the_schedule_and_the_preview_last(open_dialog: Open) -> None:
    me = open_dialog()
    chain, widget = [], me.form.name.nextInFocusChain()
    while widget is not me.form.name:
        chain.append(widget)
        widget = widget.nextInFocusChain()
    places = [
        chain.index(each)
        for each in (
            me.form.schedule.zone,
            me.form.more,
            me.form.policy.fields["queue"].target,
            me.form.save,
            me.form.preview.copy,
            me.form.preview.command,
        )
    ]
    assert places == sorted(places)


def test_alerts_are_said_here_or_left_to_the_queue(
    open_dialog: Open, desk: Desk, qtbot: QtBot
) -> None:
    told = AlertPolicy(channels=("desktop",), kinds=("failure",), threshold=3)
    desk.set_queue("web", policy=QueuePolicy(alerts=told))
    spec = JobSpec(name="a", action=ScriptAction(["true"]), queue="web")
    me = open_dialog(job=desk.add(spec))
    alerts = me.form.alerts
    me.wait(lambda: "web" in alerts.own["threshold"].inherited.text())
    assert me.form.told.words.text() == "of failure (from queue web)"
    assert alerts.isHidden()
    me.click(me.form.told.button)
    me.click(alerts.own["late_factor"].own)
    alerts.late_factor.setText("1")
    assert me.error("late_factor")
    assert "late_factor" in me.refused()
    alerts.late_factor.setText("4")
    assert me.form.told.words.text() == "late limits"
    assert desk.job(me.save()).spec.alerts == AlertPolicy(late_factor=4)
