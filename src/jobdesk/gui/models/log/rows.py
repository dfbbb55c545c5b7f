"""The lines of a log that are shown: all of them, or those of some streams. No Qt."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from jobdesk.domain.log import Stream
from jobdesk.gui.models.log.index import STREAMS, LineRange, LogIndex


@dataclass(frozen=True, slots=True)
class Row:
    """One shown line: ``number`` counts all lines of the log from 0, ``ordinal`` those
    of its stream. ``gap``: next to what was left out."""

    number: int
    place: int
    ordinal: int
    time: datetime
    gap: bool

    @property
    def stream(self) -> Stream:
        return STREAMS[self.place]


class LogRows:
    """Numbers the lines of the wanted streams from 0. Call :meth:`sync` when the index grew."""

    def __init__(self, index: LogIndex, streams: frozenset[Stream] = frozenset(Stream)) -> None:
        self.index = index
        self._places = frozenset(p for p, stream in enumerate(STREAMS) if stream in streams)
        self._segments = array("Q")
        self._rows = array("Q")
        self._lines = array("Q")
        self._seen = 0
        self._count = 0
        self.sync()

    def __len__(self) -> int:
        return self._count

    @property
    def places(self) -> frozenset[int]:
        return self._places

    def sync(self) -> None:
        """Take in the segments that are new."""
        segments = self.index.segments
        for at in range(self._seen, len(segments)):
            segment = segments[at]
            if segment.place in self._places:
                end = segments[at + 1].line if at + 1 < len(segments) else len(self.index)
                self._segments.append(at)
                self._rows.append(self._count)
                self._lines.append(segment.line)
                self._count += end - segment.line
        self._seen = len(segments)

    def row(self, at: int) -> Row:
        """The line in row ``at``. Raises IndexError."""
        if not 0 <= at < self._count:
            raise IndexError(at)
        place = bisect_right(self._rows, at) - 1
        segment = self.index.segments[self._segments[place]]
        offset = at - self._rows[place]
        return Row(
            segment.line + offset,
            segment.place,
            segment.ordinal + offset,
            segment.time,
            segment.gap,
        )

    def ranges(self, first: int, last: int) -> list[LineRange]:
        """The rows ``first`` to ``last`` (included) as values for another thread."""
        found = []
        at = first
        while at <= last:
            place = bisect_right(self._rows, at) - 1
            end = self._rows[place + 1] if place + 1 < len(self._rows) else self._count
            row, stop = self.row(at), min(end, last + 1)
            found.append(self.index.lines(row.place, row.ordinal, row.ordinal + stop - at))
            at = stop
        return found

    def find(self, number: int) -> int:
        """The row of the line ``number``, or of the shown line before it; 0 if none is."""
        place = bisect_right(self._lines, number) - 1
        if place < 0:
            return 0
        segment = self.index.segments[self._segments[place]]
        end = self._rows[place + 1] if place + 1 < len(self._rows) else self._count
        return min(self._rows[place] + number - segment.line, end - 1)
