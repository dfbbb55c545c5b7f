"""Heartbeats: their pings, and those that are overdue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    BigInteger,
    Connection,
    Exists,
    Row,
    Text,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from jobdesk.domain.errors import InvalidInput, NotFound
from jobdesk.domain.heartbeat import Heartbeat, HeartbeatSpec
from jobdesk.store import alerts, schema
from jobdesk.store.prepared import Prepared, micros
from jobdesk.store.writer import Tx

_h = schema.heartbeats.c
_i = schema.incidents.c


def _silent() -> Exists:
    """Whether an alert about its silence is open."""
    return exists().where(_i.subject == "heartbeat:" + _h.id.cast(Text), _i.closed_at.is_(None))


# Asked each second, for as long as the engine runs.
_ANY_OVERDUE = Prepared(
    select(_h.id)
    .where(
        _h.overdue_at.is_not(None),
        _h.overdue_at <= bindparam("now", type_=BigInteger()),
        _h.enabled,
        ~_silent(),
    )
    .limit(1)
)


def all_heartbeats(conn: Connection) -> list[Heartbeat]:
    """Every heartbeat that can be read, by name."""
    found = (_heartbeat(row) for row in conn.execute(_rows().order_by(_h.name)))
    return [one for one in found if one is not None]


def get(conn: Connection, name: str) -> Heartbeat:
    row = conn.execute(_rows().where(_h.name == name)).first()
    found = _heartbeat(row) if row is not None else None
    if found is None:
        raise NotFound("heartbeat", name)
    return found


def add(tx: Tx, spec: HeartbeatSpec, now: datetime) -> Heartbeat:
    """A new one; it is waited for from now on."""
    if tx.conn.execute(select(_h.id).where(_h.name == spec.name)).first():
        raise InvalidInput("name", spec.name, "a name that no other heartbeat has")
    tx.conn.execute(
        insert(schema.heartbeats).values(
            name=spec.name,
            enabled=spec.enabled,
            spec=spec.model_dump_json(),
            created_at=now,
            overdue_at=spec.overdue_at(now),
        )
    )
    tx.touch("heartbeats")
    return get(tx.conn, spec.name)


def change(tx: Tx, name: str, spec: HeartbeatSpec, now: datetime) -> Heartbeat:
    """Replace what it says; the wait begins anew."""
    old = get(tx.conn, name)
    if spec.name != name and tx.conn.execute(select(_h.id).where(_h.name == spec.name)).first():
        raise InvalidInput("name", spec.name, "a name that no other heartbeat has")
    tx.conn.execute(
        update(schema.heartbeats)
        .where(_h.id == old.id)
        .values(
            name=spec.name,
            enabled=spec.enabled,
            spec=spec.model_dump_json(),
            overdue_at=spec.overdue_at(now),
        )
    )
    tx.touch("heartbeats")
    return get(tx.conn, spec.name)


def remove(tx: Tx, name: str, now: datetime) -> None:
    known = get(tx.conn, name)
    tx.conn.execute(delete(schema.heartbeats).where(_h.id == known.id))
    over = update(schema.incidents).where(_i.subject == _key(known.id), _i.closed_at.is_(None))
    tx.conn.execute(over.values(closed_at=now))
    tx.touch("heartbeats", "alerts")


def ping(tx: Tx, name: str, now: datetime) -> Heartbeat:
    """All is well with it; a silence is over by that."""
    known = get(tx.conn, name)
    tx.conn.execute(
        update(schema.heartbeats)
        .where(_h.id == known.id)
        .values(last_ping_at=now, overdue_at=known.spec.overdue_at(now))
    )
    alerts.heartbeat_back(tx, _key(known.id), name, known.spec.alerts, now)
    tx.touch("heartbeats")
    return get(tx.conn, name)


def note_overdue(tx: Tx, now: datetime) -> None:
    """Raise an alert for each whose ping is overdue by now, once."""
    query = _rows().where(_h.overdue_at.is_not(None), _h.overdue_at <= now, _h.enabled)
    for row in tx.conn.execute(query).all():
        late = _heartbeat(row)
        if late is not None and not late.silent:
            alerts.heartbeat_silent(tx, _key(late.id), late.spec.name, late.spec.alerts, now)
            tx.touch("heartbeats")


def any_overdue(conn: Connection, now: datetime) -> bool:
    """Whether :func:`note_overdue` has something to do."""
    return _ANY_OVERDUE.row(conn, now=micros(now)) is not None


def _key(heartbeat_id: int) -> str:
    return f"heartbeat:{heartbeat_id}"


def _rows() -> Any:
    return select(*schema.heartbeats.c, _silent().label("silent"))


def _heartbeat(row: Row[Any]) -> Heartbeat | None:
    try:
        spec = HeartbeatSpec.model_validate_json(row.spec)
    except ValidationError:
        return None
    return Heartbeat(
        row.id, spec, row.created_at, row.last_ping_at, row.overdue_at, bool(row.silent)
    )
