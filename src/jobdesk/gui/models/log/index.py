"""Where the lines of a log are. No Qt, nothing decoded.

A log is three streams whose chunks come interleaved. Each stream is kept on its own, so
that a line is always whole, however its bytes were cut and whatever the other streams
wrote meanwhile; a line stands in the log where it began. What costs time (finding line
ends, packing) is done by :func:`digest`, a pure function that may run on any thread; the
index only takes over its arrays.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, count, pairwise
from operator import add

from jobdesk.domain.log import LogChunk, Stream
from jobdesk.gui.models.log.bytes import Block, ByteStore, Excerpt, blocks_of

STREAMS = tuple(Stream)
_PLACE = {stream: place for place, stream in enumerate(STREAMS)}

PACK_FROM = 16 * 1_048_576
"""Bytes of a log from which on what follows is packed."""

_TAIL = 1_048_576
"""How far from the end of a line its last carriage return is looked for, in bytes."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far an index has come; per stream in the order of :data:`STREAMS`.

    ``after`` is the ``seq`` of the last chunk, ``begun`` counts the lines of a stream,
    ``open`` says that its last line has no end yet; ``system``, that the last chunk was
    one of JobDesk's own sentences.
    """

    after: int = -1
    lines: int = 0
    sizes: tuple[int, ...] = (0, 0, 0)
    begun: tuple[int, ...] = (0, 0, 0)
    open: tuple[bool, ...] = (False, False, False)
    system: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring lines of one stream that began in one chunk.

    ``line`` is the place of the first in the whole log, ``ordinal`` that in its stream.
    ``gap`` says that chunks were left out right before or after a system chunk.
    """

    line: int
    place: int
    ordinal: int
    time: datetime
    gap: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What :func:`digest` made of some chunks: fits onto an index that stands at ``base``."""

    base: Cursor
    end: Cursor
    chunks: int
    blocks: tuple[list[Block], ...]
    starts: tuple[array[int], ...]
    segments: list[Segment]


def digest(base: Cursor, chunks: Sequence[LogChunk]) -> Batch:
    """Find the lines of the chunks that follow ``base``. Any thread."""
    lines, after, system = base.lines, base.after, base.system
    sizes, begun, open_ = list(base.sizes), list(base.begun), list(base.open)
    pieces: tuple[list[bytes], ...] = tuple([] for _ in STREAMS)
    starts = tuple(array("Q") for _ in STREAMS)
    segments: list[Segment] = []
    for position, chunk in enumerate(chunks):
        place, data = _PLACE[chunk.stream], chunk.data
        following = chunks[position + 1].seq if position + 1 < len(chunks) else chunk.seq + 1
        gap = chunk.stream is Stream.SYSTEM and (
            (chunk.seq != after + 1 and after >= 0) or following != chunk.seq + 1
        )
        if after >= 0 and _skips(chunk.seq - after - 1, system):
            for at in (at for at, unended in enumerate(open_) if unended):
                pieces[at].append(b"\n")
                sizes[at] += 1
                open_[at] = False
        after, system = chunk.seq, chunk.stream is Stream.SYSTEM
        if not data:
            continue
        fresh = line_starts(data, sizes[place], open_[place])
        if fresh:
            segments.append(Segment(lines, place, begun[place], chunk.time, gap))
        pieces[place].append(data)
        starts[place].extend(fresh)
        sizes[place] += len(data)
        begun[place] += len(fresh)
        lines += len(fresh)
        open_[place] = not data.endswith(b"\n")
    pack = sum(sizes) > PACK_FROM
    end = Cursor(after, lines, tuple(sizes), tuple(begun), tuple(open_), system)
    blocks = tuple(blocks_of(parts, pack=pack) for parts in pieces)
    return Batch(base, end, len(chunks), blocks, starts, segments)


def _skips(missing: int, system: bool) -> bool:
    """Whether output was left out here, where ``missing`` numbers are: what comes then
    must not look like the rest of the line before. One number may be missing since it was
    kept for the sentence that says so, unless that is what came before (``system``)."""
    return missing > 1 or (missing == 1 and system)


def line_starts(data: bytes, base: int, continues: bool) -> array[int]:
    """Positions in the stream, which is ``base`` bytes long so far, of the lines that
    begin in ``data``; its first bytes continue a line or begin one."""
    ends = list(map(add, accumulate(map(len, data.split(b"\n"))), count(base + 1)))
    # The last is the end of what follows the last line break: no line begins there, and
    # none at the one before if the data ends with a line break.
    ends.pop()
    if ends and ends[-1] == base + len(data):
        ends.pop()
    found = array("Q") if continues else array("Q", (base,))
    found.extend(ends)
    return found


@dataclass(frozen=True, slots=True)
class RawLine:
    """The bytes of a line as far as they were asked for, and how many there are beyond."""

    data: bytes
    more: int


@dataclass(slots=True)
class _StreamIndex:
    store: ByteStore = field(default_factory=ByteStore)
    starts: array[int] = field(default_factory=lambda: array("Q"))

    def bounds(self, ordinal: int) -> tuple[int, int]:
        following = ordinal + 1
        last = following >= len(self.starts)
        return self.starts[ordinal], len(self.store) if last else self.starts[following]


class LogIndex:
    """The lines of one attempt's log. Belongs to one thread.

    ``after``: of what comes after that ``seq`` only, so that its lines have no numbers.
    """

    def __init__(self, after: int = -1) -> None:
        self.cursor = Cursor(after)
        self.partial = after >= 0
        self.segments: list[Segment] = []
        self.segment_lines = array("Q")
        self._streams = tuple(_StreamIndex() for _ in STREAMS)
        # For each stream the first ordinals of its segments, and which segments they are.
        self._by_place = tuple((array("Q"), array("Q")) for _ in STREAMS)

    def __len__(self) -> int:
        return self.cursor.lines

    @property
    def size(self) -> int:
        """Bytes of all streams together."""
        return sum(self.cursor.sizes)

    @property
    def held(self) -> int:
        """Bytes of memory that their content takes."""
        return sum(stream.store.held for stream in self._streams)

    def add(self, batch: Batch) -> None:
        """Take what was digested. Raises ValueError for what doesn't follow on."""
        if batch.base != self.cursor:
            raise ValueError(f"a batch from {batch.base.after} on an index at {self.cursor.after}")
        for stream, blocks, starts in zip(self._streams, batch.blocks, batch.starts, strict=True):
            stream.store.extend(blocks)
            stream.starts.extend(starts)
        for at, segment in enumerate(batch.segments, len(self.segments)):
            ordinals, places = self._by_place[segment.place]
            ordinals.append(segment.ordinal)
            places.append(at)
        self.segments += batch.segments
        self.segment_lines.extend(segment.line for segment in batch.segments)
        self.cursor = batch.end

    def closed(self, place: int) -> int:
        """How many lines of a stream are complete."""
        return self.cursor.begun[place] - self.cursor.open[place]

    def length(self, place: int, ordinal: int) -> int:
        """Bytes of a line, with its line break."""
        start, end = self._streams[place].bounds(ordinal)
        return end - start

    def head(self, place: int, ordinal: int, most: int) -> RawLine:
        """What a line shows, ``most`` bytes of it.

        Of a line that was written over with carriage returns that is the last state. Of
        a very long one the last return is looked for near the end only, to be quick.
        """
        stream = self._streams[place]
        start, end = stream.bounds(ordinal)
        near = max(start, end - _TAIL)
        tail = stream.store.read(near, end)
        kept = tail.removesuffix(b"\n").rstrip(b"\r")
        state = kept.rfind(b"\r") + 1
        end = near + len(kept)
        if state or near == start:
            shown = kept[state : state + most]
            return RawLine(shown, len(kept) - state - len(shown))
        shown = stream.store.read(start, min(end, start + most))
        return RawLine(shown, end - start - len(shown))

    def numbers(self, place: int, ordinals: Iterable[int]) -> list[int]:
        """The places in the whole log of lines of a stream, given in rising order."""
        ordinal_starts, segments = self._by_place[place]
        found = []
        at, end = -1, -1
        for ordinal in ordinals:
            if ordinal >= end:
                at = bisect_right(ordinal_starts, ordinal) - 1
                last = at + 1 == len(ordinal_starts)
                end = self.cursor.begun[place] if last else ordinal_starts[at + 1]
            segment = self.segments[segments[at]]
            found.append(segment.line + ordinal - segment.ordinal)
        return found

    def lines(self, place: int, first: int, last: int, most: int | None = None) -> LineRange:
        """The lines ``first`` up to ``last`` (not included) of a stream, as a value;
        ``most`` bytes of them."""
        stream = self._streams[place]
        start, end = stream.bounds(first)[0], stream.bounds(last - 1)[1]
        end = end if most is None else min(end, start + most)
        starts = stream.starts[first:last]
        return LineRange(place, first, stream.store.excerpt(start, end), starts, start)

    def reach(self, place: int, first: int, last: int, size: int) -> int:
        """How far lines from ``first`` on go that have about ``size`` bytes together:
        the end (not included), at least one further and at most ``last``."""
        starts = self._streams[place].starts
        far = bisect_right(starts, starts[first] + size, first + 1, last)
        return max(first + 1, far if far == last else far - 1)


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines of one stream that follow each other; may be read on any thread."""

    place: int
    first: int
    excerpt: Excerpt
    starts: array[int]
    base: int

    def read(self) -> list[bytes]:
        """Each line's bytes, with their line breaks."""
        whole = self.excerpt.read()
        edges = [start - self.base for start in self.starts] + [len(whole)]
        return [whole[a:b] for a, b in pairwise(edges)]
