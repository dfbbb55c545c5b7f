"""The editor of assertions, by keyboard and mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.assertions import parse_assertions
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Verdict
from jobdesk.gui.context import Context
from jobdesk.gui.models.assertions_draft import AssertionsDraft
from jobdesk.gui.views.assertions.assertions_editor import AssertionsEditor
from tests.gui.models.test_assertions_draft import job_run

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")
STATUS = parse_assertions([{"type": "status_code_in", "value": [200]}])
OUTPUT = parse_assertions(
    [{"type": "exit_code_in", "value": [0]}, {"type": "output_contains", "value": "done"}]
)


@pytest.fixture
def editor(qtbot: QtBot, context: Context) -> AssertionsEditor:
    shown = AssertionsEditor(context)
    qtbot.addWidget(shown)
    shown.resize(560, 400)
    with qtbot.waitExposed(shown):
        shown.show()
    shown.activateWindow()
    shown.show_kind("http")
    return shown


def test_rows_are_added_and_removed_by_keyboard(editor: AssertionsEditor) -> None:
    assert not editor.add.isVisible()
    editor.own.click()
    (first,) = editor.rows
    assert first.value.hasFocus()
    QTest.keyClicks(first.value, "200, 201")
    QTest.keyClick(first.value, Qt.Key.Key_Return)
    second = editor.rows[1]
    assert second.kind.hasFocus()
    assert second.row().type == "header_equals", "one about the status says it all"
    QTest.keyClicks(second.about, "X-Ready")
    QTest.keyClicks(second.value, "yes")
    made = editor.draft().assertions("http")
    assert made == parse_assertions(
        [
            {"type": "status_code_in", "value": [200, 201]},
            {"type": "header_equals", "name": "X-Ready", "value": "yes"},
        ]
    )
    for edit in list(editor.rows):
        QTest.keyClick(edit.value, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert editor.draft() == AssertionsDraft(True)
    assert editor.told.text() == "Nothing more: any 2xx answer is enough."
    assert editor.add.hasFocus()


def test_what_does_not_fit_waits_for_its_kind(editor: AssertionsEditor) -> None:
    editor.load(AssertionsDraft.of(STATUS + OUTPUT))
    assert [edit.row().type for edit in editor.rows] == ["status_code_in"]
    editor.show_kind("script")
    assert [edit.row().type for edit in editor.rows] == ["exit_code_in", "output_contains"]
    assert editor.draft().assertions("script") == OUTPUT
    editor.show_kind(None)
    assert set(editor.draft().assertions(None) or ()) == {*STATUS, *OUTPUT}
    assert not editor.try_them.isVisible(), "there is no one job to try them on"


def test_a_problem_is_shown_once_it_was_typed_or_everything_is(editor: AssertionsEditor) -> None:
    editor.own.click()
    (row,) = editor.rows
    problems = editor.draft().problems("http")
    editor.show_problems(problems, everything=False)
    assert not row.said.isVisible()
    editor.show_problems(problems, everything=True)
    assert row.said.text().startswith("Enter whole numbers")
    QTest.keyClicks(row.value, "200")
    editor.show_problems(editor.draft().problems("http"), everything=True)
    assert not row.said.isVisible()


def test_they_are_tried_on_the_last_run(qtbot: QtBot, editor: AssertionsEditor, desk: Desk) -> None:
    editor.show_kind("script")
    editor.load(AssertionsDraft.of(OUTPUT))
    editor.try_them.click()
    assert editor.told.text().startswith("It hasn't run yet")
    run = job_run(desk, ScriptAction(["/bin/echo"]))
    run.write((Stream.STDOUT, b"half\n"))
    run.conclude(Verdict(Outcome.SUCCEEDED, exit_code=0))
    editor.try_on("it")
    editor.try_them.click()
    qtbot.waitUntil(lambda: editor.told.text() == f"Tried on the output of run {run.id}.")
    code, output = editor.rows
    assert code.said.text() == "Would pass: found 0"
    assert output.said.text() == "Would fail: found 'half'"
    editor.show_problems({}, everything=False)
    assert output.said.isVisible(), "that something else was edited changes nothing about it"
    QTest.keyClicks(output.value, "!")
    assert not output.said.isVisible()
    assert editor.told.text() == ""
