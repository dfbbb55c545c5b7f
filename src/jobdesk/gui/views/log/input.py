"""Mouse and keys in a log: selecting and scrolling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication

from jobdesk.gui.models.log.selection import Spot, word_at

if TYPE_CHECKING:
    from jobdesk.gui.views.log.canvas import LogCanvas

_DRAG_MS = 40
"""Between two steps while the pointer pulls the selection beyond the edge."""


class LogInput(QObject):
    """Turns events of the canvas into selection and scrolling."""

    def __init__(self, canvas: LogCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._dragging = False
        self._pointer = QPoint()
        self._double: QPoint | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAG_MS)
        self._timer.timeout.connect(self._pull)
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.timeout.connect(self._forget_double)

    # -- mouse --------------------------------------------------------------------

    def press(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        spot = self._canvas.scroller.spot_at(point)
        near = QApplication.startDragDistance()
        if self._double is not None and (point - self._double).manhattanLength() < near:
            self._select(Spot(spot.row, 0), Spot(spot.row, self._length(spot.row)))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._canvas.selection.extend(spot)
        else:
            self._canvas.selection.begin(spot)
        self._dragging = True
        self._changed()

    def move(self, event: QMouseEvent) -> None:
        if not self._dragging:
            return
        self._pointer = event.position().toPoint()
        inside = 0 <= self._pointer.y() < self._canvas.viewport().height()
        if inside:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()
        self._extend()

    def release(self, event: QMouseEvent) -> None:
        self._dragging = False
        self._timer.stop()

    def double_click(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not len(self._canvas.rows):
            return
        self._double = event.position().toPoint()
        self._forget.start(QApplication.doubleClickInterval())
        spot = self._canvas.scroller.spot_at(self._double)
        start, end = word_at(self._canvas.drawn(spot.row).text.text, spot.column)
        self._select(Spot(spot.row, start), Spot(spot.row, end))

    @Slot()
    def _forget_double(self) -> None:
        self._double = None

    @Slot()
    def _pull(self) -> None:
        """Scroll on while the pointer is held beyond the edge: the further, the faster."""
        height = self._canvas.viewport().height()
        y = self._pointer.y()
        beyond = y if y < 0 else y - height
        self._canvas.scroller.move(round(beyond / 12) or (1 if beyond > 0 else -1))
        self._extend()

    def _extend(self) -> None:
        height = self._canvas.viewport().height()
        point = QPoint(self._pointer.x(), min(self._pointer.y(), height - 1))
        self._canvas.selection.extend(self._canvas.scroller.spot_at(point))
        self._changed()

    # -- keys ---------------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """Whether the key was one of ours."""
        scroll, standard = self._canvas.scroller, QKeySequence.StandardKey
        if event.matches(standard.Copy):
            self._canvas.copy_asked.emit()
        elif event.matches(standard.SelectAll):
            self.select_all()
        elif event.key() == Qt.Key.Key_Home:
            scroll.home()
        elif event.key() == Qt.Key.Key_End:
            scroll.end()
        elif event.key() == Qt.Key.Key_PageUp:
            scroll.page(-1)
        elif event.key() == Qt.Key.Key_PageDown:
            scroll.page(1)
        elif event.key() == Qt.Key.Key_Up:
            scroll.move(-1)
        elif event.key() == Qt.Key.Key_Down:
            scroll.move(1)
        else:
            return self._key_across(event)
        return True

    def _key_across(self, event: QKeyEvent) -> bool:
        if event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return False
        bar = self._canvas.horizontalScrollBar()
        step = bar.singleStep() if event.key() == Qt.Key.Key_Right else -bar.singleStep()
        bar.setValue(bar.value() + step)
        return True

    def select_all(self) -> None:
        last = len(self._canvas.rows) - 1
        if last >= 0:
            self._select(Spot(0, 0), Spot(last, self._length(last)))

    def _select(self, first: Spot, last: Spot) -> None:
        self._canvas.selection.select(first, last)
        self._changed()

    def _length(self, row: int) -> int:
        return len(self._canvas.drawn(row).text.text)

    def _changed(self) -> None:
        self._canvas.selection_changed.emit()
        self._canvas.viewport().update()
