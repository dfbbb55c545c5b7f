"""Queues: made when first used, limited and paused by people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from jobdesk.domain.errors import NotFound
from jobdesk.domain.queue import DEFAULT_QUEUE, Queue
from jobdesk.store import schema
from jobdesk.store.prepared import Prepared
from jobdesk.store.rows import Unreadable, queue_of
from jobdesk.store.writer import Tx

_q = schema.queues.c
_r = schema.runs.c

_KNOWN = Prepared(select(_q.id).where(_q.name == bindparam("named")))
_LIMITS = Prepared(select(_q.name, _q.paused, _q.concurrency))
_WHOLE = (int, type(None))
_ONE_STATE = (
    (schema.QUEUED, "queued"),
    (schema.RUNNING, "running"),
    (schema.ATTENTION, "dead"),
)


def ensure(tx: Tx, name: str, now: datetime) -> None:
    """Make a queue unless it is there."""
    if _KNOWN.row(tx.conn, named=name):
        return
    dialect = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    values: dict[str, Any] = {"name": name, "paused": False, "created_at": now}
    tx.conn.execute(dialect.insert(schema.queues).values(**values).on_conflict_do_nothing())
    tx.touch("queues")


def all_queues(conn: Connection) -> list[Queue]:
    """All queues with what waits in them, the default one first."""
    rows = _rows(conn)
    depths: dict[str, dict[str, int]] = {row.name: {} for row in rows}
    # Nothing is asked for that isn't in the index of the condition.
    for condition, state in _ONE_STATE:
        counts = select(_r.queue, func.count()).where(condition).group_by(_r.queue)
        for name, number in conn.execute(counts):
            depths.setdefault(name, {})[state] = number
    waiting = select(_r.queue, _r.state, func.count()).where(schema.WAITING)
    for name, state, number in conn.execute(waiting.group_by(_r.queue, _r.state)):
        depths.setdefault(name, {})[state] = number
    queues = [_queue(row, depths[row.name]) for row in rows if isinstance(row.name, str)]
    return sorted(queues, key=lambda queue: (queue.name != DEFAULT_QUEUE, queue.name))


def limits(conn: Connection) -> dict[str, int | None]:
    """The queues that give out runs, and how many at once (None: no limit)."""
    plain = _LIMITS.rows(conn)
    if all(_is_plain(*row) for row in plain):
        return {name: concurrency for name, paused, concurrency in plain if not paused}
    return {
        row.name: row.concurrency for row in _rows(conn) if not row.paused and not queue_of(row)
    }


def _is_plain(name: Any, paused: Any, concurrency: Any) -> bool:
    """Whether a queue's row is beyond all doubt; :func:`queue_of` looks at the others."""
    return type(name) is str and name.isascii() and paused in (0, 1) and type(concurrency) in _WHOLE


def halted(conn: Connection) -> list[str]:
    """The queues that give out no runs: the paused ones, and those with a damaged row."""
    giving = limits(conn)
    return [row.name for row in _rows(conn) if row.name is not None and row.name not in giving]


def unreadable(conn: Connection) -> list[Unreadable]:
    """Queues whose row is damaged: they count as paused until somebody sets them anew."""
    return [problem for row in _rows(conn) if (problem := queue_of(row))]


def _rows(conn: Connection) -> list[Row[Any]]:
    query = select(_q.id, _q.name, _q.paused, _q.concurrency)
    return list(conn.execute(query.order_by(_q.name)))


def _queue(row: Row[Any], depths: dict[str, int]) -> Queue:
    if queue_of(row):
        limit = row.concurrency if type(row.concurrency) is int else None
        return Queue(row.id, row.name, True, limit, **depths)
    return Queue(row.id, row.name, row.paused, row.concurrency, **depths)


def get(conn: Connection, name: str) -> Queue:
    """One queue; raises :class:`NotFound`."""
    for queue in all_queues(conn):
        if queue.name == name:
            return queue
    raise NotFound("queue", name)


def change(tx: Tx, name: str, **values: Any) -> None:
    """Set ``paused`` or ``concurrency`` of an existing queue."""
    done = tx.conn.execute(update(schema.queues).where(_q.name == name).values(**values))
    if not done.rowcount:
        raise NotFound("queue", name)
    tx.touch("queues")


def change_all(tx: Tx, **values: Any) -> None:
    """The same for every queue."""
    tx.conn.execute(update(schema.queues).values(**values))
    tx.touch("queues")
