"""A small editable table of names and values: environment variables, HTTP headers."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from jobdesk.gui.models.job_form.action_draft import Pairs
from jobdesk.gui.models.job_form.pairs import NAME, REMOVE, VALUE, PairsModel, pairs_from_text
from jobdesk.gui.theme import Theme

_ROW = 30
_MOST_ROWS = 6
_NO_LIMIT = 2**31 - 1
_Action = QAbstractItemView.CursorAction


class PairsTable(QTableView):
    """Click or type to edit; Delete removes rows; pasted lines become rows.

    ``separator`` parts name and value in what is pasted. ``changed``: by the person.
    """

    changed = Signal()

    def __init__(self, theme: Theme, separator: str, example: tuple[str, str]) -> None:
        super().__init__()
        self._separator = separator
        self.pairs_model = PairsModel(example, self)
        self.setModel(self.pairs_model)
        self.setItemDelegate(_Cells(theme, example, self))
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setMinimumSectionSize(_ROW)
        rows.setDefaultSectionSize(_ROW)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        columns.setSectionResizeMode(REMOVE, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(NAME, 180)
        self.setColumnWidth(REMOVE, _ROW)
        self.pairs_model.dataChanged.connect(self._data_changed)
        self.pairs_model.modelReset.connect(self._fit)
        self.clicked.connect(self._clicked)
        theme.changed.connect(self.viewport().update)
        self._fit()

    def pairs(self) -> Pairs:
        return self.pairs_model.pairs()

    def load(self, pairs: Pairs) -> None:
        self.pairs_model.load(pairs)

    def paste_lines(self, text: str) -> None:
        """One new row for each line, at the cursor."""
        row = self.currentIndex().row()
        if row < 0:
            row = self.pairs_model.rowCount() - 1
        self.pairs_model.insert(row, pairs_from_text(text, self._separator))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste_lines(QGuiApplication.clipboard().text())
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.pairs_model.remove(index.row() for index in self.selectedIndexes())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def moveCursor(self, action: _Action, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        # Tab in an editor goes from name to value to the next name, past the cross.
        index = self.currentIndex()
        if action == _Action.MoveNext and index.column() == VALUE:
            return self.pairs_model.index(index.row() + 1, NAME)
        if action == _Action.MovePrevious and index.column() == NAME:
            return self.pairs_model.index(index.row() - 1, VALUE)
        return super().moveCursor(action, modifiers)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.maximumHeight())

    @Slot()
    def _data_changed(self) -> None:
        self._fit()
        self.changed.emit()

    @Slot()
    def _fit(self) -> None:
        shown = min(self.pairs_model.rowCount(), _MOST_ROWS)
        head = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(head + shown * _ROW + 2 * self.frameWidth() + 2)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == REMOVE:
            self.pairs_model.remove([index.row()])
        elif self.pairs_model.is_blank(index.row()):
            self.edit(index)


class _Cells(QStyledItemDelegate):
    """Editors for any length of text, an example in the blank row, a cross to remove."""

    def __init__(self, theme: Theme, example: tuple[str, str], table: PairsTable) -> None:
        super().__init__(table)
        self._theme, self._example, self._table = theme, example, table

    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        editor = _CellEdit(parent)
        editor.setMaxLength(_NO_LIMIT)
        editor.setStyleSheet("border-radius: 0; padding: 0 7px; min-height: 0;")
        editor.lines_pasted.connect(self._lines_pasted)
        return editor

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        last = index.row() == self._table.pairs_model.rowCount() - 1
        if index.column() == REMOVE:
            if not last:
                area = QRect(0, 0, 16, 16)
                area.moveCenter(option.rect.center())
                self._theme.icon("mdi6.close", "muted").paint(painter, area)
            return
        super().paint(painter, option, index)
        if last and self._table.pairs_model.is_blank(index.row()):
            painter.save()
            painter.setPen(self._theme.color("faint"))
            area = option.rect.adjusted(11, 0, -8, 0)
            side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(area, side, self._example[index.column()])
            painter.restore()

    @Slot(str)
    def _lines_pasted(self, text: str) -> None:
        editor = self.sender()
        if isinstance(editor, QWidget):
            self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.RevertModelCache)
        self._table.paste_lines(text)


class _CellEdit(QLineEdit):
    """Hands several lines on instead of squeezing them into one cell."""

    lines_pasted = Signal(str)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = QGuiApplication.clipboard().text()
        pasting = event.matches(QKeySequence.StandardKey.Paste)
        if pasting and not self.text() and len(text.splitlines()) > 1:
            self.lines_pasted.emit(text)
        else:
            super().keyPressEvent(event)
