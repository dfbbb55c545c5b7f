"""The log of one attempt on its way into the store: bounded, whatever is written.

The first part of the output (the head) goes to the store as it comes. When that has
reached its share of the cap, only the newest part (the tail) is kept: in memory until
the next flush, in the store until newer chunks take its place. What falls out between
the two is counted, and one sentence in its place says how much it was.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobdesk.clock import Clock
from jobdesk.domain.log import OTHER, Stream
from jobdesk.store import logs
from jobdesk.store.logs import StoredPiece
from jobdesk.store.writer import Tx, Writer

_PIECE = 65_536
_LARGEST_TAIL = 1_048_576
_HURRY = 524_288
"""With this much waiting, don't wait for the next round of the flusher."""
_PATIENCE = 0.5
"""Seconds that one write waits for a store that can't keep up: whoever writes also looks
after timeouts and stop requests."""
_MOST_PENDING = 1_048_576
"""With this much waiting for a store that takes nothing, go on with the tail."""
_WEIGHT = 32
"""What a turn of the streams costs besides its bytes: a script may write one at a time."""
_SAME_BREATH = timedelta(milliseconds=20)
"""Sentences of ours that follow one another within this are one piece."""
_MOST_TURNS = 1_024
"""How often the streams take turns within a piece at most: readers take it apart again."""
_MOST_PIECES = 4_096
"""How many pieces the tail is made of at most: a slow script makes four small ones a second."""


@dataclass(slots=True)
class _Piece:
    """Output of stdout and stderr in turns, ``stream`` first; ``turns`` are their lengths.

    A script that writes to both by turns makes one piece of it, and not one for each write.
    """

    seq: int
    stream: Stream
    time: datetime
    data: bytearray
    turns: array[int]

    @property
    def writer(self) -> Stream:
        """The stream whose turn it is."""
        return self.stream if len(self.turns) % 2 else OTHER[self.stream]

    def takes(self, stream: Stream) -> bool:
        """Whether there is room for more of this stream."""
        return len(self.data) < _PIECE and (stream is self.writer or len(self.turns) < _MOST_TURNS)

    def add(self, stream: Stream, data: memoryview) -> bool:
        """Append output; whether that was the stream's next turn."""
        self.data += data
        if stream is self.writer:
            self.turns[-1] += len(data)
            return False
        self.turns.append(len(data))
        return True

    def stored(self) -> StoredPiece:
        last = self.seq + len(self.turns) - 1
        return StoredPiece(last, self.stream, self.time, bytes(self.data), tuple(self.turns))


@dataclass(frozen=True, slots=True)
class Batch:
    """What has to be written to bring the stored log up to date."""

    attempt_id: int
    pieces: list[StoredPiece]
    dropped: list[int]
    kept_bytes: int
    omitted_bytes: int
    omitted_lines: int

    def store(self, tx: Tx) -> None:
        """For an attempt that goes on; its end tells the size itself."""
        store_all(tx, [self])
        logs.state_size(tx, self.attempt_id, *self.size)

    @property
    def size(self) -> tuple[int, int, int]:
        return self.kept_bytes, self.omitted_bytes, self.omitted_lines


def store_all(tx: Tx, batches: Sequence[Batch]) -> None:
    """Write the pieces of several logs."""
    for batch in batches:
        logs.drop(tx, batch.attempt_id, batch.dropped)
    logs.append_all(tx, [(batch.attempt_id, batch.pieces) for batch in batches])


@dataclass(slots=True)
class _Tail:
    """The newest output: pieces not yet stored, and what is known of the stored ones."""

    limit: int
    pieces: deque[_Piece] = field(default_factory=deque)
    stored: deque[tuple[int, int, int]] = field(default_factory=deque)  # seq, bytes, lines
    size: int = 0
    stored_size: int = 0
    omitted_bytes: int = 0
    omitted_lines: int = 0

    def add(self, piece: _Piece) -> None:
        self.pieces.append(piece)

    def grew(self, by: int) -> None:
        """Drop the oldest pieces while the rest alone fills the tail."""
        self.size += by
        while self.pieces and (
            self.size - len(self.pieces[0].data) >= self.limit or len(self.pieces) > _MOST_PIECES
        ):
            data = self.pieces.popleft().data
            self.size -= len(data)
            self.omitted_bytes += len(data)
            self.omitted_lines += data.count(b"\n")

    def take(self) -> tuple[list[_Piece], list[int]]:
        """The pieces to store, and the stored chunks that make room for them."""
        taken = list(self.pieces)
        self.pieces.clear()
        self.size = 0
        for piece in taken:
            last = piece.seq + len(piece.turns) - 1
            self.stored.append((last, len(piece.data), piece.data.count(b"\n")))
            self.stored_size += len(piece.data)
        dropped = []
        while self.stored and (
            self.stored_size - self.stored[0][1] >= self.limit or len(self.stored) > _MOST_PIECES
        ):
            # Never a new piece: `grew` left no more of them than fit in.
            seq, size, lines = self.stored.popleft()
            self.stored_size -= size
            self.omitted_bytes += size
            self.omitted_lines += lines
            dropped.append(seq)
        return taken, dropped


