"""The icon in the system tray: whether all is well, and what one wants at hand."""

from __future__ import annotations

import sys
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from jobdesk import paths
from jobdesk.domain.run import Run
from jobdesk.gui.engine_process import EngineStatus, Phase
from jobdesk.gui.format import count, counted
from jobdesk.gui.glance import Snapshot

_SHOWN_MS = 10_000
_MOST_JOBS = 15
_LONGEST = 48
_TROUBLED = (Phase.PAUSING, Phase.GIVEN_UP)


class Tray(QObject):
    """Shows one of three icons, says in words what it means, and offers a menu.

    It asks for what it can't do by signal; ``open_run`` and ``show_page`` mean to bring
    the window to the front, too.
    """

    show_window = Signal()
    open_run = Signal(int)
    show_page = Signal(str)
    pause_all = Signal(bool)
    run_job = Signal(str)
    new_job = Signal()
    quit = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icons = {
            name: QIcon(str(paths.resource(f"icons/tray-{name}.svg")))
            for name in ("idle", "running", "attention")
        }
        self._snapshot: Snapshot | None = None
        self._status = EngineStatus(Phase.LOOKING)
        self._clicked_run: int | None = None
        self._clicked_page = ""
        self._click_matters = False
        self.state = "idle"
        self.menu = QMenu()
        self._build_menu()
        self.icon = QSystemTrayIcon(self._icons["idle"], self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(self._message_clicked)
        self._update()

    @staticmethod
    def available() -> bool:
        """Whether this desktop has a tray at all."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        self.icon.show()

    def close(self) -> None:
        self.icon.hide()
        self.icon.setContextMenu(None)  # type: ignore[arg-type]
        self.menu.deleteLater()

    @Slot(object)
    def show_snapshot(self, snapshot: Snapshot) -> None:
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.failures != snapshot.failures:
            self._fill_failures(snapshot.failures)
        if before is None or before.jobs != snapshot.jobs:
            self._fill_jobs(snapshot.jobs)
        self._update()

    @Slot(object)
    def show_status(self, status: EngineStatus) -> None:
        self._status = status
        self._update()

    @Slot(str, str, object)
    def show_alert(self, title: str, text: str, run_id: int | None, page: str = "alerts") -> None:
        """Tell of something that went wrong; a click on it opens the run, or else the page."""
        self._clicked_run, self._clicked_page, self._click_matters = run_id, page, True
        warning = QSystemTrayIcon.MessageIcon.Warning
        self.icon.showMessage(title, text, warning, _SHOWN_MS)

    def show_hint(self, title: str, text: str) -> None:
        """Tell something that a click has nothing to add to."""
        self._click_matters = False
        self.icon.showMessage(title, text, self._icons["idle"], _SHOWN_MS)

    # -- inside -------------------------------------------------------------------

    def _update(self) -> None:
        state = tray_state(self._snapshot, self._status)
        if state != self.state:
            self.state = state
            self.icon.setIcon(self._icons[state])
        self.icon.setToolTip(tooltip(self._snapshot, self._status))
        paused = self._snapshot is not None and self._snapshot.all_paused
        some = self._snapshot is not None and self._snapshot.overview.paused_queues > 0
        self._pause.setVisible(not paused)
        self._resume.setVisible(some)

    def _build_menu(self) -> None:
        menu = self.menu
        show = menu.addAction("Show JobDesk")
        show.triggered.connect(self.show_window)
        menu.setDefaultAction(show)
        menu.addSeparator()
        self._failures = menu.addMenu("Recent failures")
        self._jobs = menu.addMenu("Run a job")
        new = menu.addAction("New job…")
        new.triggered.connect(self.new_job)
        menu.addSeparator()
        self._pause = menu.addAction("Pause all queues")
        self._pause.triggered.connect(self._pause_all)
        self._resume = menu.addAction("Resume all queues")
        self._resume.triggered.connect(self._resume_all)
        menu.addSeparator()
        leave = menu.addAction("Quit JobDesk")
        leave.triggered.connect(self.quit)
        self._fill_failures(())
        self._fill_jobs(())

    def _fill_failures(self, failures: tuple[Run, ...]) -> None:
        self._failures.clear()
        for run in failures:
            self._entry(self._failures, f"{run.title}  (run {run.id})", run.id, self._open_run)
        if failures:
            self._failures.addSeparator()
            self._entry(self._failures, "All dead letters", "dead", self._open_page)
        else:
            self._failures.addAction("None").setEnabled(False)

    def _fill_jobs(self, names: tuple[str, ...]) -> None:
        self._jobs.clear()
        for name in names[:_MOST_JOBS]:
            self._entry(self._jobs, name, name, self._run_job)
        if len(names) > _MOST_JOBS:
            self._jobs.addSeparator()
            self._entry(self._jobs, "All jobs", "jobs", self._open_page)
        if not names:
            self._jobs.addAction("No jobs yet").setEnabled(False)

    @staticmethod
    def _entry(menu: QMenu, text: str, data: object, slot: Any) -> None:
        short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        action = menu.addAction(short.replace("&", "&&"))
        action.setData(data)
        action.triggered.connect(slot)

    def _data(self) -> Any:
        action = self.sender()
        assert isinstance(action, QAction)
        return action.data()

    @Slot()
    def _open_run(self) -> None:
        self.open_run.emit(self._data())

    @Slot()
    def _open_page(self) -> None:
        self.show_page.emit(self._data())

    @Slot()
    def _run_job(self) -> None:
        self.run_job.emit(self._data())

    @Slot()
    def _pause_all(self) -> None:
        self.pause_all.emit(True)

    @Slot()
    def _resume_all(self) -> None:
        self.pause_all.emit(False)

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # On macOS a click opens the menu, and nothing else is expected of it.
        if reason is QSystemTrayIcon.ActivationReason.Trigger and sys.platform != "darwin":
            self.show_window.emit()

    @Slot()
    def _message_clicked(self) -> None:
        if not self._click_matters:
            self.show_window.emit()
        elif self._clicked_run is not None:
            self.open_run.emit(self._clicked_run)
        else:
            self.show_page.emit(self._clicked_page)


def tray_state(snapshot: Snapshot | None, status: EngineStatus) -> str:
    """Which icon: "attention" before "running" before "idle"."""
    dead = snapshot is not None and snapshot.overview.dead
    if status.phase in _TROUBLED or status.stuck or dead:
        return "attention"
    return "running" if snapshot is not None and snapshot.overview.running else "idle"


def tooltip(snapshot: Snapshot | None, status: EngineStatus) -> str:
    """The same in words."""
    parts: list[str] = []
    if status.phase in _TROUBLED:
        parts.append("the engine has stopped")
    if status.stuck:
        parts.append("nothing can be stored")
    if status.phase is Phase.STOPPING:
        parts.append("stopping")
    if snapshot is not None:
        now = snapshot.overview
        if now.dead:
            parts.append(f"{counted(now.dead, 'dead letter')} to look at")
        if now.running:
            parts.append(f"{count(now.running)} running")
        waiting = now.queued + now.retrying
        if waiting:
            parts.append(f"{count(waiting)} waiting")
        if snapshot.all_paused:
            parts.append("all queues paused")
    return f"JobDesk: {', '.join(parts) or 'all quiet'}"
