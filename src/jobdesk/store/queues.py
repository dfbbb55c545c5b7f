"""Queues: made when first used; limited, paused and given policies by people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, func, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from jobdesk.domain.errors import NotFound
from jobdesk.domain.queue import DEFAULT_QUEUE, Queue, QueuePolicy, Rate
from jobdesk.store import schema
from jobdesk.store.prepared import Prepared
from jobdesk.store.rows import Unreadable, policy_of, queue_of
from jobdesk.store.writer import Tx

_q = schema.queues.c
_r = schema.runs.c

_KNOWN = Prepared(select(_q.policy).where(_q.name == bindparam("named")))
_NEXT_START = type_coerce(_q.next_start_at, BigInteger)
_LANES = Prepared(select(_q.name, _q.paused, _q.concurrency, _q.policy, _NEXT_START))
_HELD = Prepared(
    select(_q.name, _q.policy, _NEXT_START).where(
        bindparam("now", type_=BigInteger()) < _NEXT_START, _q.paused.is_(False)
    )
)
_PACED = Prepared(update(schema.queues).where(_q.name == bindparam("named")), ("next_start_at",))
_WHOLE = (int, type(None))
_ONE_STATE = (
    (schema.QUEUED, "queued"),
    (schema.RUNNING, "running"),
    (schema.ATTENTION, "dead"),
)


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue that gives out runs: how many at once and how often (None: no limit), and,
    with a rate, the microsecond before which its next run does not start."""

    concurrency: int | None = None
    rate: Rate | None = None
    next_start: int | None = None


def ensure(tx: Tx, name: str, now: datetime) -> QueuePolicy | None:
    """Make a queue unless it is there; its policy, if it has one that can be read."""
    known = _KNOWN.row(tx.conn, named=name)
    if known:
        return policy_of(known[0]) if known[0] is not None else None
    dialect = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    values: dict[str, Any] = {"name": name, "paused": False, "created_at": now}
    tx.conn.execute(dialect.insert(schema.queues).values(**values).on_conflict_do_nothing())
    tx.touch("queues")
    return None


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


def policies(conn: Connection) -> dict[str, QueuePolicy]:
    """The policies of the queues that have one."""
    query = select(_q.name, _q.policy).where(_q.policy.is_not(None))
    found = {name: policy_of(text) for name, text in conn.execute(query)}
    return {name: policy for name, policy in found.items() if policy is not None}


def lanes(conn: Connection) -> dict[str, Lane]:
    """The queues that give out runs."""
    plain = _LANES.rows(conn)
    if all(_is_plain(*row) for row in plain):
        return {row[0]: _lane(*row[2:]) for row in plain if not row[1]}
    return {
        row.name: _lane(row.concurrency, row.policy, row.next_start)
        for row in _rows(conn)
        if not row.paused and not queue_of(row)
    }


def _lane(concurrency: int | None, policy: str | None, next_start: int | None) -> Lane:
    read = policy_of(policy) if policy is not None else None
    if read is None or read.rate is None:
        return Lane(concurrency)
    return Lane(concurrency, read.rate, next_start if type(next_start) is int else None)


def held_by_rate(conn: Connection, now: int) -> list[tuple[str, Rate, int]]:
    """The queues whose next run waits for its time, and that time, in microseconds."""
    found = []
    for name, text, start in _HELD.rows(conn, now=now):
        lane = _lane(None, text, start)
        if lane.rate is not None and lane.next_start is not None:
            found.append((name, lane.rate, lane.next_start))
    return found


def note_start(tx: Tx, name: str, next_start: int) -> None:
    """Runs of a queue with a rate have started: when the next one may."""
    _PACED.run(tx.conn, named=name, next_start_at=next_start)


def _is_plain(
    name: Any, paused: Any, concurrency: Any, policy: Any, next_start: Any = None
) -> bool:
    """Whether a queue's row is beyond all doubt; :func:`queue_of` looks at the others."""
    return (
        type(name) is str
        and name.isascii()
        and paused in (0, 1)
        and type(concurrency) in _WHOLE
        and (policy is None or (type(policy) is str and policy_of(policy) is not None))
    )


def halted(conn: Connection) -> list[str]:
    """The queues that give out no runs: the paused ones, and those with a damaged row."""
    giving = lanes(conn)
    return [row.name for row in _rows(conn) if row.name is not None and row.name not in giving]


def unreadable(conn: Connection) -> list[Unreadable]:
    """Queues whose row is damaged: they count as paused until somebody sets them anew."""
    return [problem for row in _rows(conn) if (problem := queue_of(row))]


def _rows(conn: Connection) -> list[Row[Any]]:
    query = select(
        _q.id, _q.name, _q.paused, _q.concurrency, _q.policy, _NEXT_START.label("next_start")
    )
    return list(conn.execute(query.order_by(_q.name)))


def _queue(row: Row[Any], depths: dict[str, int]) -> Queue:
    if queue_of(row):
        limit = row.concurrency if type(row.concurrency) is int else None
        return Queue(row.id, row.name, True, limit, **depths)  # type: ignore[arg-type]
    policy = policy_of(row.policy) if row.policy is not None else None
    queue = Queue(row.id, row.name, row.paused, row.concurrency, **depths)  # type: ignore[arg-type]
    return queue if policy is None else replace(queue, policy=policy)


def get(conn: Connection, name: str) -> Queue:
    """One queue; raises :class:`NotFound`."""
    for queue in all_queues(conn):
        if queue.name == name:
            return queue
    raise NotFound("queue", name)


def id_of(conn: Connection, name: str) -> int:
    """The id of a queue that is there."""
    return int(conn.execute(select(_q.id).where(_q.name == name)).scalar_one())


def change(tx: Tx, name: str, **values: Any) -> None:
    """Set ``paused``, ``concurrency`` or ``policy`` (as JSON) of an existing queue."""
    done = tx.conn.execute(update(schema.queues).where(_q.name == name).values(**values))
    if not done.rowcount:
        raise NotFound("queue", name)
    tx.touch("queues")


def change_all(tx: Tx, **values: Any) -> None:
    """The same for every queue."""
    tx.conn.execute(update(schema.queues).values(**values))
    tx.touch("queues")
