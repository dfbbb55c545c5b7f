"""Names and values as the rows of a small table that grows as one types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from jobdesk.gui.models.job_form.action_draft import Pairs

NAME, VALUE, REMOVE = range(3)
LONGEST_SHOWN = 300
LONGEST_EDITED = 200_000
"""Characters; a line editor is no place for more, and takes seconds to show it."""

_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_EDIT = int(Qt.ItemDataRole.EditRole)
_TOOL_TIP = int(Qt.ItemDataRole.ToolTipRole)
_ACCESSIBLE = int(Qt.ItemDataRole.AccessibleTextRole)

Index = QModelIndex | QPersistentModelIndex


def pairs_from_text(text: str, separator: str) -> Pairs:
    """One pair for each line that isn't blank: ``NAME=VALUE``, or ``Name: value``."""
    pairs = []
    for line in text.splitlines():
        if line.strip():
            name, _, value = line.partition(separator)
            value = value.strip() if separator == ":" else value
            pairs.append((name.strip().removeprefix("export ").strip(), value))
    return tuple(pairs)


class PairsModel(QAbstractTableModel):
    """The last row is always a blank one to type into."""

    def __init__(self, example: tuple[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._example = example
        self._rows: list[tuple[str, str]] = [("", "")]

    def pairs(self) -> Pairs:
        """The rows that hold something, in order."""
        return tuple(row for row in self._rows if any(row))

    def load(self, pairs: Pairs) -> None:
        self.beginResetModel()
        self._rows = [*pairs, ("", "")]
        self.endResetModel()

    def insert(self, row: int, pairs: Iterable[tuple[str, str]]) -> None:
        """Put ``pairs`` in front of ``row``, at most in front of the blank one."""
        new = list(pairs)
        if not new:
            return
        row = min(row, len(self._rows) - 1)
        self.beginInsertRows(QModelIndex(), row, row + len(new) - 1)
        self._rows[row:row] = new
        self.endInsertRows()
        self.dataChanged.emit(self.index(row, NAME), self.index(row + len(new) - 1, VALUE))

    def remove(self, rows: Iterable[int]) -> None:
        for row in sorted(set(rows), reverse=True):
            if row < len(self._rows) - 1:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._rows[row]
                self.endRemoveRows()
        end = self.index(len(self._rows) - 1, VALUE)
        self.dataChanged.emit(end, end)

    def is_blank(self, row: int) -> bool:
        return not any(self._rows[row])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 3

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if column == REMOVE:
            text = "Remove this row" if row < len(self._rows) - 1 else None
            return text if role in (_TOOL_TIP, _ACCESSIBLE) else None
        text = self._rows[row][column]
        if role == _EDIT:
            return text
        if role == _DISPLAY:
            if len(text) > LONGEST_SHOWN:
                return f"{text[:LONGEST_SHOWN]}… ({len(text):,} characters)"
            # A line end would hide what follows it.
            return text.replace("\n", "↵")
        if role == _TOOL_TIP and not text and row == len(self._rows) - 1:
            return f"Such as {self._example[column]}"
        return None

    def setData(self, index: Index, value: Any, role: int = _EDIT) -> bool:
        if role != _EDIT or index.column() == REMOVE:
            return False
        row = list(self._rows[index.row()])
        if row[index.column()] == value:
            return True
        row[index.column()] = str(value)
        self._rows[index.row()] = (row[0], row[1])
        if index.row() == len(self._rows) - 1 and any(row):
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows))
            self._rows.append(("", ""))
            self.endInsertRows()
        self.dataChanged.emit(index, index)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.column() == REMOVE:
            return Qt.ItemFlag.ItemIsEnabled
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if len(self._rows[index.row()][index.column()]) > LONGEST_EDITED:
            return usual
        return usual | Qt.ItemFlag.ItemIsEditable

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if role == _DISPLAY and orientation == Qt.Orientation.Horizontal:
            return ("Name", "Value", "")[section]
        return None
