"""The logs of attempts, in chunks.

A script that writes to stdout and stderr by turns would make a row of each write. So a
row may hold several chunks: its ``stream`` then reads ``stdout:4,17,1``, which is 4 bytes
of stdout, 17 of stderr, 1 of stdout, and its ``seq`` is that of the last of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from jobdesk.domain.log import OTHER, LogChunk, Stream
from jobdesk.store import schema
from jobdesk.store.prepared import Prepared, micros
from jobdesk.store.writer import Tx

_l = schema.log_chunks.c
_a = schema.attempts.c
_APPEND = Prepared(insert(schema.log_chunks), schema.log_chunks.c.keys())
_STATE_SIZE = Prepared(
    update(schema.attempts).where(_a.id == bindparam("of")),
    ("log_bytes", "omitted_bytes", "omitted_lines"),
)
_PAGE = 200
_UNREADABLE = b"a piece of this log can't be read\n"
_AT_ONCE = 500
"""How many chunks one statement names."""


@dataclass(frozen=True, slots=True)
class StoredPiece:
    """What one row holds: a chunk, or several of stdout and stderr by turns.

    ``seq`` is that of the last chunk; the others' go before it without a gap. ``turns``
    are their lengths in bytes, that of ``stream`` first, all together ``len(data)``; a
    piece that is one chunk needs none.
    """

    seq: int
    stream: Stream
    time: datetime
    data: bytes
    turns: Sequence[int] = ()


def append(tx: Tx, attempt_id: int, pieces: Sequence[StoredPiece | LogChunk]) -> None:
    """Add pieces; their ``seq`` is the caller's to keep rising."""
    append_all(tx, [(attempt_id, pieces)])


def append_all(tx: Tx, logs: Iterable[tuple[int, Sequence[StoredPiece | LogChunk]]]) -> None:
    """The same for the logs of several attempts."""
    rows = [
        {
            "attempt_id": attempt_id,
            "seq": piece.seq,
            "stream": _label(piece),
            "time": micros(piece.time),
            "data": piece.data,
        }
        for attempt_id, pieces in logs
        for piece in pieces
    ]
    _APPEND.many(tx.conn, rows)


def drop(tx: Tx, attempt_id: int, seqs: Sequence[int]) -> None:
    """Forget pieces from the middle of a log that outgrew its cap."""
    for start in range(0, len(seqs), _AT_ONCE):
        some = seqs[start : start + _AT_ONCE]
        tx.conn.execute(
            delete(schema.log_chunks).where(_l.attempt_id == attempt_id, _l.seq.in_(some))
        )


def state_size(tx: Tx, attempt_id: int, kept: int, omitted_bytes: int, omitted_lines: int) -> None:
    """Record how much of the output is kept, and how much is not."""
    _STATE_SIZE.run(
        tx.conn,
        of=attempt_id,
        log_bytes=kept,
        omitted_bytes=omitted_bytes,
        omitted_lines=omitted_lines,
    )


def read(
    conn: Connection,
    attempt_id: int,
    *,
    after: int = -1,
    stream: Stream | None = None,
    limit: int | None = None,
) -> Iterator[LogChunk]:
    """Chunks with ``seq`` above ``after``, in order, a page at a time; those of
    ``limit`` rows at most."""
    query = (
        select(_l.seq, _l.stream, _l.time, _l.data)
        .where(_l.attempt_id == attempt_id)
        .order_by(_l.seq)
    )
    if stream is not None:
        query = query.where(or_(_l.stream == stream, _l.stream.contains(":")))
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        rows = conn.execute(query.where(_l.seq > after).limit(size)).all()
        for row in rows:
            for chunk in _readable(row.seq, row.stream, row.time, row.data):
                if chunk.seq > after and stream in (None, chunk.stream):
                    yield chunk
            after = row.seq
        if len(rows) < size:
            return
        if left is not None:
            left -= len(rows)


def before_last(conn: Connection, attempt_id: int, pieces: int) -> int:
    """The ``seq`` after which the last so many stored pieces come."""
    query = select(_l.seq).where(_l.attempt_id == attempt_id).order_by(_l.seq.desc())
    found = conn.execute(query.offset(pieces).limit(1)).scalar()
    return -1 if found is None else int(found)


def _label(piece: StoredPiece | LogChunk) -> str:
    if isinstance(piece, LogChunk) or len(piece.turns) < 2:
        return piece.stream.value
    return f"{piece.stream.value}:{','.join(map(str, piece.turns))}"


def _readable(seq: int, label: Any, time: Any, data: Any) -> list[LogChunk]:
    """What one row holds; in place of one that can't be read, a line that says so."""
    try:
        if isinstance(data, bytes) and time is not None:
            chunks = list(_chunks(seq, label, time, data))
            if sum(len(chunk.data) for chunk in chunks) == len(data):
                return chunks
    except (ValueError, AttributeError, TypeError, KeyError):
        pass  # a word or a length that is none
    return [LogChunk(seq, Stream.SYSTEM, time or schema.BAD_TIME, _UNREADABLE)]


def _chunks(seq: int, label: str, time: datetime, data: bytes) -> Iterator[LogChunk]:
    """What one row holds, taken apart."""
    name, _, lengths = label.partition(":")
    stream = Stream(name)
    if not lengths:
        yield LogChunk(seq, stream, time, data)
        return
    turns = [int(length) for length in lengths.split(",")]
    first, start = seq - len(turns) + 1, 0
    for place, length in enumerate(turns):
        yield LogChunk(first + place, stream, time, data[start : start + length])
        stream, start = OTHER[stream], start + length
