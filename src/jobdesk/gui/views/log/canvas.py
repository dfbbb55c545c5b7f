"""Draws the lines of a log that are in sight, and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from jobdesk.domain.log import Stream
from jobdesk.gui.format import moment, size
from jobdesk.gui.models.log.index import STREAMS, LogIndex
from jobdesk.gui.models.log.rows import LogRows, Row
from jobdesk.gui.models.log.search import Needle
from jobdesk.gui.models.log.selection import Selection, Spot
from jobdesk.gui.theme import M, S, Theme
from jobdesk.gui.views.log.input import LogInput
from jobdesk.gui.views.log.layouts import Drawn, LineLayouts
from jobdesk.gui.views.log.scroll import LogScroll

_BAR = 3
"""Width of the bar that marks a line's stream, in px."""


class LogCanvas(QAbstractScrollArea):
    """The lines of an index, drawn; scrolled by rows, selected with mouse and keys.

    With ``follows`` it begins at the end, and stays there as lines come.
    """

    following_changed = Signal(bool)
    """Whether the end is kept in sight as lines come."""
    copy_asked = Signal()
    selection_changed = Signal()

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, follows: bool = True
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.index = LogIndex()
        self.rows = LogRows(self.index)
        self.layouts = LineLayouts(theme, theme.mono_font())
        self.selection = Selection()
        self.needle: Needle | None = None
        self.current: Spot | None = None
        self.placeholder = ""
        self.numbers = self.times = self.wrap = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setCornerWidget(QWidget())  # else the style draws one with a border
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Log")
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setAutoFillBackground(False)
        self.scroller = LogScroll(self, follows=follows)
        self.input = LogInput(self)
        theme.changed.connect(self._restyle)

    # -- what is shown ------------------------------------------------------------

    def set_log(self, index: LogIndex, streams: frozenset[Stream]) -> None:
        """Show another log, or other streams of it; the line at the top stays if it can."""
        same = index is self.index
        number = self.top_row().number if same and len(self.rows) else 0
        self.index, self.rows = index, LogRows(index, streams)
        self.selection = Selection()
        self.current = None
        self.layouts.clear()
        self.scroller.reset(self.rows.find(number) if same and len(self.rows) else 0, keep=same)
        self.selection_changed.emit()
        self.viewport().update()

    def go_over(self, whole: LogIndex) -> None:
        """Show a whole log of which the end is shown so far; what is in sight stays."""
        scroller, streams = self.scroller, frozenset(STREAMS[p] for p in self.rows.places)
        from_end, inner, following = (
            len(self.rows) - scroller.top,
            scroller.inner,
            scroller.following,
        )
        selection, rows_before = self.selection, len(self.rows)
        self.set_log(whole, streams)
        if not following:
            scroller.place(len(self.rows) - from_end, inner)
        selection.shift(len(self.rows) - rows_before)
        self.selection = selection

    def grown(self) -> None:
        """The index has more."""
        self.rows.sync()
        self.scroller.update()
        self.viewport().update()

    def top_row(self) -> Row:
        return self.rows.row(min(self.scroller.top, len(self.rows) - 1))

    def set_numbers(self, shown: bool) -> None:
        self.numbers = shown
        self._rearrange()

    def set_times(self, shown: bool) -> None:
        self.times = shown
        self._rearrange()

    def set_wrap(self, wrap: bool) -> None:
        self.wrap = wrap
        self._rearrange()

    def show_spot(self, spot: Spot) -> None:
        """Make a place the current find, and bring it into sight."""
        self.current = spot
        self.scroller.show(spot)
        self.viewport().update()

    def drawn(self, at: int) -> Drawn:
        return self.layouts.get(self.index, self.rows.row(at))

    # -- geometry -----------------------------------------------------------------

    @property
    def gutter(self) -> int:
        """Where the text begins, in px from the left."""
        width = _BAR + M
        if self.times:
            width += self._time_width()
        if self.numbers:
            width += self._number_width()
        return width

    def _time_width(self) -> int:
        return round(self.layouts.advance * len("00:00:00")) + M

    def _number_width(self) -> int:
        return round(self.layouts.advance * max(3, len(f"{len(self.index):,}"))) + M

    def sizeHint(self) -> QSize:
        return QSize(600, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 4 * self.layouts.height)

    # -- events -------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._rearrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.scroller.wheel(event):
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.input.key(event):
            event.accept()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.input.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.input.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.input.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.input.double_click(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._restyle()
        super().changeEvent(event)

    @Slot()
    def _restyle(self) -> None:
        self.layouts.set_font(self._theme.mono_font())
        self._rearrange()

    def _rearrange(self) -> None:
        room = self.viewport().width() - self.gutter - M
        self.layouts.set_wrap(max(10 * self.layouts.advance, room) if self.wrap else None)
        self.scroller.update()
        self.viewport().update()

    # -- painting -----------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._theme.color("surface"))
        if len(self.rows):
            self._paint_lines(painter)
        else:
            painter.setPen(self._theme.color("muted"))
            center = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(
                self.viewport().rect().adjusted(M, M, -M, -M), center, self.placeholder
            )
        painter.end()

    def _paint_lines(self, painter: QPainter) -> None:
        height = self.layouts.height
        widest = 0.0
        y = -self.scroller.inner * height
        at = self.scroller.top
        while y < self.viewport().height() and at < len(self.rows):
            row = self.rows.row(at)
            drawn = self.layouts.get(self.index, row)
            self._paint_line(painter, at, row, drawn, y)
            widest = max(widest, drawn.width)
            y += drawn.rows * height
            at += 1
        self.scroller.seen(widest)

    def _paint_line(self, painter: QPainter, at: int, row: Row, drawn: Drawn, y: int) -> None:
        color, height, gutter = self._theme.color, self.layouts.height, self.gutter
        area = QRectF(0, y, self.viewport().width(), drawn.rows * height)
        ink = color("text")
        if row.gap:
            painter.fillRect(area, color("warning_tint"))
            painter.fillRect(QRectF(0, y, _BAR, area.height()), color("warning"))
            ink = color("warning")
        elif row.stream is Stream.STDERR:
            painter.fillRect(area, _thin(color("danger_tint"), self._theme.dark))
            painter.fillRect(QRectF(0, y, _BAR, area.height()), color("danger"))
        elif row.stream is Stream.SYSTEM:
            ink = color("muted")
        painter.save()
        painter.setClipRect(QRectF(gutter - 1, y, area.width(), area.height()))
        left = gutter - self.horizontalScrollBar().value()
        self._paint_marks(painter, at, drawn, left, y)
        painter.setPen(ink)
        self._paint_text(painter, drawn, left, y)
        painter.restore()
        self._paint_gutter(painter, row, y)

    def _paint_text(self, painter: QPainter, drawn: Drawn, left: int, y: int) -> None:
        height, width = self.layouts.height, self.viewport().width()
        for piece in drawn.pieces:
            x = left + piece.x
            if x > width or x + piece.line.horizontalAdvance() < 0:
                continue
            # By the baseline, so that a taller font for other scripts doesn't push it down.
            top = y + piece.row * height + 1 + self.layouts.ascent - piece.line.ascent()
            piece.line.draw(painter, QPointF(x, top))
        if drawn.text.more:
            last = drawn.pieces[-1]
            x = left + last.x + last.line.naturalTextWidth() + S
            painter.setPen(self._theme.color("warning"))
            note = f"… {size(drawn.text.more)} more; copying takes all of it"
            base = y + last.row * height + 1 + self.layouts.ascent
            painter.setFont(self.layouts.font)
            painter.drawText(QPointF(x, base), note)

    def _paint_marks(self, painter: QPainter, at: int, drawn: Drawn, left: int, y: int) -> None:
        """What lies behind the text: finds, and the selection."""
        text = drawn.text.text
        if self.needle is not None:
            long = len(self.needle.text)
            for start in self.needle.positions(text):
                current = self.current == Spot(at, start)
                # A copy: the theme hands out its own.
                tint = QColor(self._theme.color("warning" if current else "warning_tint"))
                tint.setAlphaF(0.55 if current else 1.0)
                self._paint_range(painter, drawn, (start, start + long), tint, left, y)
        columns = self.selection.columns(at, len(text))
        if columns is not None:
            tint = QColor(self._theme.color("accent"))
            tint.setAlphaF(0.30 if self.hasFocus() else 0.18)
            self._paint_range(painter, drawn, columns, tint, left, y)

    def _paint_range(
        self,
        painter: QPainter,
        drawn: Drawn,
        columns: tuple[int, int],
        tint: QColor,
        left: int,
        y: int,
    ) -> None:
        height = self.layouts.height
        for piece in drawn.pieces:
            start = max(columns[0], piece.start)
            end = min(columns[1], piece.start + piece.length)
            x = left + piece.x + piece.x_of(start) if start <= end else 0
            wide = piece.x_of(end) - piece.x_of(start) if start < end else 0.0
            if piece is drawn.pieces[-1] and columns[1] > len(drawn.text.text):
                # The line break is selected too: it is seen as half a character.
                wide += self.layouts.advance / 2
            if start <= end and wide > 0:
                painter.fillRect(QRectF(x, y + piece.row * height, wide, height), tint)

    def _paint_gutter(self, painter: QPainter, row: Row, y: int) -> None:
        if not (self.numbers or self.times):
            return
        painter.setPen(self._theme.color("muted"))
        painter.setFont(QFont(self.layouts.font))
        base, x = y + 1 + self.layouts.ascent, float(_BAR + S)
        if self.times:
            painter.drawText(QPointF(x, base), moment(row.time, row.time))
            x += self._time_width()
        if self.numbers and not self.index.partial:
            text = f"{row.number + 1:,}"
            right = x + self._number_width() - M - painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(QPointF(right, base), text)


def _thin(color: QColor, dark: bool) -> QColor:
    """A tint that a whole line can have without being loud."""
    thin = QColor(color)
    thin.setAlphaF(0.35 if dark else 0.45)
    return thin
