"""The bottom of the window: how the engine is, in words, and how much there is to do."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from jobdesk.gui.engine_process import EngineStatus, Phase
from jobdesk.gui.format import count
from jobdesk.gui.glance import Snapshot
from jobdesk.gui.theme import XS, M, S, Theme
from jobdesk.gui.widgets import IconLabel

_ORIGINS = {
    "window": "started by the window",
    "terminal": "started in a terminal",
    "service": "started as a service",
}

_LOOKS = {
    Phase.LOOKING: ("mdi6.circle-outline", "muted"),
    Phase.STARTING: ("mdi6.progress-clock", "info"),
    Phase.RUNNING: ("mdi6.check-circle", "success"),
    Phase.PAUSING: ("mdi6.alert-circle", "warning"),
    Phase.GIVEN_UP: ("mdi6.alert-octagon", "danger"),
    Phase.STOPPING: ("mdi6.progress-clock", "info"),
    Phase.STOPPED: ("mdi6.circle-outline", "muted"),
}


class StatusBar(QFrame):
    """``start_again`` when a person wants the engine started now."""

    start_again = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusbar")
        self._status = EngineStatus(Phase.LOOKING)
        self._snapshot: Snapshot | None = None
        self._icon = IconLabel(theme, *_LOOKS[Phase.LOOKING], 14)
        self._engine = QLabel()
        self._button = QPushButton("Start now")
        self._button.clicked.connect(self.start_again)
        self._work = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(M, XS, M, XS)
        row.setSpacing(S)
        row.addWidget(self._icon)
        row.addWidget(self._engine)
        row.addWidget(self._button)
        row.addStretch(1)
        row.addWidget(self._work)
        self._show()

    @property
    def engine_text(self) -> str:
        return self._engine.text()

    @Slot(object)
    def show_status(self, status: EngineStatus) -> None:
        self._status = status
        self._show()

    @Slot(object)
    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._show()

    def _show(self) -> None:
        stuck = ("mdi6.alert-circle", "danger")
        self._icon.set(*(stuck if self._status.stuck else _LOOKS[self._status.phase]))
        self._engine.setText(engine_words(self._status, self._snapshot))
        self._engine.setToolTip(engine_detail(self._status))
        self._button.setVisible(self._status.phase in (Phase.PAUSING, Phase.GIVEN_UP))
        self._work.setText(work_words(self._snapshot) if self._snapshot else "")


def engine_words(status: EngineStatus, snapshot: Snapshot | None) -> str:
    """The engine's state in one line."""
    info = status.info
    if status.stuck:
        return "Engine waiting: nothing can be stored"
    if status.phase is Phase.RUNNING and info is not None:
        busy = ""
        if snapshot is not None:
            running, workers = snapshot.overview.running, max(snapshot.workers, 1)
            busy = f" · {min(running, workers)} of {count(workers)} workers busy"
        origin = _ORIGINS.get(info.origin, f"started by {info.origin}")
        return f"Engine running{busy} · {origin}"
    if status.phase is Phase.PAUSING:
        return f"Engine stopped: starting again in {max(status.seconds, 1)} s"
    return {
        Phase.STARTING: "Engine starting …",
        Phase.GIVEN_UP: "Engine stopped: nothing runs until it is started again",
        Phase.STOPPING: "Engine stopping: running jobs are finishing …",
        Phase.STOPPED: "Engine stopped",
    }.get(status.phase, "Looking for the engine …")


def engine_detail(status: EngineStatus) -> str:
    """What the tooltip adds: who it is, or what went wrong."""
    if status.stuck:
        return status.stuck
    if status.phase is Phase.RUNNING and status.info is not None:
        return f"Process {status.info.pid}, version {status.info.version}"
    return status.trouble


def work_words(snapshot: Snapshot) -> str:
    """How much there is to do: ``3 running · 12 queued · 2 retrying``."""
    now = snapshot.overview
    parts = [
        f"{count(number)} {word}"
        for number, word in (
            (now.running, "running"),
            (now.queued, "queued"),
            (now.retrying, "retrying"),
            (now.scheduled, "scheduled"),
        )
        if number
    ]
    said = " · ".join(parts) or "Nothing waiting"
    return f"{said} · all queues paused" if snapshot.all_paused else said
