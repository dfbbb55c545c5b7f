"""The window's life: opens the desk, decides what closing means, and ends cleanly."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast

import shiboken6
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from jobdesk import __version__, paths
from jobdesk.domain.errors import JobDeskError
from jobdesk.domain.run import Run
from jobdesk.gui.bridge import Bridge
from jobdesk.gui.calls import Calls
from jobdesk.gui.closing import CloseQuestion
from jobdesk.gui.garbage import Collector
from jobdesk.gui.opening import OpeningDesk, first_look
from jobdesk.gui.theme import Theme
from jobdesk.gui.uistate import FILE_NAME, PAGE, UiState
from jobdesk.gui.views.shell.mainwindow import MainWindow

if TYPE_CHECKING:
    from jobdesk.desk import Desk
    from jobdesk.gui.session import Session

_BEFORE_STOPPING_SHOWS_MS = 300
_PAINTED_MS = 10
"""After which the first picture is painted: paint events come before timers."""
_SHOWN_AT_LAST_MS = 500
_HINT = "tray_hint_shown"

log = logging.getLogger(__name__)


def set_up(app: QApplication) -> None:
    """Name and icon of the application, as desktops want to know them."""
    app.setApplicationName("jobdesk")
    app.setApplicationDisplayName("JobDesk")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("org.jobdesk.JobDesk")
    app.setWindowIcon(QIcon(str(paths.resource("icons/jobdesk.svg"))))
    app.setQuitOnLastWindowClosed(False)


class Application(QObject):
    """Owns everything, from the first window to the last thread."""

    def __init__(
        self,
        app: QApplication,
        home: Path,
        engine_command: Sequence[str],
        database_url: str | None = None,
    ) -> None:
        super().__init__()
        self._app, self._home, self._database_url = app, home, database_url
        self._engine_command = list(engine_command)
        set_up(app)
        self._collector = Collector(self)
        self.bridge = Bridge(self)
        self.calls = Calls(self.bridge)
        self.state = UiState(home / FILE_NAME, self)
        self.theme = Theme(self.state.appearance, self)
        self.theme.apply(app)
        self.window = MainWindow(self.theme, self.state)
        self.session: Session | None = None
        self._opening: OpeningDesk | None = None
        self._leaving = False
        self.window.closing.connect(self._closing)
        self.window.start_screen.first.connect(self._first_button)
        self.window.start_screen.second.connect(self.quit)
        self.state.changed.connect(self._state_changed)
        app.commitDataRequest.connect(self._session_ends)

    def begin(self) -> None:
        """Show the window, and open the desk behind it."""
        self.window.show()
        self._open()

    @Slot()
    def quit(self) -> None:
        """End the program; an engine that a window started is stopped first, unless it is
        to be kept."""
        self._quit(keep_engine=self.state.keep_running)

    def shut_down(self) -> None:
        """End the threads, then the windows, in an order in which nobody misses anybody."""
        self.window.remember()
        self.state.save()
        if self.session is not None:
            self.session.close()
        if self._opening is not None:
            self._opening.give_up()
        self.calls.close()
        self.bridge.close()
        if self.session is not None:
            self.session.desk.close()
        self.window.let_close()
        self.window.hide()
        # Widgets before the application and before what they refer to.
        shiboken6.delete(self.window)
        if self.session is not None:
            shiboken6.delete(self.session)
            self.session = self._opening = None
        self._collector.close()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """SIGTERM and SIGINT are a Quit."""
        self.bridge.post(self.quit)

    # -- opening ------------------------------------------------------------------

    def _open(self) -> None:
        home, url = self._home, self._database_url
        self.window.start_screen.show_opening()
        page = str(self.state.get(PAGE, ""))
        done = partial(self._looked, page)
        self.calls.run(self, lambda: _look(home, url, page), done, self._not_opened)

    def _looked(self, page: str, first: list[Run] | None) -> None:
        """With rows to show, show them, and open the desk behind them; else open it first."""
        home, url = self._home, self._database_url
        if first is None:
            work = partial(_open_desk, home, url, page)
            self.calls.run(self, work, self._opened, self._not_opened)
            return
        post = self.bridge.post
        self._opening = OpeningDesk(
            home,
            url,
            page,
            first,
            shown=lambda: post(self._first_picture),
            opened=lambda: post(self.window.come_back),
            failed=lambda error: post(partial(self._not_opened, error)),
        )
        self._opened(cast("Desk", self._opening))
        QTimer.singleShot(_SHOWN_AT_LAST_MS, self._opening.begin)

    def _first_picture(self) -> None:
        """The rows are on their way into the table: paint them before anything else."""
        if self._opening is not None:
            QTimer.singleShot(_PAINTED_MS, self._opening.begin)

    def _opened(self, desk: Desk) -> None:
        from jobdesk.gui.session import Session

        self.session = Session(
            desk,
            self.bridge,
            self.calls,
            self.theme,
            self.state,
            self.window,
            self._engine_command,
            window_command(),
        )
        self.session.quit_wanted.connect(self.quit)
        self.session.loaded.connect(self._collector.spare)
        self.session.engine.stopped.connect(self._finish)
        self.session.begin()

    def _not_opened(self, error: Exception) -> None:
        if isinstance(error, JobDeskError):
            log.warning("the desk can't be opened: %s", error)
        else:
            log.error("the desk can't be opened", exc_info=error)
        self.window.leave()
        self.window.start_screen.show_failure(error)

    @Slot()
    def _first_button(self) -> None:
        """ "Try again", or on the way out "Quit without waiting"."""
        if self._leaving:
            self._finish()
        elif self._opening is not None:
            self.window.start_screen.show_opening()
            self._opening.begin()
        else:
            self._open()

    # -- closing ------------------------------------------------------------------

    @Slot()
    def _closing(self) -> None:
        choice, session = self.state.close_to_tray, self.session
        if session is None or self._leaving or not self.window.inside:
            self._finish()
        elif choice is False:
            self.quit()
        elif session.tray.icon.isVisible() and session.tray.available():
            self._hide_to_tray(session)
        elif choice is True:
            self._quit(keep_engine=True)
        else:
            question = CloseQuestion(self.window)
            question.answered.connect(self._close_answered)
            question.open()

    def _hide_to_tray(self, session: Session) -> None:
        self.window.remember()
        self.window.hide()
        if not self.state.get(_HINT):
            self.state.set(_HINT, True)
            session.tray.show_hint(
                "JobDesk keeps working", "Your jobs go on. Click this icon to come back."
            )

    @Slot(bool, bool)
    def _close_answered(self, keep: bool, remember: bool) -> None:
        if remember:
            self.state.close_to_tray = keep
        self._quit(keep_engine=keep)

    def _quit(self, *, keep_engine: bool) -> None:
        if self._leaving:
            return
        self._leaving = True
        if self.session is not None:
            log.info("quitting; the engine: %s", self.session.engine.status)
        if self.session is None or keep_engine or not self.session.engine.is_ours:
            self._finish()
            return
        self.session.engine.stop()
        QTimer.singleShot(_BEFORE_STOPPING_SHOWS_MS, self._show_stopping)

    @Slot()
    def _show_stopping(self) -> None:
        if self.session is not None and shiboken6.isValid(self.window):
            seen = self.session.glance.snapshot
            self.window.start_screen.show_stopping(seen.overview.running if seen else 0)
            self.window.leave()

    @Slot()
    def _finish(self) -> None:
        self._leaving = True
        # Not quit(): that asks the windows first, and ours stays when it is asked.
        self._app.exit(0)

    @Slot()
    def _session_ends(self) -> None:
        """Logout or shutdown: no questions; the engine hears of it by itself."""
        self.window.let_close()
        self.window.remember()
        self.state.save()

    @Slot(str)
    def _state_changed(self, name: str) -> None:
        if name == "appearance":
            self.theme.set_appearance(self.state.appearance)


def window_command() -> list[str]:
    """What starts this window: for the login."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "jobdesk"]


def _look(home: Path, url: str | None, page: str) -> list[Run] | None:
    """Load what the first picture needs, and see whether there is one without the desk."""
    import jobdesk.gui.session  # noqa: F401  (so that the GUI thread finds it loaded)
    from jobdesk.gui.views.shell import pages

    first = first_look(home, url, page)
    if first is not None:
        pages.load(page)
    return first


def _open_desk(home: Path, url: str | None, page: str) -> Desk:
    """Load what is needed, and open. In the background: it takes half a second."""
    from jobdesk.desk import Desk
    from jobdesk.gui.views.shell import pages

    pages.load(page)
    # Checked here too, so that damage is said on this screen and not by an engine that ends.
    return Desk.open(home, database_url=url, check=True)
