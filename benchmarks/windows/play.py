"""Plays a script of steps on a window, as a person would, while a heartbeat listens."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import psutil
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollBar, QTableView, QWidget

from benchmarks.windows.heartbeat import Heartbeat
from benchmarks.windows.told import READY

Wait = float | Callable[[], bool]
"""A pause in seconds, or until something is so (looked at every 4 ms)."""
Script = Callable[["Player"], Iterator[Wait]]

_LOOK_MS, _SELDOM_MS = 4, 500
_MOST = 90.0
_REST = 0.025
"""The share of a core up to which a window does nothing: with the player, which looks."""


class Player(QObject):
    """Goes through a script: what it yields is waited for. Tells the stalls of each step
    and the memory at its ends as a line of JSON, then ends the program as a logout does."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.heart = Heartbeat(self)
        self.told: dict[str, object] = {}
        self._script = script(self)
        self._wait: Callable[[], bool] = lambda: True
        self._until = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._go_on)
        self._timer.start()

    def window(self) -> QWidget | None:
        """The program's window, once there is one."""
        shown = [w for w in QApplication.topLevelWidgets() if w.isVisible() and w.isWindow()]
        return max(shown, key=lambda w: w.width() * w.height(), default=None)

    def table(self) -> QTableView:
        """The table on screen."""
        window = self.window()
        assert window is not None
        return next(t for t in window.findChildren(QTableView) if t.isVisible())

    def has_rows(self) -> bool:
        window = self.window()
        tables = [] if window is None else window.findChildren(QTableView)
        return any(t.isVisible() and t.model().rowCount() > 0 for t in tables)

    def build_all_pages(self) -> Iterator[Wait]:
        """Build the pages that nobody has asked for: else that is what is measured. The window
        pauses between two of them, and nobody here needs that."""
        yield self._builds_pages
        workspace = self.window().workspace
        while len(workspace._pages) < len(workspace._factories):
            workspace.build_rest()

    def _builds_pages(self) -> bool:
        """Whether the window has begun to: what they need is loaded by then."""
        workspace = getattr(self.window(), "workspace", None)
        return workspace is not None and len(workspace._pages) > 1

    def told_to_go(self) -> Iterator[Wait]:
        """Say that all is ready, and wait for a line on stdin. It is heard at once, however
        seldom the player looks, so that several windows begin together."""
        heard: list[None] = []
        ear = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)

        def hear() -> None:
            ear.setEnabled(False)
            heard.append(None)
            self._go_on()

        ear.activated.connect(hear)
        print(READY, flush=True)
        yield lambda: bool(heard)

    def note_memory(self, name: str) -> None:
        self.told[f"rss_{name}"] = psutil.Process().memory_info().rss

    def come_to_rest(self) -> Iterator[Wait]:
        """Until a whole second cost next to nothing: all that is loaded late is there. The
        player looks seldom from now on, which costs next to nothing, too."""
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_SELDOM_MS)
        half, quiet = _SELDOM_MS / 1000, 0
        while quiet < 2:
            used = time.process_time()
            yield half
            quiet = quiet + 1 if time.process_time() - used < _REST * half else 0

    def _go_on(self) -> None:
        if not self._wait() and time.monotonic() < self._until:
            return
        try:
            wait = next(self._script)
        except StopIteration:
            self._end()
            return
        if callable(wait):
            self._wait, self._until = wait, time.monotonic() + _MOST
        else:
            until = time.monotonic() + wait
            self._wait, self._until = lambda: time.monotonic() >= until, until + 1
            self._timer.start()  # else the pause ends with the first look after it

    def _end(self) -> None:
        self._timer.stop()
        self.heart.step(None)
        self.told["stalls"], self.told["work"] = self.heart.stalls, self.heart.work
        print(json.dumps(self.told), flush=True)
        signal.raise_signal(signal.SIGTERM)


def play_on_jobdesk(script: Script) -> int:
    """Open JobDesk's window as people do, and play. The exit code."""
    run, players = QApplication.exec, []

    def exec_(*app: QApplication) -> int:
        players.append(Player(script))
        return run()

    QApplication.exec = exec_
    from jobdesk.main import open_window

    return open_window()


def play_on_empty(script: Script) -> int:
    """The same with a window that has nothing in it."""
    app = QApplication([])
    signal.signal(signal.SIGTERM, lambda number, frame: app.exit(0))
    window = QWidget()
    window.resize(1180, 760)
    window.show()
    player = Player(script)
    code = app.exec()
    del player
    return code


def leave(code: int) -> NoReturn:
    """End at once. The window is closed by now, and to take the interpreter apart takes up to
    a second, which nobody measures."""
    sys.stderr.flush()
    os._exit(code)


# -- what a person does -----------------------------------------------------------------


def wheel(table: QTableView, notches: int) -> None:
    """Turn the wheel over a table: down for positive ``notches``."""
    port = table.viewport()
    place = QPointF(port.rect().center())
    event = QWheelEvent(
        place, QPointF(port.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.postEvent(port, event)


def drag(bar: QScrollBar, share: float) -> None:
    """Move the handle, which is held down, to a share of the way."""
    bar.setSliderPosition(round(bar.minimum() + share * (bar.maximum() - bar.minimum())))


def move_mouse(widget: QWidget, place: QPoint) -> None:
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(place), QPointF(widget.mapToGlobal(place)),
        Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.postEvent(widget, event)


def home() -> Path:
    return Path(os.environ["JOBDESK_HOME"])


def argument() -> str:
    """What the measuring process asks for."""
    return sys.argv[1] if len(sys.argv) > 1 else ""


def collections() -> list[int]:
    """How often each generation of garbage was collected so far."""
    return [one["collections"] for one in gc.get_stats()]
