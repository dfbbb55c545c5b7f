"""The section of the settings on alerts, on a real desk, with a webhook that is one."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PySide6.QtCore import QTime
from PySide6.QtWidgets import QLineEdit, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.alert import AlertKind, AlertPolicy, QuietHours
from jobdesk.domain.settings import EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.models.alerts.rows import ChannelsModel
from jobdesk.gui.views.settings.channel_dialog import ChannelDialog
from jobdesk.gui.views.settings.settings_dialog import SettingsDialog


@pytest.fixture
def hook() -> Iterator[tuple[list[dict[str, Any]], str]]:
    heard: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(json.loads(body))
            self.send_response(200 if self.path == "/fine" else 503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield heard, f"json://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    """A fixture of its own, so that it lives as long as the dialog on it."""
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def opened(context: Context, qtbot: QtBot, parent: QWidget) -> SettingsDialog:
    dialog = SettingsDialog(context, [sys.executable], parent)
    dialog.show_section("Alerts")
    dialog.open()
    qtbot.waitUntil(lambda: dialog._save.isEnabled() and dialog.alerts.model.rowCount() > 0)
    return dialog


def adding(dialog: SettingsDialog) -> ChannelDialog:
    (found,) = [one for one in dialog.findChildren(ChannelDialog) if one.isVisible()]
    return found


def test_a_channel_is_added_after_a_test_and_its_address_is_hidden(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget,
    hook: tuple[list[dict[str, Any]], str],
) -> None:  # fmt: skip
    heard, base = hook
    dialog = opened(context, qtbot, parent)
    dialog.alerts.add.click()
    entry = adding(dialog)
    entry.name.setText("desktop")
    entry.address.setText(f"{base}/broken")
    assert entry.address.echoMode() is QLineEdit.EchoMode.Password
    assert entry.problem.text() == "There is a channel of that name already."
    entry.name.setText("team chat")
    entry.test.click()
    qtbot.waitUntil(lambda: "503" in entry.problem.text())
    entry.address.setText(f"{base}/fine")
    entry.test.click()
    qtbot.waitUntil(lambda: entry.fine.text() == "Sent.")
    assert len(heard) == 2
    with qtbot.waitSignal(entry.saved):
        entry.keep.click()
    page = dialog.alerts
    qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    assert "team chat" in page.rules.channels.boxes
    page.table.select("team chat")
    page.test.click()
    qtbot.waitUntil(lambda: page.sent.text() == "Sent over “team chat”.")
    assert len(heard) == 3


def test_the_real_error_of_a_test_is_shown(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget,
    hook: tuple[list[dict[str, Any]], str],
) -> None:  # fmt: skip
    desk.channels.add("team chat", f"{hook[1]}/broken")
    page = opened(context, qtbot, parent).alerts
    qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    page.table.select("team chat")
    page.test.click()
    qtbot.waitUntil(lambda: "503" in page.trouble.text())
    assert page.test.text() == "Send test"
    assert page.test.isEnabled()


def test_a_channel_is_switched_off_changed_and_removed(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget
) -> None:
    desk.channels.add("mail", "json://127.0.0.1:9/secret-path")
    dialog = opened(context, qtbot, parent)
    page = dialog.alerts
    qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    page.table.select("desktop")
    assert not page.remove.isEnabled(), "it is always there"
    page.table.select("mail")
    page.table.clicked_cell.emit(page.model.row(1), ChannelsModel.ON)
    qtbot.waitUntil(lambda: not desk.channels.all()[1].enabled)
    page.edit.click()
    entry = adding(dialog)
    assert entry.address.text() == "", "nobody is shown it again"
    entry.address.setText("nowhere://x")
    entry.keep.click()
    qtbot.waitUntil(lambda: "mailto://" in entry.problem.text())
    entry.address.setText("json://127.0.0.1:10")
    with qtbot.waitSignal(entry.saved):
        entry.keep.click()
    page.remove.click()
    (box,) = [one for one in dialog.findChildren(QMessageBox) if one.isVisible()]
    next(one for one in box.buttons() if one.text() == "Remove").click()
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    assert [channel.name for channel in desk.channels.all()] == ["desktop"]


def test_the_desktop_is_tested_by_the_window(
    context: Context, qtbot: QtBot, parent: QWidget
) -> None:
    page = opened(context, qtbot, parent).alerts
    page.table.select("desktop")
    assert not page.edit.isEnabled()
    with qtbot.waitSignal(context.navigation.notify_desktop):
        page.test.click()
    context.state.notify = False
    with qtbot.assertNotEmitted(context.navigation.notify_desktop):
        page.test.click()
    assert "Behaviour" in page.trouble.text()
    assert page.sent.isHidden()


def test_rules_and_quiet_hours_are_saved_with_the_rest(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget
) -> None:
    dialog = opened(context, qtbot, parent)
    page = dialog.alerts
    page.rules.kinds.boxes[AlertKind.SILENT].click()
    page.rules.own["late_end"].own.click()
    page.rules.late_end.setText("later")
    assert not dialog._save.isEnabled()
    assert page.rules.fields["late_end"].error.text()
    page.rules.late_end.setText("2h")
    page.quiet.on.click()
    page.quiet.end.setTime(page.quiet.start.time())
    assert not dialog._save.isEnabled()
    assert page.quiet.problem.text() == "Two different times are expected."
    page.quiet.end.setTime(QTime(6, 30))
    page.quiet.failures.click()
    with qtbot.waitSignal(dialog.saved):
        dialog._save.click()
    saved = desk.settings()
    assert saved.alerts == AlertPolicy(
        channels=("desktop",), kinds=(AlertKind.FAILURE, AlertKind.LATE), late_end=7200
    )
    assert saved.quiet_hours == QuietHours(start="22:00", end="06:30")
    assert saved.quiet_but_failures


def test_alerts_that_are_only_looked_at_stay_as_they_are(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget
) -> None:
    before = EngineSettings(
        alerts=AlertPolicy(channels=("gone",), threshold=2),
        quiet_hours=QuietHours(start="23:15", end="05:45"),
    )
    desk.save_settings(before)
    dialog = opened(context, qtbot, parent)
    assert dialog.alerts.rules.channels.boxes["gone"].text() == "gone (removed)"
    with qtbot.waitSignal(dialog.saved):
        dialog._save.click()
    assert desk.settings() == before
