"""The queue dialog on a real desk."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.alert import AlertKind, AlertPolicy
from jobdesk.domain.assertions import parse_assertions
from jobdesk.domain.queue import Queue, QueuePolicy, Rate
from jobdesk.domain.retry import ListBackoff, RetryPolicy
from jobdesk.gui.context import Context
from jobdesk.gui.views.queues.queue_dialog import QueueDialog

POLICY = QueuePolicy(
    rate="5/s",
    retry=RetryPolicy(retries=9),
    assertions=[{"type": "status_code_equals", "value": "200"}],
)


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    """A fixture of its own, so that it lives as long as the dialog on it."""
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def queue(desk: Desk) -> Queue:
    return desk.set_queue("emails", concurrency=2, policy=POLICY)


@pytest.fixture
def dialog(context: Context, qtbot: QtBot, parent: QWidget, queue: Queue) -> QueueDialog:
    widget = QueueDialog(context, parent, queue=queue)
    widget.open()
    shown = widget.history.dead_days.inherited
    qtbot.waitUntil(lambda: shown.text() == "90 days (settings)")
    return widget


def save(qtbot: QtBot, dialog: QueueDialog) -> None:
    with qtbot.waitSignal(dialog.saved):
        dialog.save.click()


def test_saving_what_was_only_looked_at_changes_nothing(
    dialog: QueueDialog, desk: Desk, qtbot: QtBot, queue: Queue
) -> None:
    save(qtbot, dialog)
    assert desk.queue("emails") == queue


def test_a_queue_says_what_makes_a_success_for_both_kinds(
    dialog: QueueDialog, desk: Desk, qtbot: QtBot
) -> None:
    dialog.tabs.setCurrentIndex(2)
    editor = dialog.success.editor
    (row,) = editor.rows
    assert row.row().type == "status_code_equals"
    editor.add.click()
    added = editor.rows[1]
    added.kind.setCurrentIndex(added.kind.findData("exit_code_in"))
    added.kind.activated.emit(added.kind.currentIndex())
    assert not dialog.save.isEnabled()
    assert added.said.text().startswith("Enter whole numbers")
    assert not dialog.tabs.tabIcon(2).isNull()
    added.value.setText("0, 3")
    assert dialog.tabs.tabIcon(2).isNull()
    save(qtbot, dialog)
    assert desk.queue("emails").policy.assertions == parse_assertions(
        [
            {"type": "status_code_equals", "value": 200},
            {"type": "exit_code_in", "value": [0, 3]},
        ]
    )


def test_a_queue_says_who_is_told(dialog: QueueDialog, desk: Desk, qtbot: QtBot) -> None:
    alerts = dialog.alerts
    assert alerts.own["channels"].inherited.text() == "desktop (default)"
    assert not alerts.kinds.boxes[AlertKind.SILENT].isVisibleTo(alerts), "runs aren't silent"
    alerts.own["channels"].own.click()
    assert alerts.channels.chosen() == ("desktop",), "it starts from what held"
    alerts.channels.boxes["desktop"].click()
    alerts.own["late_end"].own.click()
    alerts.late_end.setText("?")
    assert not dialog.save.isEnabled()
    assert not dialog.tabs.tabIcon(3).isNull()
    alerts.late_end.setText("2h")
    assert dialog.tabs.tabIcon(3).isNull()
    save(qtbot, dialog)
    assert desk.queue("emails").policy.alerts == AlertPolicy(channels=(), late_end=7200)


def test_a_channel_that_is_known_at_last_is_not_called_removed(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget
) -> None:
    desk.channels.add("mail", "json://127.0.0.1:9")
    policy = QueuePolicy(alerts=AlertPolicy(channels=("mail", "gone")))
    dialog = QueueDialog(context, parent, queue=desk.set_queue("web", policy=policy))
    dialog.open()
    boxes = dialog.alerts.channels
    qtbot.waitUntil(lambda: boxes.boxes["mail"].text() == "mail")
    assert boxes.boxes["gone"].text() == "gone (removed)"
    assert boxes.chosen() == ("mail", "gone")
    save(qtbot, dialog)
    assert desk.queue("web").policy == policy


def test_a_whole_policy_is_set(dialog: QueueDialog, desk: Desk, qtbot: QtBot) -> None:
    dialog.limits.rate.setValue(100)
    dialog.limits.per.setCurrentIndex(1)
    defaults = dialog.defaults
    defaults.timeout.own.click()
    defaults.timeout_text.setText("2m")
    defaults.retries.own.click()  # no number of its own any more
    defaults.backoff.own.click()
    defaults.delays.kind.buttons["list"].click()
    defaults.delays.delays.setText("60, 1800, 10800")
    assert defaults.retries.inherited.text() == "3 (one for each delay)"
    dialog.history.dead_days.own.click()
    dialog.history.dead.setValue(14)
    save(qtbot, dialog)
    policy = desk.queue("emails").policy
    assert policy.rate == Rate(count=100, per="m")
    assert policy.timeout == 120
    assert policy.retry == RetryPolicy(backoff=ListBackoff(delays=(60, 1800, 10800)))
    assert (policy.keep_dead_days, policy.keep_finished_days) == (14, None)
    assert policy.assertions == POLICY.assertions, "what the dialog doesn't show stays"


def test_a_queue_gives_up_all_it_says(dialog: QueueDialog, desk: Desk, qtbot: QtBot) -> None:
    dialog.limits.any_rate.click()
    dialog.defaults.retries.own.click()
    assert dialog.defaults.retries.inherited.text() == "3 (default)"
    save(qtbot, dialog)
    assert desk.queue("emails").policy == QueuePolicy(assertions=POLICY.assertions)


def test_what_is_wrong_is_said_beside_its_field_and_points_to_its_tab(
    dialog: QueueDialog,
) -> None:
    defaults = dialog.defaults
    assert dialog.tabs.tabIcon(1).isNull()
    defaults.backoff.own.click()
    defaults.delays.cap.setText("?")
    said = defaults.fields["backoff"].error.text()
    assert said.startswith("Longest delay: expected a duration such as")
    assert defaults.delays.cap.property("invalid") is True
    assert not dialog.tabs.tabIcon(1).isNull()
    assert not dialog.save.isEnabled()
    defaults.backoff.own.click()  # left to the default, it is nobody's mistake
    assert defaults.fields["backoff"].error.text() == ""
    assert dialog.tabs.tabIcon(1).isNull()
    assert dialog.save.isEnabled()
