"""The logs of attempts, in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from jobdesk.domain.log import LogChunk, Stream
from jobdesk.store import schema
from jobdesk.store.writer import Tx

_l = schema.log_chunks.c
_a = schema.attempts.c
_PAGE = 200
_UNREADABLE = b"a piece of this log can't be read\n"
_AT_ONCE = 500
"""How many chunks one statement names."""


def append(tx: Tx, attempt_id: int, chunks: Sequence[LogChunk]) -> None:
    """Add chunks; their ``seq`` is the caller's to keep rising."""
    if chunks:
        tx.conn.execute(
            insert(schema.log_chunks),
            [
                {
                    "attempt_id": attempt_id,
                    "seq": chunk.seq,
                    "stream": chunk.stream,
                    "time": chunk.time,
                    "data": chunk.data,
                }
                for chunk in chunks
            ],
        )


def drop(tx: Tx, attempt_id: int, seqs: Sequence[int]) -> None:
    """Forget chunks from the middle of a log that outgrew its cap."""
    for start in range(0, len(seqs), _AT_ONCE):
        some = seqs[start : start + _AT_ONCE]
        tx.conn.execute(
            delete(schema.log_chunks).where(_l.attempt_id == attempt_id, _l.seq.in_(some))
        )


def state_size(tx: Tx, attempt_id: int, kept: int, omitted_bytes: int, omitted_lines: int) -> None:
    """Record how much of the output is kept, and how much is not."""
    tx.conn.execute(
        update(schema.attempts)
        .where(_a.id == attempt_id)
        .values(log_bytes=kept, omitted_bytes=omitted_bytes, omitted_lines=omitted_lines)
    )


def read(
    conn: Connection,
    attempt_id: int,
    *,
    after: int = -1,
    stream: Stream | None = None,
    limit: int | None = None,
) -> Iterator[LogChunk]:
    """Chunks with ``seq`` above ``after``, in order, a page at a time."""
    query = (
        select(_l.seq, _l.stream, _l.time, _l.data)
        .where(_l.attempt_id == attempt_id)
        .order_by(_l.seq)
    )
    if stream is not None:
        query = query.where(_l.stream == stream)
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        rows = conn.execute(query.where(_l.seq > after).limit(size)).all()
        for row in rows:
            after = row.seq
            yield _chunk(row)
        if len(rows) < size:
            return
        if left is not None:
            left -= len(rows)


def _chunk(row: Row[*tuple[Any, ...]]) -> LogChunk:
    """A piece as it was written; in place of one that can't be read, a line that says so."""
    whole = isinstance(row.data, bytes) and type(row.seq) is int and row.time is not None
    if whole and row.stream in set(Stream):
        return LogChunk(row.seq, Stream(row.stream), row.time, row.data)
    return LogChunk(row.seq, Stream.SYSTEM, row.time or schema.BAD_TIME, _UNREADABLE)
