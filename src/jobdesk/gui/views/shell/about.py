"""About this program, and the keys it knows."""

from __future__ import annotations

import platform
from collections.abc import Iterable

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from jobdesk import __version__, paths
from jobdesk.desk import Desk
from jobdesk.gui.theme import XL, XS, L, M, S


class AboutDialog(QDialog):
    """Name, version, licence, and where things are; to be copied into a report."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About JobDesk")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        mark, name, line = QLabel(), QLabel("JobDesk"), QLabel()
        mark.setPixmap(QIcon(str(paths.resource("icons/jobdesk.svg"))).pixmap(QSize(64, 64)))
        name.setProperty("role", "title")
        line.setText("Background jobs on your workstation: scripts and HTTP calls.")
        line.setProperty("role", "muted")
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(name)
        words.addWidget(line)
        top = QHBoxLayout()
        top.setSpacing(L)
        top.addWidget(mark)
        top.addLayout(words, 1)
        system = f"{platform.system()} {platform.release()}"
        grid = _table(
            [
                ("Version", __version__),
                ("Licence", "MIT"),
                ("Home", str(desk.home)),
                ("Database", desk.database_url),
                ("Runs on", f"Python {platform.python_version()}, Qt {pyside_version}, {system}"),
            ]
        )
        _finish(self, top, grid)


class ShortcutsDialog(QDialog):
    """The keys of the actions that can be reached now."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = QLabel("Keyboard shortcuts")
        title.setProperty("role", "title")
        top = QHBoxLayout()
        top.addWidget(title)
        _finish(self, top, _table(shortcuts(actions)))


def shortcuts(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """What each action is called, and its key; those without one are left out."""
    rows: dict[str, str] = {}
    for action in actions:
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        if key and action.iconText():
            rows.setdefault(action.iconText(), key)
    return list(rows.items())


def _table(rows: Iterable[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(L)
    grid.setVerticalSpacing(S)
    for number, (name, value) in enumerate(rows):
        left, right = QLabel(name), QLabel(value)
        left.setProperty("role", "muted")
        right.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        right.setWordWrap(True)
        grid.addWidget(left, number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(right, number, 1)
    grid.setColumnStretch(1, 1)
    return grid


def _finish(dialog: QDialog, top: QHBoxLayout, grid: QGridLayout) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(XL, XL, XL, L)
    column.setSpacing(L)
    column.addLayout(top)
    column.addLayout(grid)
    column.addStretch(1)
    column.addSpacing(M)
    column.addWidget(buttons)
    dialog.setMinimumWidth(480)
