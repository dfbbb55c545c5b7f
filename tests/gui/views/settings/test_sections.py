"""The sections of the settings on the HTTP API, secrets and signing, on a real desk."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction
from jobdesk.domain.settings import EngineSettings
from jobdesk.gui.api_probe import Answer
from jobdesk.gui.context import Context
from jobdesk.gui.views.settings.settings_dialog import SettingsDialog
from jobdesk.gui.views.settings.token_dialog import TokenDialog
from jobdesk.gui.views.settings.value_dialog import ValueDialog

SECRET = "correct horse battery"


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    """A fixture of its own, so that it lives as long as the dialog on it."""
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def dialog(context: Context, qtbot: QtBot, parent: QWidget) -> SettingsDialog:
    widget = SettingsDialog(context, [sys.executable], parent)
    widget.open()
    qtbot.waitUntil(lambda: widget.fields["workers"].text() == "8")
    return widget


def answer(qtbot: QtBot, dialog: QWidget, word: str) -> str:
    """Press the button of that name in the question that is open; what was told there."""
    (box,) = [box for box in dialog.findChildren(QMessageBox) if box.isVisible()]
    (button,) = [b for b in box.buttons() if b.text() == word]
    said = box.informativeText()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    return said


def opened_value(dialog: QWidget) -> ValueDialog:
    (found,) = [d for d in dialog.findChildren(ValueDialog) if d.isVisible()]
    return found


def keep(qtbot: QtBot, entry: ValueDialog, value: str) -> None:
    entry.value.setText(value)
    with qtbot.waitSignal(entry.saved):
        entry.keep.click()


# -- HTTP API -----------------------------------------------------------------------------


def test_the_api_is_switched_on_and_saved(dialog: SettingsDialog, desk: Desk, qtbot: QtBot) -> None:
    assert not dialog.api.listen.on.isChecked()
    dialog.api.listen.on.click()
    dialog.api.listen.port.setText("9000")
    dialog.fields["api_rate"].setText("60")
    dialog.fields["api_cors"].setText("https://a.example, http://b.example:81")
    with qtbot.waitSignal(dialog.saved):
        dialog._save.click()
    saved = desk.settings()
    assert (saved.api_listen, saved.api_rate) == ("127.0.0.1:9000", 60)
    assert saved.api_cors == ("https://a.example", "http://b.example:81")


def test_what_is_wrong_with_the_address_is_said_beside_it(dialog: SettingsDialog) -> None:
    listen = dialog.api.listen
    listen.on.click()
    assert dialog.api.listen_error.isHidden()
    listen.port.setText("80000")
    assert "a port from 1 to 65,535" in dialog.api.listen_error.text()
    assert listen.port.property("invalid") is True
    assert not dialog._save.isEnabled()
    listen.on.click()  # off, it doesn't matter
    assert dialog._save.isEnabled()
    dialog.fields["api_cors"].setText("https://a.example/path")
    assert "without a path" in dialog.errors["api_cors"].text()


def test_listening_for_others_is_warned_of(dialog: SettingsDialog) -> None:
    listen = dialog.api.listen
    listen.on.click()
    assert dialog.api._notice.isHidden()
    listen.host.setText("0.0.0.0")
    assert not dialog.api._notice.isHidden()
    listen.host.setText("localhost")
    assert dialog.api._notice.isHidden()
    listen.host.setText("::1")
    assert listen.text() == "[::1]:8127"
    assert dialog.api._notice.isHidden()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_whether_it_really_listens_is_said(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget, silent_port: int
) -> None:
    where = f"127.0.0.1:{silent_port}"
    desk.save_settings(EngineSettings(api_listen=where))
    dialog = SettingsDialog(context, [sys.executable], parent)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.api.status.text().startswith("Nothing answers at"))
    assert where in dialog.api.status.text()
    assert dialog.api.listens.isHidden()
    dialog.api.listen.port.setText("1")
    assert dialog.api.status.text() == "Takes effect when you save."


def test_where_it_is_described_is_shown_once_it_listens(dialog: SettingsDialog) -> None:
    dialog.api.listen.setText("127.0.0.1:8127")
    dialog.api.show_saved("127.0.0.1:8127")
    dialog.api._answered(Answer.OURS)
    assert not dialog.api.listens.isHidden()
    assert dialog.api.docs.text() == "http://127.0.0.1:8127/docs"
    assert dialog.api.status.isHidden()
    said = "the HTTP API can't listen on 127.0.0.1:8127: Address already in use"
    dialog.api._answered(Answer.OURS, said)  # that of another home
    assert dialog.api.listens.isHidden()
    assert dialog.api.refusal.text() == f"T{said[1:]}."
    assert dialog.api.status.isHidden()
    dialog.api._answered(Answer.OTHERS)
    assert dialog.api.listens.isHidden()
    assert dialog.api.status.text().startswith("Another program answers")
    assert dialog.api.refusal.isHidden()


def test_a_token_is_shown_once_and_revoked_after_a_question(
    dialog: SettingsDialog, desk: Desk, qtbot: QtBot
) -> None:
    page = dialog.api
    qtbot.waitUntil(lambda: not page.none.isHidden())
    page.new.click()
    (entry,) = dialog.findChildren(TokenDialog)
    assert entry.warning.isHidden()
    assert not entry.create_button.isEnabled()
    entry.name.setText("web shop")
    entry.scripts.setChecked(True)
    assert not entry.warning.isHidden()
    with qtbot.waitSignal(entry.made):
        entry.create_button.click()
    entry.copy.click()
    copied = QGuiApplication.clipboard().text()
    found = desk.tokens.check(copied)
    assert found is not None
    assert (found.name, found.allow_scripts) == ("web shop", True)
    entry.accept()
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    page.table.selectRow(0)
    page.revoke.click()
    answer(qtbot, dialog, "Revoke")
    qtbot.waitUntil(lambda: not page.none.isHidden())
    assert desk.tokens.all() == []


def test_two_tokens_of_one_name_are_not_made(
    context: Context, qtbot: QtBot, parent: QWidget
) -> None:
    entry = TokenDialog(context, parent, frozenset({"web shop"}))
    entry.name.setText("web shop")
    assert entry.problem.text() == "There is a token of that name already."
    assert not entry.create_button.isEnabled()


# -- secrets ------------------------------------------------------------------------------


def test_a_secret_is_added_replaced_and_removed(
    dialog: SettingsDialog, desk: Desk, qtbot: QtBot
) -> None:
    url = "https://api.example/?key=${secret:KEY}"
    desk.add_job("Sync", HttpAction(method="GET", url=url))
    page = dialog.secrets
    page.add.click()
    entry = opened_value(dialog)
    assert entry.value.echoMode() is QLineEdit.EchoMode.Password
    entry.name.setText("KEY")
    keep(qtbot, entry, SECRET)
    assert desk._db.home.joinpath("secrets.enc").exists()
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    page.table.selectRow(0)
    page.replace.click()
    keep(qtbot, opened_value(dialog), "another one")
    assert desk.secrets._vault.values(["KEY"]) == {"KEY": "another one"}
    page.remove.click()
    assert answer(qtbot, dialog, "Remove").startswith("“Sync” uses it.")
    qtbot.waitUntil(lambda: not page.none.isHidden())
    assert desk.secrets.all() == []


def test_what_can_t_be_a_secret_is_refused_without_repeating_it(
    dialog: SettingsDialog, qtbot: QtBot
) -> None:
    dialog.secrets.add.click()
    entry = opened_value(dialog)
    entry.name.setText("KEY")
    entry.value.setText("abc")
    entry.keep.click()
    qtbot.waitUntil(lambda: "at least 4 characters" in entry.problem.text())
    assert "abc" not in entry.problem.text()
    entry.value.setText(SECRET)
    entry.name.setText("no good")
    entry.keep.click()
    qtbot.waitUntil(lambda: "letter" in entry.problem.text())
    assert entry.isVisible()


def test_several_lines_come_from_a_file(
    dialog: SettingsDialog, desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.secrets.add.click()
    entry = opened_value(dialog)
    entry.name.setText("PEM")
    QGuiApplication.clipboard().setText("line one\nline two")
    qtbot.keyClick(entry.value, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert entry.value.text() == ""
    assert "several lines" in entry.problem.text()
    QGuiApplication.clipboard().setText("one line\n")
    qtbot.keyClick(entry.value, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert entry.value.text() == "one line"
    file = tmp_path / "key.pem"
    file.write_bytes(b"line one\nline two\n")
    entry.take_file(str(file))
    qtbot.waitUntil(lambda: entry.note.text() == "17 characters from key.pem.")
    assert entry.value.text() == ""
    with qtbot.waitSignal(entry.saved):
        entry.keep.click()
    assert desk.secrets._vault.values(["PEM"]) == {"PEM": "line one\nline two"}


# -- signing ------------------------------------------------------------------------------


def test_signing_is_set_changed_finished_and_removed(
    dialog: SettingsDialog, desk: Desk, qtbot: QtBot
) -> None:
    page = dialog.signing
    qtbot.waitUntil(lambda: page.state.text() == "Requests are not signed.")
    page.set.click()
    entry = opened_value(dialog)
    entry.value.setText("short")
    assert "guessed" in entry.note.text()
    keep(qtbot, entry, SECRET)
    qtbot.waitUntil(lambda: page.set.text() == "Change secret…")
    page.set.click()
    keep(qtbot, opened_value(dialog), SECRET * 2)
    qtbot.waitUntil(lambda: not page.finish.isHidden())
    assert desk.signing.status().rotating
    assert not page.set.isEnabled()
    page.finish.click()
    answer(qtbot, dialog, "Finish the change")
    qtbot.waitUntil(page.finish.isHidden)
    assert not desk.signing.status().rotating
    page.remove.click()
    answer(qtbot, dialog, "Remove")
    qtbot.waitUntil(lambda: page.state.text() == "Requests are not signed.")
    assert not desk.signing.status().on


def test_the_headers_names_are_checked_and_saved(
    dialog: SettingsDialog, desk: Desk, qtbot: QtBot
) -> None:
    dialog.fields["signing_header"].setText("Host")
    assert "has no other use" in dialog.errors["signing_header"].text()
    assert not dialog._save.isEnabled()
    dialog.fields["signing_header"].setText("X-Shop-Signature")
    with qtbot.waitSignal(dialog.saved):
        dialog._save.click()
    assert desk.signing.status().header == "X-Shop-Signature"
