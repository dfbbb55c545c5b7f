from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jobdesk.gui.uistate import UiState


@pytest.fixture
def path(qapp: QApplication, own_home: Path) -> Path:
    return own_home / "window.json"


def test_what_is_set_is_there_the_next_time(path: Path) -> None:
    state = UiState(path)
    state.set("columns", [10, 20])
    state.appearance = "dark"
    state.close_to_tray = False
    state.set_bytes("geometry", QByteArray(b"\x00\xff"))
    state.save()
    again = UiState(path)
    assert again.get("columns") == [10, 20]
    assert (again.appearance, again.close_to_tray) == ("dark", False)
    assert again.bytes("geometry") == QByteArray(b"\x00\xff")
    assert again.notice is None


def test_it_is_saved_by_itself_soon(path: Path, qtbot: QtBot) -> None:
    state = UiState(path)
    state.set("page", "runs")
    state.set("page", "jobs")
    qtbot.waitUntil(path.exists)
    assert json.loads(path.read_text()) == {"page": "jobs"}


def test_defaults_of_a_first_start(path: Path) -> None:
    state = UiState(path)
    assert state.appearance == "system"
    assert (state.keep_running, state.notify, state.close_to_tray) == (False, True, None)
    assert state.bytes("geometry") is None
    state.save()
    assert not path.exists()


def test_none_forgets(path: Path) -> None:
    state = UiState(path)
    state.close_to_tray = True
    state.close_to_tray = None
    state.save()
    assert json.loads(path.read_text()) == {}


def test_only_a_change_is_told(path: Path, qtbot: QtBot) -> None:
    state = UiState(path)
    with qtbot.waitSignal(state.changed) as told:
        state.set("a", 1)
    assert told.args == ["a"]
    with qtbot.assertNotEmitted(state.changed):
        state.set("a", 1)


@pytest.mark.parametrize("damage", [b"{", b"[1]", b"\xff\xfe", b""])
def test_a_damaged_file_is_set_aside_with_a_notice(path: Path, damage: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(damage)
    state = UiState(path)
    assert state.notice is not None
    assert "window.json.broken" in state.notice
    assert path.with_name("window.json.broken").read_bytes() == damage
    assert not path.exists()
    state.set("a", 1)
    state.save()
    assert UiState(path).notice is None


def test_values_of_the_wrong_kind_count_as_not_set(path: Path) -> None:
    path.parent.mkdir(parents=True)
    values = {"appearance": 7, "keep_running": "yes", "close_to_tray": 1, "geometry": "%%%"}
    path.write_text(json.dumps(values))
    state = UiState(path)
    assert (state.appearance, state.keep_running, state.close_to_tray) == ("system", False, None)
    assert state.bytes("geometry") is None


def test_a_disk_that_refuses_is_no_reason_to_stop(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.mkdir(parents=True)  # a folder where the file should be
    state = UiState(path)
    assert state.notice is not None
    state.set("a", 1)
    state.save()
    assert "can't be saved" in caplog.text
