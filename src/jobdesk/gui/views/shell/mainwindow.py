"""The window itself: a shell around the start screen and the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from jobdesk.gui.theme import Theme
from jobdesk.gui.uistate import UiState
from jobdesk.gui.views.shell.startscreen import StartScreen

if TYPE_CHECKING:
    from jobdesk.gui.views.shell.workspace import Workspace

_SIZE = (1180, 760)
_LEAST = (900, 560)
_GEOMETRY = "geometry"


class MainWindow(QMainWindow):
    """Shown before the desk is open. What closing means, its owner decides: a close is
    refused and ``closing`` emitted, until :meth:`let_close`."""

    closing = Signal()

    def __init__(self, theme: Theme, state: UiState) -> None:
        super().__init__()
        self._state = state
        self._may_close = False
        self.workspace: Workspace | None = None
        self.setWindowTitle("JobDesk")
        self.setMinimumSize(*_LEAST)
        self.start_screen = StartScreen(theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.start_screen)
        self.setCentralWidget(self._stack)
        self.resize(*_SIZE)
        kept: QByteArray | None = state.bytes(_GEOMETRY)
        if kept is not None:
            self.restoreGeometry(kept)

    def enter(self, workspace: Workspace) -> None:
        """Show the inside."""
        self.workspace = workspace
        self._stack.addWidget(workspace)
        self._stack.setCurrentWidget(workspace)

    def leave(self) -> None:
        """Show the start screen again: on the way out, or in trouble."""
        self.menuBar().hide()
        self._stack.setCurrentWidget(self.start_screen)

    @property
    def inside(self) -> bool:
        """Whether the inside is shown, and not the start screen."""
        return self._stack.currentWidget() is not self.start_screen

    def come_back(self) -> None:
        """Show the inside again."""
        if self.workspace is not None:
            self.menuBar().show()
            self._stack.setCurrentWidget(self.workspace)

    def to_front(self) -> None:
        """Show the window, whatever covers or hides it."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def let_close(self) -> None:
        """From now on a close is a close."""
        self._may_close = True

    def remember(self) -> None:
        """Keep size and place for the next time."""
        self._state.set_bytes(_GEOMETRY, self.saveGeometry())

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.closing.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.workspace is not None and not event.spontaneous():
            self.workspace.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.workspace is not None and not event.spontaneous():
            self.workspace.leave()
