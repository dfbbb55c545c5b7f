"""Finds text in a log in slices off the GUI thread, and walks from find to find."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from PySide6.QtCore import QObject, Signal

from jobdesk.gui.context import Context
from jobdesk.gui.models.log.index import STREAMS, LogIndex
from jobdesk.gui.models.log.search import SLICE, Needle, key_of, place_of, search
from jobdesk.gui.models.log.text import MOST_BYTES, render

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
        # Keys with the numbers of lines in the whole log, in order: of each stream's
        # complete lines, and of the open ones.
        self._finds = tuple(array("Q") for _ in (*STREAMS, None))
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

    def next(self, line: int, column: int, *, wrap: bool = True) -> tuple[int, int] | None:
        """The first find at or behind a place, or (``wrap``) the very first."""
        key = self._behind(key_of(line, column))
        if key is None and wrap:
            key = self._behind(0)
        return None if key is None else place_of(key)

    def previous(self, line: int, column: int) -> tuple[int, int] | None:
        """The last find before a place, or the very last."""
        key = self._before(key_of(line, column))
        if key is None:
            key = self._before(key_of(len(self._index), 0))
        return None if key is None else place_of(key)

    def position(self, line: int, column: int) -> int | None:
        """The how manieth find, from 1, lies at a place."""
        key = key_of(line, column)
        if self._behind(key) != key:
            return None
        return sum(bisect_right(finds, key) for finds in self._finds)

    def _behind(self, key: int) -> int | None:
        """The first find from ``key`` on."""
        found = [f[at] for f in self._finds if (at := bisect_left(f, key)) < len(f)]
        return min(found, default=None)

    def _before(self, key: int) -> int | None:
        """The last find below ``key``."""
        found = [f[at - 1] for f in self._finds if (at := bisect_left(f, key)) > 0]
        return max(found, default=None)

    def _next_slice(self) -> None:
        needle, index = self.needle, self._index
        assert needle is not None
        place = next((p for p in sorted(self._places) if self._done[p] < index.closed(p)), None)
        if place is None or self.full:
            self._busy = False
            self._search_open(needle)
            self.changed.emit()
            return
        self._busy = True
        first = self._done[place]
        last = index.reach(place, first, index.closed(place), SLICE)
        lines, most = index.lines(place, first, last, SLICE), MOST - self.count

        current = self._finds

        def done(finds: array[int]) -> None:
            if current is self._finds:
                self._came(place, last, finds)

        self._context.calls.run(self, lambda: search(lines, needle, most), done)

    def _came(self, place: int, last: int, finds: array[int]) -> None:
        places = [place_of(key) for key in finds]
        numbers = self._index.numbers(place, [ordinal for ordinal, _ in places])
        self._finds[place].extend(
            key_of(number, column) for number, (_, column) in zip(numbers, places, strict=True)
        )
        self._done[place] = last
        self.changed.emit()
        self._next_slice()

    def _search_open(self, needle: Needle) -> None:
        """The last lines, at most one of each stream: short work."""
        found: list[int] = []
        for place in self._places:
            ordinal = self._index.closed(place)
            if ordinal < self._index.cursor.begun[place]:
                raw = self._index.head(place, ordinal, MOST_BYTES)
                (number,) = self._index.numbers(place, [ordinal])
                text = render(raw.data, raw.more).text
                found += [key_of(number, column) for column in needle.positions(text)]
        open_finds = self._finds[-1]
        del open_finds[:]
        open_finds.extend(sorted(found))
