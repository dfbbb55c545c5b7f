"""The attempts of a run: number, outcome, what it came to, how long it took."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from jobdesk.domain.run import Attempt
from jobdesk.gui.context import Context
from jobdesk.gui.format import duration, elapsed, moment, moment_full
from jobdesk.gui.models.run.run_page_words import attempt_line, attempt_words
from jobdesk.gui.theme import XS, M, S
from jobdesk.gui.widgets import draw_badge

_HEIGHT = 52
_MOST_SHOWN = 5
_ATTEMPT = int(Qt.ItemDataRole.UserRole)

AnyIndex = QModelIndex | QPersistentModelIndex


class AttemptList(QListWidget):
    """The latest attempt is chosen, also when a new one begins, until the person picks
    an older one; picking the latest follows again."""

    chosen = Signal(object)
    """The attempt to show (None: there is none), also when it is the same one, newer."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attempts: list[Attempt] = []
        self._picked: int | None = None
        self._filling = False
        self.setAccessibleName("Attempts")
        self.setItemDelegate(_AttemptDelegate(context, self))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentRowChanged.connect(self._row_changed)
        context.theme.changed.connect(self._repaint)

    @property
    def current(self) -> Attempt | None:
        row = self.currentRow()
        return self._attempts[row] if 0 <= row < len(self._attempts) else None

    def show_attempts(self, attempts: Sequence[Attempt], *, fresh: bool) -> None:
        """Show them, the newest first; ``fresh``: they are those of another run."""
        if fresh:
            self._picked = None
        self._filling = True
        self._attempts = list(reversed(attempts))
        while self.count() > len(self._attempts):
            self.takeItem(self.count() - 1)
        while self.count() < len(self._attempts):
            self.addItem(QListWidgetItem())
        for row, attempt in enumerate(self._attempts):
            item = self.item(row)
            item.setData(_ATTEMPT, attempt.number)
            word, _, _ = attempt_words(attempt)
            item.setText(f"Attempt {attempt.number}: {word}. {attempt_line(attempt)}")
            item.setToolTip(_tip(attempt))
        numbers = [attempt.number for attempt in self._attempts]
        if self._picked not in numbers:
            self._picked = None
        self.setCurrentRow(0 if self._picked is None else numbers.index(self._picked))
        self._filling = False
        self.setFixedHeight(max(1, min(_MOST_SHOWN, len(attempts))) * _HEIGHT + 2)
        self.chosen.emit(self.current)

    def attempt_at(self, row: int) -> Attempt:
        return self._attempts[row]

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    @Slot(int)
    def _row_changed(self, row: int) -> None:
        if not self._filling and self.current is not None:
            self._picked = None if row == 0 else self.current.number
            self.chosen.emit(self.current)

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()


def _tip(attempt: Attempt) -> str:
    parts = [f"Began {moment_full(attempt.started_at)}"]
    if attempt.finished_at is not None:
        parts.append(f"Ended {moment_full(attempt.finished_at)}")
    if attempt.error:
        parts.append(attempt.error)
    return "\n".join(parts)


class _AttemptDelegate(QStyledItemDelegate):
    def __init__(self, context: Context, view: AttemptList) -> None:
        super().__init__(view)
        self._context, self._list = context, view

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(200, _HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        attempt = self._list.attempt_at(index.row())
        theme = self._context.theme
        area = QRect(option.rect)
        state = option.state
        painter.save()
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(area.adjusted(XS, 2, -XS, -2), 6, 6)
        inner = area.adjusted(M, S, -M, -S)
        word, role, icon = attempt_words(attempt)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        line = painter.fontMetrics().height()
        top = QRect(inner.left(), inner.top(), inner.width(), line)
        title = f"Attempt {attempt.number}"
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, title)
        left = inner.left() + painter.fontMetrics().horizontalAdvance(title) + S
        painter.setFont(option.font)
        pill = QRect(left, inner.top() - 2, inner.right() - left, line + 4)
        taken = draw_badge(painter, theme, pill, word, role, icon)
        top.setLeft(taken.right() + S)
        self._paint_words(painter, inner, top, attempt)
        painter.restore()

    def _paint_words(self, painter: QPainter, inner: QRect, top: QRect, attempt: Attempt) -> None:
        theme, clock = self._context.theme, self._context.desk.now()
        painter.setPen(theme.color("muted"))
        metrics = painter.fontMetrics()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        began = moment(attempt.started_at, clock)
        if metrics.horizontalAdvance(began) <= top.width():
            painter.drawText(top, right, began)
        below = QRect(
            inner.left(), inner.bottom() - metrics.height(), inner.width(), metrics.height()
        )
        if attempt.duration_ms is not None:
            took = duration(attempt.duration_ms)
        elif attempt.outcome is None:
            took = elapsed(attempt.started_at, clock)
        else:
            took = ""
        painter.drawText(below, right, took)
        room = below.width() - metrics.horizontalAdvance(took) - S
        text = metrics.elidedText(attempt_line(attempt), Qt.TextElideMode.ElideRight, room)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, text)
