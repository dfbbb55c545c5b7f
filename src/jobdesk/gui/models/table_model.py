"""What all tables have in common: columns of cells over a list of rows with keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from jobdesk.gui.models.cells import ACCESSIBLE, DISPLAY, TOOLTIP, Cell, spoken
from jobdesk.gui.models.edits import Edit, Kind

T = TypeVar("T")
Index = QModelIndex | QPersistentModelIndex

_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` in device-independent pixels; 0 takes what is left. ``live``: it shows
    time that passes. Where there is not enough room, those of the highest ``rank`` go
    first, and those of rank 0 never."""

    title: str
    width: int
    live: bool = False
    rank: int = 0


class CellModel(QAbstractTableModel, Generic[T]):
    """Rows of ``T``; subclasses say what is in a cell. Not for use without a subclass."""

    editing = Signal()
    """A batch of edits begins: views note what they show."""
    edited = Signal()
    """It is done: views put it back where it was."""

    columns: Sequence[Column] = ()
    woven = False
    """Whether a cell may depend on other rows than its own."""

    def __init__(self, now: datetime, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[T] = []
        self._now = now

    # -- for subclasses -----------------------------------------------------------

    @abstractmethod
    def key(self, row: T) -> Hashable:
        """What makes a row the same row in the next reading."""

    @abstractmethod
    def make_cell(self, row: T, column: int) -> Cell:
        """What to show."""

    def hint(self, row: T, column: int) -> str:
        """The tool tip; none by default."""
        return ""

    # -- for views ----------------------------------------------------------------

    @property
    def rows(self) -> Sequence[T]:
        return self._rows

    def row(self, number: int) -> T:
        return self._rows[number]

    def find(self, key: Hashable) -> int | None:
        """Where the row with this key is now."""
        for number, row in enumerate(self._rows):
            if self.key(row) == key:
                return number
        return None

    def cell(self, row: int, column: int) -> Cell:
        return self.make_cell(self._rows[row], column)

    def tick(self, now: datetime) -> None:
        """Time has passed. The view repaints what it shows of the live columns."""
        self._now = now

    # -- Qt's -----------------------------------------------------------------------

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = DISPLAY) -> Any:
        role = int(role)
        if role not in (DISPLAY, TOOLTIP, ACCESSIBLE) or not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == TOOLTIP:
            return self.hint(row, index.column()) or None
        cell = self.make_cell(row, index.column())
        return cell.text if role == DISPLAY else spoken(cell)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> Any:
        if orientation == Qt.Orientation.Horizontal and int(role) == DISPLAY:
            return self.columns[section].title if 0 <= section < len(self.columns) else None
        return None

    # -- edits ------------------------------------------------------------------------

    def _apply(self, steps: Sequence[Edit[T]]) -> None:
        if not steps:
            return
        self.editing.emit()
        for step in steps:
            first, last = step.first, step.last
            if step.kind is Kind.REMOVE:
                self.beginRemoveRows(_ROOT, first, last)
                del self._rows[first : last + 1]
                self.endRemoveRows()
            elif step.kind is Kind.INSERT:
                self.beginInsertRows(_ROOT, first, last)
                self._rows[first:first] = step.rows
                self.endInsertRows()
            else:
                self._rows[first : last + 1] = step.rows
                end = self.index(last, len(self.columns) - 1)
                self.dataChanged.emit(self.index(first, 0), end)
        self.edited.emit()

    def _reset(self, rows: list[T]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
