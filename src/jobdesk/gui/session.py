"""All that lives while a desk is open in the window, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from jobdesk.domain.run import RunState
from jobdesk.gui.actions import JobActions, QueueActions, RunActions
from jobdesk.gui.alerts import Alerts
from jobdesk.gui.bridge import Bridge
from jobdesk.gui.calls import Calls
from jobdesk.gui.context import Context
from jobdesk.gui.engine_process import EngineProcess, EngineStatus, Phase
from jobdesk.gui.glance import Glance, Snapshot
from jobdesk.gui.navigation import Navigation
from jobdesk.gui.theme import Theme
from jobdesk.gui.tray import Tray
from jobdesk.gui.uistate import PAGE, UiState
from jobdesk.gui.views.shell import pages
from jobdesk.gui.views.shell.dialogs import Dialogs
from jobdesk.gui.views.shell.mainwindow import MainWindow
from jobdesk.gui.views.shell.menus import Menus
from jobdesk.gui.views.shell.notice import sentence, title
from jobdesk.gui.views.shell.workspace import Workspace
from jobdesk.gui.watch import Watch

if TYPE_CHECKING:
    from jobdesk.desk import Desk

_TOLD = "interruption_told"


class Session(QObject):
    """Builds and connects the window's inside, the tray and the supervision of the engine.

    ``quit_wanted`` when a person says Quit, in the menu or in the tray.
    """

    quit_wanted = Signal()
    loaded = Signal()
    """All that the pages need is imported."""

    def __init__(
        self,
        desk: Desk,
        bridge: Bridge,
        calls: Calls,
        theme: Theme,
        state: UiState,
        window: MainWindow,
        engine_command: Sequence[str],
        window_command: Sequence[str],
    ) -> None:
        super().__init__()
        self.desk, self._window, self._state = desk, window, state
        self.watch = Watch(desk, bridge, self)
        self.context = Context(desk, calls, self.watch, theme, state, Navigation(self))
        self.engine = EngineProcess(desk, calls, engine_command, self)
        self.glance = Glance(desk, calls, self.watch, self)
        self.alerts = Alerts(desk, calls, self.watch, self)
        self.workspace = Workspace(self.context)
        self.dialogs = Dialogs(self.context, window, window_command)
        self.menus = Menus(window, self.workspace, self.context)
        self._runs = RunActions(self.context, window)
        self._jobs = JobActions(self.context, window)
        self._queues = QueueActions(self.context, window)
        self.tray = Tray(self)
        self._connect_engine()
        self._connect_menus()
        self._connect_tray()

    def begin(self) -> None:
        """Show the page of last time, and see to the engine."""
        self._window.enter(self.workspace)
        self.workspace.moved.connect(self._moved)
        self.workspace.show_page(str(self._state.get(PAGE, "overview")))
        self.engine.begin(self.watch)
        self.glance.refresh()
        self.alerts.begin()
        self.loaded.connect(self.workspace.build_rest)
        self.context.calls.run(self, self._load, lambda nothing: self.loaded.emit())
        if Tray.available():
            self.tray.show()
        if self._state.notice:
            self.workspace.tell(self._state.notice, None)

    def close(self) -> None:
        """Hear and see nothing any more. The desk is still open afterwards: it is closed
        when the last call has ended."""
        self.workspace.leave()
        self.engine.close()
        self.watch.close()
        self.tray.close()

    def _load(self) -> None:
        """In the background: import what the other pages need, when the desk is open. That
        is what those who look at the first one wait for."""
        self.desk.settings()
        pages.load()

    # -- connections --------------------------------------------------------------

    def _connect_engine(self) -> None:
        for shows in (self.workspace.statusbar, self.workspace.banner, self.tray):
            self.engine.changed.connect(shows.show_status)
        for counts in (
            self.workspace.statusbar,
            self.workspace.sidebar,
            self.workspace.notice,
            self.tray,
        ):
            self.glance.changed.connect(counts.show_snapshot)
        self.glance.changed.connect(self._tell_interruption)
        self.engine.died.connect(self._engine_died)
        self.engine.changed.connect(self._engine_changed)
        self.workspace.statusbar.start_again.connect(self.engine.start_again)
        self.workspace.banner.start_again.connect(self.engine.start_again)
        self.workspace.banner.restart.connect(self.engine.restart)
        self.alerts.alert.connect(self._alert)
        self.context.navigation.notify_desktop.connect(self._notify_desktop)

    def _connect_menus(self) -> None:
        self.workspace.sidebar.settings.connect(self.dialogs.settings)
        self.menus.settings.connect(self.dialogs.settings)
        self.menus.about.connect(self.dialogs.about)
        self.menus.guide.connect(self.dialogs.guide)
        self.menus.shortcuts.connect(self._shortcuts)
        self.menus.pause_all.connect(self._queues.set_all_paused)
        self.menus.replay_dead.connect(self._replay_dead)
        self.menus.quit.connect(self.quit_wanted)

    def _connect_tray(self) -> None:
        self.tray.show_window.connect(self._window.to_front)
        self.tray.open_run.connect(self._open_run)
        self.tray.show_page.connect(self._show_page)
        self.tray.new_job.connect(self._new_job)
        self.tray.run_job.connect(self._jobs.run_now)
        self.tray.pause_all.connect(self._queues.set_all_paused)
        self.tray.quit.connect(self.quit_wanted)

    @Slot(object)
    def _moved(self, page: object) -> None:
        name = getattr(page, "name", "")
        if name != "run":
            self._state.set(PAGE, name)

    @Slot(str)
    def _engine_died(self, trouble: str) -> None:
        self.workspace.tell(f"{trouble} Another one is started.", None)

    @Slot(object)
    def _engine_changed(self, status: EngineStatus) -> None:
        """Given up while nobody looks: say it where they do."""
        if status.phase is Phase.GIVEN_UP and not status.words and not self._window.isVisible():
            text = "Nothing runs until you start it again. Click here."
            self.tray.show_hint("The engine keeps stopping", text)

    @Slot(str, str, object)
    def _alert(self, title: str, text: str, run_id: int | None) -> None:
        if not self._state.notify:
            return
        if self.tray.icon.isVisible():
            self.tray.show_alert(title, text, run_id)
        else:
            self.workspace.tell(f"{title}. {text}", None)

    @Slot(str, str)
    def _notify_desktop(self, title: str, text: str) -> None:
        self._alert(title, text, None)

    @Slot(object)
    def _tell_interruption(self, snapshot: Snapshot) -> None:
        """Runs died of a crash: tell it once, to who doesn't look at the window, too."""
        found = snapshot.interruption
        if found is None or self._state.get(_TOLD) == found.found_at.isoformat():
            return
        self._state.set(_TOLD, found.found_at.isoformat())
        dead = found.ids(RunState.DEAD)
        if dead and self._state.notify and self.tray.icon.isVisible():
            run_id = dead[0] if len(dead) == 1 else None
            self.tray.show_alert(title(found), sentence(found), run_id, "dead")

    @Slot()
    def _shortcuts(self) -> None:
        page = self.workspace.stack.currentWidget()
        of_page = page.actions() if page is not None else []
        self.dialogs.shortcuts([*self.menus.all_actions(), *of_page])

    @Slot()
    def _replay_dead(self) -> None:
        self._runs.replay_dead()

    @Slot(int)
    def _open_run(self, run_id: int) -> None:
        self._window.to_front()
        self.workspace.open_run(run_id)

    @Slot(str)
    def _show_page(self, name: str) -> None:
        self._window.to_front()
        self.workspace.show_page(name)

    @Slot()
    def _new_job(self) -> None:
        self._window.to_front()
        self.context.navigation.new_job.emit()
