from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jobdesk.gui.bridge import Bridge
from jobdesk.gui.calls import Calls


@pytest.fixture
def calls(qapp: QApplication) -> Iterator[Calls]:
    bridge = Bridge()
    calls = Calls(bridge)
    yield calls
    calls.close()
    bridge.close()


@pytest.fixture
def owner() -> QObject:
    return QObject()


def test_work_is_done_elsewhere_and_delivered_here(
    calls: Calls, owner: QObject, qtbot: QtBot
) -> None:
    heard: list[tuple[threading.Thread, threading.Thread]] = []
    calls.run(
        owner,
        threading.current_thread,
        lambda there: heard.append((there, threading.current_thread())),
    )
    qtbot.waitUntil(lambda: bool(heard))
    ((there, here),) = heard
    assert here is threading.main_thread()
    assert there is not here


def test_an_error_is_delivered_too(calls: Calls, owner: QObject, qtbot: QtBot) -> None:
    heard: list[Exception] = []

    def fail() -> None:
        raise LookupError("not there")

    calls.run(owner, fail, lambda _: pytest.fail("it failed"), heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert isinstance(heard[0], LookupError)


def test_only_the_latest_is_delivered(calls: Calls, owner: QObject, qtbot: QtBot) -> None:
    heard: list[int] = []
    gate = threading.Event()

    def slow() -> int:
        gate.wait(10)
        return 1

    calls.run(owner, slow, heard.append, latest="text")
    calls.run(owner, lambda: 2, heard.append, latest="text")
    calls.run(owner, lambda: 3, heard.append, latest="other")
    qtbot.waitUntil(lambda: len(heard) == 2)
    gate.set()
    qtbot.waitUntil(lambda: not calls._calls)
    assert sorted(heard) == [2, 3]


def test_nothing_comes_to_who_is_gone(calls: Calls, owner: QObject, qtbot: QtBot) -> None:
    heard: list[int] = []
    gate = threading.Event()
    calls.run(owner, lambda: int(gate.wait(10)), heard.append)
    shiboken6.delete(owner)
    gate.set()
    qtbot.waitUntil(lambda: not calls._calls)
    assert heard == []


def test_the_last_to_let_go_of_an_owner_is_the_gui_thread(calls: Calls, qtbot: QtBot) -> None:
    ended: list[threading.Thread] = []

    class Owner(QObject):
        def __del__(self) -> None:
            ended.append(threading.current_thread())

    for _ in range(50):
        calls.run(Owner(), lambda: None, lambda _: None)
    qtbot.waitUntil(lambda: len(ended) == 50)
    assert set(ended) == {threading.main_thread()}
