"""From a selection into the clipboard, whole lines however long they are."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QWidget

from jobdesk.gui.context import Context
from jobdesk.gui.format import size
from jobdesk.gui.models.log.selection import copied
from jobdesk.gui.views.log.canvas import LogCanvas

_AT_ONCE = 262_144
"""Bytes that are copied without a detour through the background."""

_MOST = 64 * 1_048_576


class LogCopy(QObject):
    """Serves the copying of a canvas; ``action`` is for menus and buttons."""

    def __init__(self, context: Context, canvas: LogCanvas, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._canvas = context, canvas
        # No shortcuts: the canvas has these keys itself, since text fields have them too.
        self.action = QAction("Copy", self)
        self.action.setToolTip("Copy what is selected")
        self.action.triggered.connect(self.copy)
        self.all_action = QAction("Select all", self)
        self.all_action.triggered.connect(canvas.input.select_all)
        canvas.copy_asked.connect(self.copy)
        canvas.selection_changed.connect(self._selected)
        self._selected()

    @Slot()
    def copy(self) -> None:
        """Put what is selected into the clipboard."""
        canvas, selection = self._canvas, self._canvas.selection
        if not selection:
            return
        first, last = selection.first, selection.last
        ranges = canvas.rows.ranges(first.row, last.row)
        total = sum(part.excerpt.size for part in ranges)
        if total > _MOST:
            said = f"{size(total)} are too much for the clipboard. Save the log instead."
            self._context.navigation.notify.emit(said, None)
            return
        whole = last.column >= len(canvas.drawn(last.row).text.text)
        column = None if whole else last.column

        def work() -> str:
            return copied(ranges, first.column, column)

        if total <= _AT_ONCE:
            self._finish(work())
        else:
            self._context.calls.run(self, work, self._finish, latest="copy")

    def _finish(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    @Slot()
    def _selected(self) -> None:
        self.action.setEnabled(bool(self._canvas.selection))
