"""The window with its real pages over a desk with runs in every state."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.run import RunState
from jobdesk.gui.application import Application
from jobdesk.gui.session import Session
from jobdesk.gui.views.shell.sidebar import PLACES
from jobdesk.store.runs import RunFilter
from tests.gui.seedbed import Seedbed

WAIT = 20_000

PUSH = """
import sys
from jobdesk import Desk, ScriptAction
with Desk.open(sys.argv[1]) as desk:
    sys.stdin.read()
    for _ in range(20):
        desk.push_many([ScriptAction(["true"])] * 100)
"""


@pytest.fixture
def program(
    qapp: QApplication, own_home: Path, qtbot: QtBot, seedbed: Seedbed
) -> Iterator[Application]:
    with Desk.open(own_home) as desk:
        seedbed.plant(desk)
    # An engine that never gets to it, so that what is shown stands still.
    one = Application(qapp, own_home, [sys.executable, "-c", "input()"])
    one.begin()
    qtbot.waitUntil(lambda: one.session is not None, timeout=WAIT)
    yield one
    children = one.session.engine._launched if one.session else []
    one.shut_down()
    for child in children:
        # Let go of, so that its Popen waits for nothing any more.
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(child.pid)
            process.terminate()
            process.wait(10)


@pytest.fixture
def session(program: Application) -> Session:
    assert program.session is not None
    return program.session


def settle(session: Session, qtbot: QtBot) -> None:
    """Until what was asked for has been shown."""
    done: list[bool] = []
    for _ in range(3):  # each of the threads that calls run on
        session.context.calls.run(session, lambda: True, done.append)
    qtbot.waitUntil(lambda: len(done) == 3, timeout=WAIT)
    qtbot.wait(50)


def dead_run(session: Session) -> int:
    which = RunFilter(states=frozenset({RunState.DEAD}))
    return session.desk.runs(which, limit=1)[0].id


@pytest.mark.parametrize("size", [(1180, 760), (900, 560)], ids=["usual", "least"])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_page_can_be_shown_in_every_look_and_size(
    program: Application, session: Session, qtbot: QtBot, look: str, size: tuple[int, int]
) -> None:
    program.state.appearance = look
    program.window.resize(*size)
    for place in PLACES:
        session.workspace.sidebar.button(place.name).click()
        settle(session, qtbot)
        assert session.workspace.current is not None
        assert session.workspace.current.name == place.name
        assert session.workspace.stack.currentWidget().isVisible()
    session.workspace.open_run(dead_run(session))
    settle(session, qtbot)
    assert session.workspace.current.name == "run"
    # No page makes the window wider or higher than it was asked to be.
    assert (program.window.width(), program.window.height()) == size


def test_keys_lead_everywhere(program: Application, session: Session, qtbot: QtBot) -> None:
    window = program.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)

    def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> str:
        qtbot.keyClick(QApplication.focusWidget() or window, key, modifier)
        settle(session, qtbot)
        assert session.workspace.current is not None
        return session.workspace.current.name

    control = Qt.KeyboardModifier.ControlModifier
    assert press(Qt.Key.Key_3, control) == "runs"
    assert press(Qt.Key.Key_F5) == "runs"
    session.workspace.open_run(dead_run(session))
    assert press(Qt.Key.Key_F5) == "run"
    assert press(Qt.Key.Key_Escape) == "runs"
    assert press(Qt.Key.Key_5, control) == "dead"
    assert press(Qt.Key.Key_1, control) == "overview"


@pytest.mark.parametrize("which", ["settings", "about", "guide"])
def test_dialogs_open_and_close(
    program: Application, session: Session, qtbot: QtBot, which: str
) -> None:
    getattr(session.dialogs, which)()
    settle(session, qtbot)
    (dialog,) = [d for d in program.window.findChildren(QDialog) if d.isVisible()]
    dialog.close()
    qtbot.waitUntil(lambda: not any(d.isVisible() for d in program.window.findChildren(QDialog)))


def test_a_new_job_can_be_made_from_the_menu(
    program: Application, session: Session, qtbot: QtBot
) -> None:
    session.context.navigation.new_job.emit()
    qtbot.waitUntil(lambda: bool(program.window.findChildren(QDialog)), timeout=WAIT)
    (dialog,) = program.window.findChildren(QDialog)
    assert dialog.isVisible()
    dialog.close()


def kept_waiting() -> dict[str, float]:
    """For each thread of this process, how long it stood in line for a core so far, s.

    Only Linux says so (the second number in ``schedstat``).
    """
    found: dict[str, float] = {}
    for thread in Path("/proc/self/task").glob("*"):
        with suppress(OSError):  # it has ended meanwhile
            found[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
    return found


def longest_wait(qtbot: QtBot, act: Callable[[], Any], seconds: float) -> float:
    """The longest that the GUI thread was away while ``act`` and what follows ran, s.

    What others on a busy machine did to it, or to a thread that had Python's lock, is not
    counted: the time that this process's threads stood in line for a core.
    """
    gaps: list[float] = []
    last, lines = time.perf_counter(), kept_waiting()

    def beat() -> None:
        nonlocal last, lines
        now, before, lines = time.perf_counter(), lines, kept_waiting()
        in_line = sum(lines[one] - before[one] for one in lines.keys() & before.keys())
        gaps.append(now - last - in_line)
        last = now

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(5)
    last, lines = time.perf_counter(), kept_waiting()
    act()
    qtbot.wait(round(seconds * 1000))
    timer.stop()
    return max(gaps)


def test_the_window_keeps_answering_while_many_runs_arrive(session: Session, qtbot: QtBot) -> None:
    session.workspace.show_page("runs")
    settle(session, qtbot)

    # In a process of its own, as runs do arrive.
    command = [sys.executable, "-c", PUSH, str(session.desk.home)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert other.stdin is not None
    away = longest_wait(qtbot, other.stdin.close, 3.0)
    assert other.wait(30) == 0
    assert session.desk.overview().queued > 2_000
    # Alone on a quiet machine it is about 0.05 s; benchmarks/million.py measures it.
    assert away < 1.0, f"{away:.2f} s"
