"""Which rows of a log are in sight: scrolling by rows, following the end, wrapped or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtGui import QWheelEvent

from jobdesk.gui.models.log.selection import Spot
from jobdesk.gui.theme import M

if TYPE_CHECKING:
    from jobdesk.gui.views.log.canvas import LogCanvas

_NOTCH_ROWS = 3
_NOTCH = 120
"""What Qt counts for one notch of a wheel."""


class LogScroll(QObject):
    """The scroll bars count lines and px; ``inner`` is how many rows of a wrapped line at
    the top are already above the edge."""

    def __init__(self, canvas: LogCanvas, *, follows: bool) -> None:
        super().__init__(canvas)
        self._canvas, self._follows = canvas, follows
        self._bar = canvas.verticalScrollBar()
        self._across = canvas.horizontalScrollBar()
        self.inner = 0
        self.following = follows
        self._rest = 0.0
        self._widest = 0.0
        self._placing = False
        self._bar.valueChanged.connect(self._moved)

    @property
    def top(self) -> int:
        """The first row in sight."""
        return self._bar.value()

    @property
    def height(self) -> int:
        """How many rows are wholly in sight."""
        return max(1, self._canvas.viewport().height() // self._canvas.layouts.height)

    def reset(self, top: int, *, keep: bool) -> None:
        """Begin at ``top``; ``keep``: unless the end is followed."""
        self._widest = 0.0
        if not keep:
            self.follow(True)
        self.update()
        if not self.following:
            self.place(top, 0)

    def follow(self, following: bool) -> None:
        """Keep the end in sight from now on, or don't."""
        following = following and self._follows
        if following != self.following:
            self.following = following
            self._canvas.following_changed.emit(following)
        if following:
            self.update()

    def update(self) -> None:
        """Lines came, or the room for them changed."""
        last, inner = self._last_top()
        self._placing = True
        self._bar.setRange(0, last)
        self._bar.setPageStep(self.height)
        if self.following:
            self._bar.setValue(last)
            self.inner = inner
        elif (self.top, self.inner) > (last, inner):
            self.inner = inner
        self._placing = False
        self._update_across()

    def seen(self, width: float) -> None:
        """A line of ``width`` px was drawn: one has to get to its end."""
        if width > self._widest:
            self._widest = width
            self._update_across()

    def move(self, rows: int) -> None:
        """Scroll down (or, below 0, up) by rows of the screen."""
        top, inner = self.top, self.inner + rows
        if not self._canvas.wrap:
            self.place(top + rows, 0)
            return
        while inner < 0 and top > 0:
            top -= 1
            inner += self._canvas.drawn(top).rows
        count = len(self._canvas.rows)
        while top < count and inner >= (here := self._canvas.drawn(top).rows):
            top += 1
            inner -= here
        self.place(top, max(0, inner))

    def page(self, pages: int) -> None:
        self.move(pages * max(1, self.height - 1))

    def home(self) -> None:
        self.place(0, 0)

    def end(self) -> None:
        self.place(*self._last_top())

    def wheel(self, event: QWheelEvent) -> bool:
        """Whether it was for us: up and down."""
        pixels, angle = event.pixelDelta(), event.angleDelta()
        if abs(angle.x()) > abs(angle.y()):
            return False
        height = self._canvas.layouts.height
        step = pixels.y() / height if pixels.y() else angle.y() / _NOTCH * _NOTCH_ROWS
        self._rest -= step
        rows = int(self._rest)
        self._rest -= rows
        if rows:
            self.move(rows)
        return True

    def show(self, spot: Spot) -> None:
        """Bring a place into sight: a third from the top, if it is not in sight already."""
        canvas = self._canvas
        drawn = canvas.drawn(spot.row)
        x, inner = drawn.x_of(spot.column)
        if not self._in_sight(spot.row):
            self.place(spot.row, inner)
            self.move(-(self.height // 3))
        room = canvas.viewport().width() - canvas.gutter
        left = self._across.value()
        if not canvas.wrap and not left <= x <= left + room - 8 * M:
            self.seen(drawn.width)
            self._across.setValue(0 if x < room - 8 * M else round(x - room / 3))

    def spot_at(self, point: QPoint) -> Spot:
        """The place nearest to a point of the viewport."""
        canvas = self._canvas
        count = len(canvas.rows)
        if not count:
            return Spot(0, 0)
        if point.y() < 0:
            return Spot(self.top, 0)
        row, rest = self.top, point.y() // canvas.layouts.height + self.inner
        while rest >= (here := canvas.drawn(row).rows):
            if row + 1 >= count:
                return Spot(row, len(canvas.drawn(row).text.text))
            row, rest = row + 1, rest - here
        x = point.x() - canvas.gutter + self._across.value()
        return Spot(row, canvas.drawn(row).column_at(x, rest))

    def _in_sight(self, row: int) -> bool:
        if not self.top <= row < self.top + self.height:
            return False
        rows = (self._canvas.drawn(at).rows for at in range(self.top, row + 1))
        return not self._canvas.wrap or sum(rows) - self.inner <= self.height

    def _last_top(self) -> tuple[int, int]:
        """Where the top is when the end is in sight: row, and rows of it above the edge."""
        count, room = len(self._canvas.rows), self.height
        if not self._canvas.wrap:
            return max(0, count - room), 0
        top = count
        while room > 0 and top > 0:
            top -= 1
            room -= self._canvas.drawn(top).rows
        return top, max(0, -room)

    def place(self, top: int, inner: int) -> None:
        """Have row ``top`` at the top, ``inner`` rows of its line above the edge."""
        last = self._last_top()
        wanted = max((0, 0), min((top, inner), last))
        self._placing = True
        self._bar.setValue(wanted[0])
        self._placing = False
        self.inner = wanted[1]
        self.follow(wanted >= last)
        self._canvas.viewport().update()

    @Slot(int)
    def _moved(self, value: int) -> None:
        if not self._placing:
            self.inner = 0
            self.place(value, 0 if value < self._bar.maximum() else self._last_top()[1])

    def _update_across(self) -> None:
        canvas = self._canvas
        room = canvas.viewport().width() - canvas.gutter
        # Room for the note about a cut line too.
        wanted = 0 if canvas.wrap else round(self._widest + 6 * M) - room
        self._across.setRange(0, max(0, wanted))
        self._across.setPageStep(max(1, room))
        self._across.setSingleStep(round(4 * canvas.layouts.advance))
