"""Finding in a log: joins the bar, the finder and the canvas."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from jobdesk.gui.models.log.search import Needle
from jobdesk.gui.models.log.selection import Spot
from jobdesk.gui.views.log.canvas import LogCanvas
from jobdesk.gui.views.log.find_bar import FindBar
from jobdesk.gui.views.log.finder import LogFinder


class LogFind(QObject):
    """Jumps to the first find from where one is as one types, then on and back."""

    def __init__(self, bar: FindBar, finder: LogFinder, canvas: LogCanvas) -> None:
        super().__init__(canvas)
        self._bar, self._finder, self._canvas = bar, finder, canvas
        self._needle: Needle | None = None
        self._from: tuple[int, int] | None = None
        """Where a jump that has not come about yet begins."""
        bar.changed.connect(self._changed)
        bar.next_asked.connect(self.next)
        bar.previous_asked.connect(self.previous)
        bar.closed.connect(self._closed)
        finder.changed.connect(self._found)

    @Slot()
    def open_bar(self) -> None:
        """Ctrl+F: look for what is selected, if that is a word or two."""
        canvas = self._canvas
        first, last = canvas.selection.first, canvas.selection.last
        text = ""
        if canvas.selection and first.row == last.row:
            text = canvas.drawn(first.row).text.text[first.column : last.column]
        self._bar.open_bar(text[:200])

    @Slot()
    def restart(self) -> None:
        """Another log, or other streams of it."""
        self._begin(jump=False)

    @Slot()
    def next(self) -> None:
        if not self._bar.isVisible():
            self.open_bar()
            return
        line, column = self._here()
        current = self._canvas.current is not None
        self._show(self._finder.next(line, column + (1 if current else 0)))

    @Slot()
    def previous(self) -> None:
        if not self._bar.isVisible():
            self.open_bar()
            return
        self._show(self._finder.previous(*self._here()))

    @Slot(str, bool)
    def _changed(self, text: str, case: bool) -> None:
        needle = Needle(text, case) if text else None
        if needle != self._needle:
            self._needle = needle
            self._begin(jump=True)

    @Slot()
    def _closed(self) -> None:
        self._canvas.setFocus()

    def _begin(self, *, jump: bool) -> None:
        canvas = self._canvas
        self._from = self._here() if jump and self._needle else None
        canvas.needle = self._needle
        canvas.current = None
        canvas.viewport().update()
        self._finder.start(canvas.index, canvas.rows.places, self._needle)
        self._tell()

    def _here(self) -> tuple[int, int]:
        """The current find, the selection, or the top of what is in sight."""
        canvas = self._canvas
        if not len(canvas.rows):
            return 0, 0
        if canvas.current is not None:
            spot = canvas.current
        elif canvas.selection:
            spot = canvas.selection.first
        else:
            spot = Spot(canvas.scroller.top, 0)
        return canvas.rows.row(spot.row).number, spot.column

    @Slot()
    def _found(self) -> None:
        if self._from is not None:
            # Further up only when it is sure that there is nothing further down.
            found = self._finder.next(*self._from, wrap=not self._finder.searching)
            if found is not None:
                self._show(found)
            elif not self._finder.searching:
                self._from = None
        self._tell()

    def _show(self, found: tuple[int, int] | None) -> None:
        if found is not None:
            self._from = None
            line, column = found
            self._canvas.show_spot(Spot(self._canvas.rows.find(line), column))
        self._tell()

    def _tell(self) -> None:
        finder, current = self._finder, self._canvas.current
        position = None
        if current is not None and current.row < len(self._canvas.rows):
            number = self._canvas.rows.row(current.row).number
            position = finder.position(number, current.column)
        self._bar.tell(finder.count, position, searching=finder.searching, full=finder.full)
