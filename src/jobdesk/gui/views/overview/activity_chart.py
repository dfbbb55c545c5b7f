"""How many runs succeeded and failed in each hour of the last day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from jobdesk.domain.run import RunState
from jobdesk.gui import format as fmt
from jobdesk.gui.theme import XS, S, Theme

HOURS = 24
HOUR = timedelta(hours=1)
_HEIGHT = 132
_LABELS = 18
_EVERY = 6
_GAP = 4.0
_STRENGTH = 0.6


@dataclass(frozen=True, slots=True)
class Bucket:
    """What finished in the hour that begins at ``start``."""

    start: datetime
    succeeded: int
    failed: int


def first_hour(now: datetime) -> datetime:
    """When the chart begins: it has 24 clock hours, the current one included."""
    return now.replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * HOUR


def buckets(first: datetime, counts: Mapping[tuple[int, RunState], int]) -> list[Bucket]:
    """The hours from ``first`` on; ``counts`` are :meth:`jobdesk.desk.Desk.finished_counts`'.
    What neither succeeded nor died is left out."""
    return [
        Bucket(
            first + at * HOUR,
            counts.get((at, RunState.SUCCEEDED), 0),
            counts.get((at, RunState.DEAD), 0),
        )
        for at in range(HOURS)
    ]


def nice_top(most: int) -> int:
    """The top of the scale: the next of 4, 10, 20, 40, 100 …"""
    top, steps = 4, (2.5, 2.0, 2.0)
    turn = 0
    while top < most:
        top = round(top * steps[turn % 3])
        turn += 1
    return top


class ActivityChart(QWidget):
    """Bars, failures on top of successes, with a scale of three lines.
    The hour under the pointer is told in a tool tip."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buckets: list[Bucket] = []
        self._hover = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._repaint)

    @property
    def buckets(self) -> list[Bucket]:
        return self._buckets

    def set(self, hours: Sequence[Bucket]) -> None:
        self._buckets = list(hours)
        succeeded = sum(bucket.succeeded for bucket in hours)
        failed = sum(bucket.failed for bucket in hours)
        self.setAccessibleName(f"Last 24 hours: {succeeded} succeeded, {failed} failed")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(24 * 20, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * 8, _HEIGHT)

    # -- drawing ------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        if font.pixelSize() > 0:
            font.setPixelSize(max(9, round(font.pixelSize() * 11 / 13)))
        else:
            font.setPointSizeF(font.pointSizeF() * 11 / 13)
        painter.setFont(font)
        top = nice_top(max((b.succeeded + b.failed for b in self._buckets), default=0))
        plot = self._plot(painter.fontMetrics().horizontalAdvance(fmt.count(top)))
        self._draw_scale(painter, plot, top)
        for at, bucket in enumerate(self._buckets):
            self._draw_bar(painter, plot, at, bucket, top)
            if (HOURS - 1 - at) % _EVERY == 0:
                self._draw_hour(painter, plot, at, bucket)
        painter.end()

    def _plot(self, scale_width: int) -> QRectF:
        left = scale_width + S
        return QRectF(left, S, self.width() - left, self.height() - S - _LABELS)

    def _draw_scale(self, painter: QPainter, plot: QRectF, top: int) -> None:
        for share in (0.0, 0.5, 1.0):
            y = round(plot.bottom() - share * plot.height()) + 0.5
            painter.setPen(QPen(self._theme.color("border"), 1))
            painter.drawLine(int(plot.left()), int(y), int(plot.right()), int(y))
            painter.setPen(self._theme.color("muted"))
            place = QRectF(0, y - 8, plot.left() - S, 16)
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, int(align), fmt.count(round(share * top)))

    def _draw_bar(self, painter: QPainter, plot: QRectF, at: int, bucket: Bucket, top: int) -> None:
        width = plot.width() / HOURS
        left = plot.left() + at * width
        if at == self._hover:
            column = QRectF(left, plot.top(), width, plot.height())
            painter.fillRect(column, self._theme.color("hover"))
        scale = plot.height() / top
        low = plot.bottom()
        for number, color in (
            (bucket.succeeded, _mixed(self._theme.color("success"), self._theme.color("surface"))),
            (bucket.failed, self._theme.color("danger")),
        ):
            if not number:
                continue
            height = max(2.0, number * scale)
            bar = QRectF(left + _GAP / 2, low - height, max(1.0, width - _GAP), height)
            path = QPainterPath()
            path.addRoundedRect(bar, 2, 2)
            painter.fillPath(path, color)
            low -= height + 1

    def _draw_hour(self, painter: QPainter, plot: QRectF, at: int, bucket: Bucket) -> None:
        width = plot.width() / HOURS
        middle = plot.left() + (at + 0.5) * width
        painter.setPen(self._theme.color("muted"))
        text = "now" if at == HOURS - 1 else _clock(bucket.start)
        half = painter.fontMetrics().horizontalAdvance(text) / 2 + 1
        middle = min(max(middle, half), self.width() - half)
        place = QRectF(middle - half, plot.bottom() + XS, 2 * half, _LABELS - XS)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)

    # -- the hour under the pointer ---------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = self._plot(self.fontMetrics().horizontalAdvance("100"))
        at = int((event.position().x() - plot.left()) / plot.width() * HOURS)
        at = at if 0 <= at < len(self._buckets) else -1
        if at == self._hover:
            return
        self._hover = at
        self.update()
        text = ""
        if at >= 0:
            bucket = self._buckets[at]
            text = (
                f"{_clock(bucket.start)} to {_clock(bucket.start + HOUR)}:"
                f" {bucket.succeeded:,} succeeded, {bucket.failed:,} failed"
            )
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    @Slot()
    def _repaint(self) -> None:
        self.update()


def _mixed(color: QColor, with_: QColor) -> QColor:
    """The usual is quiet, so that what failed stands out."""
    share = _STRENGTH
    parts = zip(color.getRgb()[:3], with_.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(share * a + (1 - share) * b) for a, b in parts))


def _clock(moment: datetime) -> str:
    """``14:00``, in local time."""
    # A moment seen from itself is today, so it comes as a clock time with seconds.
    return fmt.moment(moment, moment)[:5]