class LogSink:
    """Takes the output of one attempt; a runner's :class:`~.runners.base.Sink`."""

    def __init__(self, attempt_id: int, run_id: int, cap: int, clock: Clock, writer: Writer):
        self._attempt_id, self._run_id = attempt_id, run_id
        self._clock, self._writer = clock, writer
        self._lock = threading.Lock()
        self._tail = _Tail(min(cap // 2, _LARGEST_TAIL))
        self._head_left = cap - self._tail.limit
        self._head: list[_Piece] = []
        self._own: list[_Piece] = []
        self._head_size = self._own_size = self._pending = 0
        self._open: _Piece | None = None
        self._seq = 0
        self._mark: int | None = None
        self._marked = (0, 0)
        self._flushing: Future[None] | None = None

    def write(self, stream: Stream, data: bytes) -> None:
        """Add output. Waits a little when the store can't keep up, and so slows the script
        down; when the store takes nothing at all (a full disk), the head ends here."""
        with self._lock:
            view = memoryview(data)
            while view:
                view = view[self._add(stream, view) :]
            hurry = self._pending >= _HURRY and self._head_left > 0
            before = self._flushing
        if hurry:
            if before is not None:
                wait([before], _PATIENCE)  # If it failed, the attempt's end will tell.
            self.flush()
            with self._lock:
                if self._pending >= _MOST_PENDING:
                    self._head_left = 0

    def system(self, *lines: str) -> None:
        """Add sentences of ours; these are few, and always kept."""
        text = "".join([line.rstrip("\n") + "\n" for line in lines])
        data = text.encode("utf-8", "replace")
        with self._lock:
            self._own_size += len(data)
            self._open = None
            last = self._own[-1] if self._own else None
            now = self._clock.now()
            if last and last.seq == self._seq and now - last.time < _SAME_BREATH:
                # Most runs are short, and their rows are most of what is written.
                last.add(Stream.SYSTEM, memoryview(data))
            else:
                self._own.append(self._piece(Stream.SYSTEM, data, now))

    def flush(self) -> None:
        """Hand what is pending to the writer; called several times a second."""
        # The lock is held while submitting, so that batches reach the writer in order.
        with self._lock:
            if self._flushing is not None and not self._flushing.done():
                return  # The store can't keep up; what is here is bounded, its queue is not.
            batch = self._take()
            if batch is None:
                return

            def work(tx: Tx) -> None:
                batch.store(tx)
                tx.touch(f"log:{self._run_id}")

            self._flushing = self._writer.submit(work, keep=True)

    def finish(self) -> Batch | None:
        """The last batch, to be stored together with the end of the attempt."""
        with self._lock:
            return self._take()

    @property
    def flushing(self) -> Future[None] | None:
        """What was flushed and is not in the store yet."""
        with self._lock:
            before = self._flushing
        return None if before is None or before.done() else before

    # -- with the lock held -------------------------------------------------------

    def _piece(self, stream: Stream, data: bytes | memoryview, now: datetime) -> _Piece:
        self._seq += 1
        return _Piece(self._seq, stream, now, bytearray(data), array("I", (len(data),)))

    def _add(self, stream: Stream, view: memoryview) -> int:
        """Take some of ``view``; how many bytes."""
        in_head = self._head_left > 0
        if not in_head and self._mark is None:
            self._seq += 1
            self._mark, self._open = self._seq, None
        piece = self._open if self._open is not None and self._open.takes(stream) else None
        room = _PIECE if piece is None else _PIECE - len(piece.data)
        size = min(len(view), room, self._head_left if in_head else room)
        if piece is None:
            piece = self._open = self._piece(stream, view[:size], self._clock.now())
            self._head.append(piece) if in_head else self._tail.add(piece)
            turned = True
        else:
            turned = piece.add(stream, view[:size])
            self._seq += turned
        if in_head:
            self._head_left -= size
            self._head_size += size
            self._pending += size + (_WEIGHT if turned else 0)
        else:
            self._tail.grew(size)
        return size

    def _take(self) -> Batch | None:
        if not (self._head or self._own or self._tail.pieces):
            return None
        tail, dropped = self._tail.take()
        pieces = sorted([*self._head, *self._own, *tail], key=lambda piece: piece.seq)
        self._head, self._own, self._open, self._pending = [], [], None, 0
        stored = [piece.stored() for piece in pieces]
        omitted = (self._tail.omitted_bytes, self._tail.omitted_lines)
        if self._mark is not None and omitted != self._marked:
            if self._marked != (0, 0):
                dropped.insert(0, self._mark)
            stored.append(self._omission(self._mark, *omitted))
            self._marked = omitted
        kept = self._head_size + self._own_size + self._tail.stored_size
        return Batch(self._attempt_id, stored, dropped, kept, *omitted)

    def _omission(self, seq: int, size: int, lines: int) -> StoredPiece:
        text = f"… {size:,} bytes ({lines:,} lines) of output were left out here …\n"
        return StoredPiece(seq, Stream.SYSTEM, self._clock.now(), text.encode())
