"""The tables of all pages: selection by key, places that stay, rows that can be clicked."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from jobdesk.gui.models.cells import ButtonCell, ToggleCell
from jobdesk.gui.models.table_model import CellModel
from jobdesk.gui.theme import Theme
from jobdesk.gui.uistate import UiState
from jobdesk.gui.views.delegates import CellDelegate

T = TypeVar("T")

_SELECT_ROWS = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
_MANY = QAbstractItemView.SelectionMode.ExtendedSelection
_ONE = QAbstractItemView.SelectionMode.SingleSelection
_COLUMN_LEAST, _FLEXIBLE_LEAST = 48, 168


class Table(QTableView, Generic[T]):
    """Shows a :class:`CellModel`. ``name`` is under which the widths of its columns are
    remembered."""

    opened = Signal(object)
    """A row was double-clicked, or Return pressed on it."""
    clicked_cell = Signal(object, int)
    """A switch or button in a row was clicked or pressed: the row and the column."""
    selected = Signal()
    """What is selected is another, or has changed itself."""

    def __init__(
        self,
        model: CellModel[T],
        theme: Theme,
        state: UiState,
        name: str,
        *,
        tall: bool = False,
        many: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.cells = model
        self._theme = theme
        self._state, self._name = state, f"table/{name}/{len(model.columns)}"
        self._delegate = CellDelegate(theme, model, tall=tall, parent=self)
        self._widths: dict[int, int] = {}
        self._pressed = QModelIndex()
        self._anchor: tuple[Hashable, int] | None = None
        self._kept: list[Hashable] = []
        self._current: Hashable | None = None
        self._delegate.set_font(self.font())
        self.setItemDelegate(self._delegate)
        self.setModel(model)
        self.setSelectionMode(_MANY if many else _ONE)
        self._set_up()
        self._set_up_columns()
        self.doubleClicked.connect(self._double_clicked)
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        model.editing.connect(self._note_place)
        model.edited.connect(self._keep_place)
        model.modelAboutToBeReset.connect(self._note_selection)
        model.modelReset.connect(self._keep_selection)
        theme.changed.connect(self._repaint)

    def _set_up(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(self._delegate.row_height)
        rows.setDefaultSectionSize(self._delegate.row_height)

    def _set_up_columns(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(_COLUMN_LEAST)
        for number, column in enumerate(self.cells.columns):
            if column.width:
                header.resizeSection(number, column.width)
            else:
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
        saved = self._state.get(self._name)
        for name, width in (saved if isinstance(saved, dict) else {}).items():
            number = int(name) if name.isdecimal() else -1
            known = 0 <= number < len(self.cells.columns) and self.cells.columns[number].width
            if known and isinstance(width, int):
                self._widths[number] = max(_COLUMN_LEAST, min(width, 1_000))
                header.resizeSection(number, self._widths[number])
        header.sectionResized.connect(self._resized)

    # -- for pages ------------------------------------------------------------------

    def selected_rows(self) -> list[T]:
        """From top to bottom."""
        numbers = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.cells.row(number) for number in numbers]

    def select(self, key: Hashable) -> bool:
        """Select the row with this key alone and bring it into view; whether it is there."""
        number = self.cells.find(key)
        if number is None:
            return False
        self.selectRow(number)
        self.scrollTo(self.cells.index(number, 0))
        return True

    def visible(self) -> tuple[int, int]:
        """The first and the last row on screen; (0, -1) without any."""
        if not self.cells.rowCount():
            return 0, -1
        last = self.rowAt(self.viewport().height() - 1)
        return max(0, self.rowAt(0)), last if last >= 0 else self.cells.rowCount() - 1

    def tick(self, now: datetime) -> None:
        """Repaint what shows time that passes."""
        self.cells.tick(now)
        height = self.viewport().height()
        for number, column in enumerate(self.cells.columns):
            if column.live:
                left = self.columnViewportPosition(number)
                self.viewport().update(QRect(left, 0, self.columnWidth(number), height))

    # -- places that stay -------------------------------------------------------------

    @Slot()
    def _note_place(self) -> None:
        """Which row is the first on screen, and how far it is scrolled out."""
        self._anchor = None
        number = self.rowAt(0)
        if number >= 0 and self._stays():
            offset = self.rowViewportPosition(number)
            self._anchor = (self.cells.key(self.cells.row(number)), offset)

    def _stays(self) -> bool:
        """Whether what is on screen stays there; at the very top new rows may come in."""
        return self.verticalScrollBar().value() > 0

    @Slot()
    def _keep_place(self) -> None:
        self.executeDelayedItemsLayout()
        if self._anchor is not None:
            key, offset = self._anchor
            number = self._place_of(key)
            if number is not None:
                bar = self.verticalScrollBar()
                bar.setValue(number * self._delegate.row_height - offset)
        self._anchor = None
        if self.cells.woven:
            self.viewport().update()
        self._tell_if_selected()

    def _place_of(self, key: Hashable) -> int | None:
        return self.cells.find(key)

    @Slot()
    def _note_selection(self) -> None:
        rows = self.selectionModel().selectedRows()
        self._kept = [self.cells.key(self.cells.row(index.row())) for index in rows]
        current = self.currentIndex()
        row = self.cells.row(current.row()) if current.isValid() else None
        self._current = None if row is None else self.cells.key(row)

    @Slot()
    def _keep_selection(self) -> None:
        kept, self._kept = self._kept, []
        chosen = QItemSelection()
        last = len(self.cells.columns) - 1
        for key in kept:
            number = self.cells.find(key)
            if number is not None:
                chosen.select(self.cells.index(number, 0), self.cells.index(number, last))
        at = None if self._current is None else self.cells.find(self._current)
        if at is not None:
            self.selectionModel().setCurrentIndex(
                self.cells.index(at, 0), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        self.selectionModel().select(chosen, _SELECT_ROWS)
        self.selected.emit()

    def _tell_if_selected(self) -> None:
        if self.selectionModel().hasSelection():
            self.selected.emit()

    # -- what the person does -----------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.opened.emit(self.cells.row(current.row()))
            event.accept()
        elif event.key() == Qt.Key.Key_Home and not event.modifiers():
            self.to_first()
            event.accept()
        elif event.key() == Qt.Key.Key_End and not event.modifiers():
            self.to_last()
            event.accept()
        else:
            super().keyPressEvent(event)

    def to_first(self) -> None:
        """The Home key."""
        self._go(0)

    def to_last(self) -> None:
        """The End key."""
        self._go(self.cells.rowCount() - 1)

    def _go(self, number: int) -> None:
        if 0 <= number < self.cells.rowCount():
            self.selectRow(number)
            self.scrollTo(self.cells.index(number, 0))

    @Slot(QModelIndex)
    def _double_clicked(self, index: QModelIndex) -> None:
        self.opened.emit(self.cells.row(index.row()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._control(index) is not None:
            # It doesn't select the row: the inspector would open, and what is being
            # clicked would move away from under the pointer.
            self._pressed = index
            event.accept()
            return
        self._pressed = QModelIndex()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, QModelIndex()
        if not pressed.isValid():
            super().mouseReleaseEvent(event)
        elif self.indexAt(event.position().toPoint()) == pressed:
            self.clicked_cell.emit(self.cells.row(pressed.row()), pressed.column())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._control(self.indexAt(event.position().toPoint())) is None:
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._hover(index.row())
        over = Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(over if self._control(index) else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._mark_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._delegate.focused = -1
        self.viewport().update()

    def _mark_focus(self) -> None:
        if not self.currentIndex().isValid() and self.cells.rowCount():
            self.setCurrentIndex(self.cells.index(max(0, self.rowAt(0)), 0))
        self._delegate.focused = self.currentIndex().row()
        self.viewport().update()

    def currentChanged(self, current: Any, previous: Any) -> None:
        super().currentChanged(current, previous)
        if self._delegate.focused >= 0:
            self._delegate.focused = current.row()
            self.viewport().update()

    def _control(self, index: QModelIndex) -> ButtonCell | ToggleCell | None:
        """The switch or button at this place."""
        if not index.isValid():
            return None
        cell = self.cells.cell(index.row(), index.column())
        return cell if isinstance(cell, (ButtonCell, ToggleCell)) and cell.text else None

    def _hover(self, row: int) -> None:
        before, self._delegate.hovered = self._delegate.hovered, row
        if row == before:
            return
        for number in (before, row):
            if number >= 0:
                top, height = self.rowViewportPosition(number), self._delegate.row_height
                self.viewport().update(0, top, self.viewport().width(), height)

    @Slot(QItemSelection, QItemSelection)
    def _selection_changed(self, chosen: QItemSelection, dropped: QItemSelection) -> None:
        self.selected.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_columns()
        super().resizeEvent(event)

    def _fit_columns(self) -> None:
        """Hide the columns that can be done without until the others have room."""
        header, columns = self.horizontalHeader(), self.cells.columns
        widths = [
            self._widths.get(number, column.width) or _FLEXIBLE_LEAST
            for number, column in enumerate(columns)
        ]
        room, left = self.viewport().width(), sum(widths)
        hidden = set()
        for number in sorted(range(len(columns)), key=lambda n: -columns[n].rank):
            if left > room and columns[number].rank:
                hidden.add(number)
                left -= widths[number]
        for number in range(len(columns)):
            if header.isSectionHidden(number) != (number in hidden):
                header.setSectionHidden(number, number in hidden)

    @Slot(int, int, int)
    def _resized(self, section: int, before: int, width: int) -> None:
        # To 0 and back is how a column is hidden and shown.
        if self.cells.columns[section].width and before and width:
            self._widths[section] = width
            self._state.set(self._name, {str(at): size for at, size in self._widths.items()})

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it: Qt's own would make an index and an option for each cell."""
        first, last = self.visible()
        chosen = self.selectionModel()
        rows = range(first, last + 1) if chosen.hasSelection() else ()
        self._delegate.selected = frozenset(n for n in rows if chosen.isRowSelected(n))
        painter = QPainter(self.viewport())
        for rect in event.region():  # type: ignore[attr-defined]
            painter.setClipRect(rect)
            # It paints its background, too, so that scrolling can move what is there already.
            painter.fillRect(rect, self._theme.color("surface"))
            top, bottom = self.rowAt(rect.top()), self.rowAt(rect.bottom())
            if top >= 0:
                shown = range(top, (last if bottom < 0 else bottom) + 1)
                sections = self._sections(rect)
                self._delegate.paint_rows(painter, shown, self.rowViewportPosition(top), sections)
        painter.end()

    def _sections(self, rect: QRect) -> list[tuple[int, int, int]]:
        """The columns in a part of the viewport: number, left edge and width."""
        header, found = self.horizontalHeader(), []
        for number in range(len(self.cells.columns)):
            left, width = header.sectionViewportPosition(number), header.sectionSize(number)
            if width and left <= rect.right() and left + width > rect.left():
                found.append((number, left, width))
        return found

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._delegate.set_font(self.font())

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()
