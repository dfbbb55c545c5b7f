"""Looking through a history of any length, a bit at a time.

A filter that no index serves (a text, several rare states, a span of time) makes the
database walk the history: two seconds for a million runs, during which nobody can change
his mind. So a search goes by ranges of ids and comes back when its time is up, with what it
has found and where it stopped; who wants more asks again from there. Ranges grow while they
are quick, so that a filter with an index comes to its end in a few.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, func, select, type_coerce

from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import Counted as Counted
from jobdesk.domain.run_filter import Found as Found
from jobdesk.domain.run_filter import RunFilter
from jobdesk.store import schema
from jobdesk.store.rows import RUN_COLUMNS, plain_run
from jobdesk.store.runs import conditions, get_many

PATIENCE = 0.1
"""Seconds after which a search comes back, whatever it has found."""

_FIRST = 2_048
"""Ids of the first range."""
_QUICK, _SLOW = 0.01, 0.04
"""Seconds for a range: below, the next one is four times as wide; above, half as wide."""

_r = schema.runs.c
_DRIVERS = tuple(
    type_coerce(column, BigInteger) if isinstance(column.type, schema.UtcTime) else column
    for column in RUN_COLUMNS
)
"""As the driver gives them, which is what :func:`plain_run` reads."""

# Two queries in one: SQLite goes straight to an end of a table for one of them only.
_ENDS = select(select(func.min(_r.id)).scalar_subquery(), select(func.max(_r.id)).scalar_subquery())


def search(
    conn: Connection,
    which: RunFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = 100,
    patience: float = PATIENCE,
) -> Found:
    """The runs just below id ``before``, or (for going back up) those just above ``after``;
    from the newest when neither is given. With both, those in between, from the newest."""
    upwards = after is not None and before is None
    order = _r.id if upwards else _r.id.desc()
    query = select(*_DRIVERS).where(*conditions(conn, which)).order_by(order)
    found: list[Run] = []

    def read(ranged: Select[Any]) -> bool:
        rows = conn.execute(ranged.limit(limit - len(found))).all()
        found.extend(_runs(conn, rows))
        return len(found) >= limit

    edge = _walk(conn, query, _span(conn, before, after), upwards, read, patience)
    return Found(found[::-1] if upwards else found, edge)


def count(
    conn: Connection,
    which: RunFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    most: int = 10_000,
    patience: float = PATIENCE,
) -> Counted:
    """How many runs below id ``before`` and above ``after`` match, from the newest down; up
    to ``most``."""
    query = select(_r.id).where(*conditions(conn, which))
    number = 0

    def read(ranged: Select[Any]) -> bool:
        nonlocal number
        some = ranged.limit(most - number).subquery()
        number += conn.execute(select(func.count()).select_from(some)).scalar_one()
        return number >= most

    edge = _walk(conn, query, _span(conn, before, after), False, read, patience)
    return Counted(number, edge)


def _span(conn: Connection, before: int | None, after: int | None) -> tuple[int, int]:
    """The ids to look through, from and below."""
    lowest, highest = conn.execute(_ENDS).one()
    if lowest is None:
        return 0, 0
    low = lowest if after is None else max(lowest, after + 1)
    high = highest + 1 if before is None else min(highest + 1, before)
    return low, max(low, high)


def _walk(
    conn: Connection,
    query: Select[Any],
    span: tuple[int, int],
    upwards: bool,
    read: Callable[[Select[Any]], bool],
    patience: float,
) -> int | None:
    """Read range after range until one says that it is enough; where it stopped, or None."""
    ends = time.monotonic() + patience
    for low, high in _ranges(span, upwards):
        if read(query.where(_r.id >= low, _r.id < high)):
            return None
        last = high == span[1] if upwards else low == span[0]
        if not last and time.monotonic() >= ends:
            return high - 1 if upwards else low
    return None


def _ranges(span: tuple[int, int], upwards: bool) -> Iterator[tuple[int, int]]:
    """The span in pieces, whose width follows from how long the one before took."""
    low, high = span
    width = _FIRST
    while low < high:
        began = time.monotonic()
        if upwards:
            piece = (low, min(high, low + width))
            low = piece[1]
        else:
            piece = (max(low, high - width), high)
            high = piece[0]
        yield piece
        took = time.monotonic() - began
        if took < _QUICK:
            width *= 4
        elif took > _SLOW:
            width = max(_FIRST, width // 2)


def _runs(conn: Connection, rows: Sequence[Row[Any]]) -> list[Run]:
    try:
        return [plain_run(row) for row in rows]
    except (ValueError, TypeError, OverflowError):
        # One of them isn't all right: the long way knows how to show it.
        return get_many(conn, [row[0] for row in rows])
