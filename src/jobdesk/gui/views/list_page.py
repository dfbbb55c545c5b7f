"""A page that is a list: header, filters, the table or what stands in for it, inspector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jobdesk.gui.theme import XL, M, S
from jobdesk.gui.views.inspector import Inspector
from jobdesk.gui.views.page import Page
from jobdesk.gui.views.tables import Table
from jobdesk.gui.widgets import EmptyState, PageHeader

_CORNER = 8


class ListPage(Page):
    """Subclasses make the parts and call :meth:`build` once."""

    header: PageHeader
    table: Table[Any]
    empty: EmptyState
    inspector: Inspector | None = None

    def build(self, bars: Sequence[QWidget] = ()) -> None:
        """Put the parts together; ``bars`` lie between header and table."""
        self.setFocusProxy(self.table)
        self.column.addWidget(self.header)
        body = QVBoxLayout()
        body.setContentsMargins(XL, 0, XL, XL)
        body.setSpacing(M)
        for bar in bars:
            body.addWidget(bar)
        self.stack = QStackedWidget()
        self._card = card_around(self.table)
        self.stack.addWidget(self._card)
        self.stack.addWidget(self.empty)
        row = QHBoxLayout()
        row.setSpacing(M)
        row.addWidget(self.stack, 1)
        if self.inspector is not None:
            self.inspector.setVisible(False)
            row.addWidget(self.inspector)
        body.addLayout(row, 1)
        self.column.addLayout(body, 1)

    def show_rows(self, any_rows: bool) -> None:
        """The table, or the empty state."""
        self.stack.setCurrentWidget(self._card if any_rows else self.empty)

    def offer(self, actions: Sequence[QAction | None]) -> None:
        """A context menu on the table's rows; None separates."""
        self._menu = QMenu(self)
        for action in actions:
            if action is None:
                self._menu.addSeparator()
            else:
                self._menu.addAction(action)
        self.table.customContextMenuRequested.connect(self._open_menu)

    @Slot(QPoint)
    def _open_menu(self, place: QPoint) -> None:
        if self.table.indexAt(place).isValid():
            self._menu.popup(self.table.viewport().mapToGlobal(place))


def card_around(table: QWidget) -> QFrame:
    """The table's border, rounded. Its own would cost speed: what scrolls past a rounded
    corner has to be painted anew, so the table itself is square and ends above it."""
    card = QFrame()
    card.setProperty("card", True)
    around = QVBoxLayout(card)
    around.setContentsMargins(1, 1, 1, _CORNER)
    around.addWidget(table)
    return card


def bar(*widgets: QWidget | None) -> QWidget:
    """A line of widgets; None stretches."""
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(S)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
    return line
