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

import psutil
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollBar, QTableView, QWidget

from benchmarks.windows.heartbeat import Heartbeat

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
        self._at_rest = (time.monotonic(), time.process_time())
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

    def at_rest(self) -> bool:
        """Whether the last second cost next to nothing: all that is loaded late is there."""
        now, used = time.monotonic(), time.process_time()
        since, before = self._at_rest
        if now - since < 1.0:
            return False
        self._at_rest = (now, used)
        return used - before < _REST * (now - since)

    def has_all_pages(self) -> bool:
        """Whether the pages are built that nobody has asked for: else that is what is measured."""
        workspace = getattr(self.window(), "workspace", None)
        return workspace is not None and len(workspace._pages) == len(workspace._factories)

    def note_memory(self, name: str) -> None:
        self.told[f"rss_{name}"] = psutil.Process().memory_info().rss

    def look_seldom(self) -> None:
        """From now on the player itself costs next to nothing."""
        self._timer.setInterval(_SELDOM_MS)

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
