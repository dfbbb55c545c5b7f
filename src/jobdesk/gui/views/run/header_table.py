"""HTTP headers as a quiet two-column table."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem, QWidget

from jobdesk.gui.context import Context
from jobdesk.gui.theme import S

_ROW = 26
_WIDEST_NAME = 200


class HeaderTable(QTableWidget):
    """Names and values; Ctrl+C copies the chosen rows as ``Name: value`` lines."""

    def __init__(self, context: Context, name: str, parent: QWidget | None = None) -> None:
        super().__init__(0, 2, parent)
        self._theme = context.theme
        self._headers: list[tuple[str, str]] = []
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.setHorizontalHeaderLabels(["Header", "Value"])
        head = self.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        # What doesn't fit is elided, and whole in the tooltip.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        context.theme.changed.connect(self._fill)

    def show_headers(self, headers: Mapping[str, str]) -> None:
        self._headers = [(str(name), str(value)) for name, value in headers.items()]
        self._fill()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            event.accept()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        rows = sorted({index.row() for index in self.selectedIndexes()})
        lines = ["{}: {}".format(*self._headers[row]) for row in rows]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))

    @Slot()
    def _fill(self) -> None:
        self.setRowCount(len(self._headers))
        for row, header in enumerate(self._headers):
            for column, text in enumerate(header):
                item = QTableWidgetItem(text[:1_000])
                item.setToolTip(text[:5_000])
                if column == 0:
                    item.setForeground(self._theme.color("muted"))
                self.setItem(row, column, item)
        self.setColumnWidth(0, min(_WIDEST_NAME, self.sizeHintForColumn(0) + S))
