"""Finds text in a log in slices off the GUI thread, and walks from find to find."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from PySide6.QtCore import QObject, Signal

from jobdesk.gui.context import Context
from jobdesk.gui.models.log_index import STREAMS, LogIndex
from jobdesk.gui.models.log_search import SLICE, Needle, key_of, place_of, search

MOST = 100_000
"""Finds that are kept; one who has more needs another word."""


class LogFinder(QObject):
    """Keeps up with the index as it grows: complete lines are searched once, the open
    last ones of the streams (which may still change) each time."""

    changed = Signal()
    """More was found, or all has been searched."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._index = LogIndex()
        self._places: frozenset[int] = frozenset(range(len(STREAMS)))
        self.needle: Needle | None = None
        self._forget()

    def _forget(self) -> None:
        self._done = [0 for _ in STREAMS]
        # Keys with the numbers of lines in the whole log, in order.
        self._finds = tuple(array("Q") for _ in STREAMS)
        self._busy = False

    @property
    def count(self) -> int:
        return sum(map(len, self._finds))

    @property
    def full(self) -> bool:
        """Whether there are more finds than are kept."""
        return self.count >= MOST

    @property
    def searching(self) -> bool:
        return self._busy

    def start(self, index: LogIndex, places: frozenset[int], needle: Needle | None) -> None:
        """Look for something else or somewhere else; None: for nothing."""
        self._index, self._places = index, places
        self.needle = needle if needle and needle.text else None
        self._forget()
        self.proceed()

    def proceed(self) -> None:
        """Search what has not been searched yet."""
        if self.needle is not None and not self._busy:
            self._next_slice()

    def next(self, line: int, column: int) -> tuple[int, int] | None:
        """The first find behind a place, or the very first: (line, column)."""
        found = self._nearest(key_of(line, column), bisect_right, 0, min)
        return found if found is not None else self._nearest(0, bisect_left, 0, min)

    def previous(self, line: int, column: int) -> tuple[int, int] | None:
        """The last find before a place, or the very last."""
        found = self._nearest(key_of(line, column), bisect_left, -1, max)
        if found is not None:
            return found
        return self._nearest(key_of(len(self._index), 0), bisect_left, -1, max)

    def position(self, line: int, column: int) -> int | None:
        """The how manieth find, from 1, lies at a place."""
        key = key_of(line, column)
        if not any(k < len(f) and f[k] == key for f in self._finds for k in (bisect_left(f, key),)):
            return None
        return sum(bisect_right(finds, key) for finds in self._finds)

    def _nearest(self, key: int, side, step: int, pick) -> tuple[int, int] | None:  # type: ignore[no-untyped-def]
        found = []
        for finds in self._finds:
            at = side(finds, key) + step
            if 0 <= at < len(finds):
                found.append(finds[at])
        return place_of(pick(found)) if found else None

    def _next_slice(self) -> None:
        needle, index = self.needle, self._index
        assert needle is not None
        place = next((p for p in sorted(self._places) if self._done[p] < index.closed(p)), None)
        if place is None or self.full:
            self._busy = False
            self.changed.emit()
            return
        self._busy = True
        first = self._done[place]
        last = index.reach(place, first, index.closed(place), SLICE)
        lines, most = index.lines(place, first, last, SLICE), MOST - self.count

        def done(finds: array[int]) -> None:
            self._came(place, last, finds)

        self._context.calls.run(self, lambda: search(lines, needle, most), done, latest="slice")

    def _came(self, place: int, last: int, finds: array[int]) -> None:
        places = [place_of(key) for key in finds]
        numbers = self._index.numbers(place, [ordinal for ordinal, _ in places])
        self._finds[place].extend(
            key_of(number, column) for number, (_, column) in zip(numbers, places, strict=True)
        )
        self._done[place] = last
        self.changed.emit()
        self._next_slice()
