from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jobdesk import autostart
from jobdesk.desk import Desk
from jobdesk.domain.settings import MB, EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.models.settings.settings_fields import ELSEWHERE, FIELDS, TEXTS, parse, shown
from jobdesk.gui.views.settings.settings_dialog import SettingsDialog

COMMAND = [sys.executable, "-m", "jobdesk"]


def test_every_setting_has_a_field() -> None:
    assert {*FIELDS, *TEXTS, *ELSEWHERE} == set(EngineSettings.model_fields)


def test_what_is_shown_is_read_back() -> None:
    settings = EngineSettings(workers=3, kill_grace=2.5, output_cap=5 * MB + MB // 2)
    assert parse(shown(settings)) == (settings, {})
    assert shown(settings)["output_cap"] == "5.5"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("workers", "0", "Expected: a whole number from 1 to 256."),
        ("workers", "2.5", "Expected: a whole number from 1 to 256."),
        ("workers", "many", "A number is expected, such as 8."),
        ("workers", "", "A number is expected, such as 8."),
        ("workers", "nan", "A number is expected, such as 8."),
        ("workers", "1e999", "A number is expected, such as 8."),
        ("kill_grace", "-1", "Expected: a number of seconds from 0 to 3600."),
        ("output_cap", "0.01", "Expected: 0.063 to 1,024 MB."),
        ("response_cap", "9000", "Expected: 0.001 to 256 MB."),
        ("log_budget", "1", "Expected: 10 to 1,000,000 MB."),
        ("keep_dead_days", "0", "Expected: a whole number from 1 to 36,500."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(name: str, text: str, said: str) -> None:
    settings, wrong = parse({**shown(EngineSettings()), name: text})
    assert settings is None
    assert wrong == {name: said}


def test_all_that_is_wrong_is_said_at_once() -> None:
    texts = {**shown(EngineSettings()), "workers": "x", "stop_grace": "-2", "log_budget": "1"}
    assert set(parse(texts)[1]) == {"workers", "stop_grace", "log_budget"}


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    """A fixture of its own, so that it lives as long as the dialog on it."""
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def dialog(context: Context, qtbot: QtBot, parent: QWidget) -> SettingsDialog:
    widget = SettingsDialog(context, COMMAND, parent)
    widget.open()
    qtbot.waitUntil(lambda: widget.fields["workers"].text() == "8")
    return widget


def test_saving_reaches_the_engine_and_the_window(
    dialog: SettingsDialog, context: Context, qtbot: QtBot
) -> None:
    dialog.fields["workers"].setText("3")
    dialog.keep_running.setChecked(True)
    dialog.notify.setChecked(False)
    dialog.close_to_tray.setChecked(False)
    dialog.appearance.setCurrentIndex(dialog.appearance.findData("dark"))
    with qtbot.waitSignal(dialog.saved, timeout=5000):
        dialog._save.click()
    assert context.desk.settings().workers == 3
    state = context.state
    assert (state.appearance, state.keep_running, state.notify) == ("dark", True, False)
    assert state.close_to_tray is False


def test_what_has_no_field_stays_as_it_is(
    context: Context, desk: Desk, qtbot: QtBot, parent: QWidget
) -> None:
    desk.save_settings(EngineSettings(quiet_but_failures=True))
    dialog = SettingsDialog(context, COMMAND, parent)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.fields["workers"].text() == "8")
    dialog.fields["workers"].setText("3")
    with qtbot.waitSignal(dialog.saved, timeout=5000):
        dialog._save.click()
    assert desk.settings() == EngineSettings(workers=3, quiet_but_failures=True)


def test_nothing_invalid_can_be_saved(dialog: SettingsDialog, context: Context) -> None:
    dialog.fields["workers"].setText("0")
    assert dialog.errors["workers"].text() == "Expected: a whole number from 1 to 256."
    assert not dialog._save.isEnabled()
    dialog.accept()
    assert dialog.isVisible()
    dialog.fields["workers"].setText("4")
    assert dialog.errors["workers"].text() == ""
    assert dialog._save.isEnabled()


def test_an_untouched_choice_stays_open(
    dialog: SettingsDialog, context: Context, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(dialog.saved, timeout=5000):
        dialog._save.click()
    assert context.state.close_to_tray is None


def test_cancel_takes_the_preview_of_colours_back(dialog: SettingsDialog, context: Context) -> None:
    before = context.theme.dark
    dialog.appearance.setCurrentIndex(dialog.appearance.findData("light" if before else "dark"))
    assert context.theme.dark is not before
    dialog.reject()
    assert context.state.appearance == "system"
    assert context.theme.appearance == "system"


def test_defaults_come_back_into_the_fields(dialog: SettingsDialog) -> None:
    dialog.fields["workers"].setText("99")
    dialog._defaults()
    assert dialog.fields["workers"].text() == "8"


@pytest.mark.skipif(sys.platform == "win32", reason="would write to the user's registry")
def test_starting_at_login(dialog: SettingsDialog, qtbot: QtBot) -> None:
    assert not dialog.autostart.isChecked()
    dialog.autostart.setChecked(True)
    with qtbot.waitSignal(dialog.saved, timeout=5000):
        dialog._save.click()
    assert autostart.is_enabled()


def test_a_refusal_is_shown_and_nothing_closes(
    dialog: SettingsDialog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refuse(command: object) -> None:
        raise OSError("the folder is read-only")

    monkeypatch.setattr(autostart, "enable", refuse)
    dialog.autostart.setChecked(True)
    dialog._save.click()
    qtbot.waitUntil(lambda: "the folder is read-only" in dialog.failure.text())
    assert dialog.isVisible()
    assert dialog._save.isEnabled()
