"""Alerts on their way over the channels, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from jobdesk.domain.alert import DESKTOP, Alert, AlertKind, Delivery, DeliveryState
from jobdesk.store import schema
from jobdesk.store.prepared import Prepared, moment
from jobdesk.store.writer import Tx

_al = schema.alerts.c
_d = schema.deliveries.c
_WAITING = _d.state == DeliveryState.WAITING.value
_LONGEST_WAIT = timedelta(days=1, hours=1)

# Asked each second, for as long as the engine runs.
_NEXT_DUE = Prepared(select(func.min(_d.due_at)).where(_WAITING, _d.channel != DESKTOP))


def due(
    conn: Connection, now: datetime, *, desktop: bool, most: int
) -> list[tuple[str, int, Alert]]:
    """(channel, id of the delivery, alert) of what is to be sent now, the oldest first:
    over the desktop, or over all other channels."""
    ours = _d.channel == DESKTOP
    query = (
        select(_d.channel, _d.id.label("delivery_id"), *schema.alerts.c)
        .join_from(schema.deliveries, schema.alerts, _d.alert_id == _al.id)
        # What waits for longer than anything may comes from before the clock was set back.
        .where(_WAITING, or_(_d.due_at <= now, _d.due_at > now + _LONGEST_WAIT))
        .where(ours if desktop else ~ours)
        .order_by(_d.id)
        .limit(most)
    )
    return [(row.channel, row.delivery_id, _alert(row)) for row in conn.execute(query)]


def next_due(conn: Connection) -> datetime | None:
    """When the next delivery over a channel of the engine is due."""
    row = _NEXT_DUE.row(conn)
    # What is no time is never due, so there is nothing to wake up for.
    return moment(row[0]) if row is not None and type(row[0]) is int else None


def hold(tx: Tx, ids: Sequence[int], until: datetime) -> None:
    """Too many at once: these wait for the others."""
    tx.conn.execute(
        update(schema.deliveries).where(_d.id.in_(list(ids)), _WAITING).values(due_at=until)
    )


def sent(tx: Tx, ids: Sequence[int], now: datetime) -> None:
    """These were sent, in one message."""
    state = DeliveryState.SENT if len(ids) == 1 else DeliveryState.SUMMED_UP
    _end(tx, ids, state, now, None)


def not_sent(
    tx: Tx, ids: Sequence[int], error: str, again_at: datetime | None, now: datetime
) -> None:
    """These could not be sent: they are tried again, or given up (``again_at`` None)."""
    if again_at is None:
        _end(tx, ids, DeliveryState.FAILED, now, error)
        return
    tx.conn.execute(
        update(schema.deliveries)
        .where(_d.id.in_(list(ids)), _WAITING)
        .values(attempts=_d.attempts + 1, due_at=again_at, error=error)
    )
    tx.touch("alerts")


def send_again(tx: Tx, delivery_id: int, now: datetime) -> bool:
    """Try what was given up once more; whether there was such a delivery."""
    done = tx.conn.execute(
        update(schema.deliveries)
        .where(_d.id == delivery_id, _d.state == DeliveryState.FAILED.value)
        .values(state=DeliveryState.WAITING.value, due_at=now, ended_at=None, attempts=0)
    )
    tx.touch("alerts")
    return bool(done.rowcount)


def attempts_of(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """How often each of these has been tried."""
    query = select(_d.id, _d.attempts).where(_d.id.in_(list(ids)))
    return {row.id: row.attempts for row in conn.execute(query)}


def _end(
    tx: Tx, ids: Sequence[int], state: DeliveryState, now: datetime, error: str | None
) -> None:
    values = {"state": state.value, "ended_at": now, "error": error, "attempts": _d.attempts + 1}
    tx.conn.execute(
        update(schema.deliveries).where(_d.id.in_(list(ids)), _WAITING).values(**values)
    )
    tx.touch("alerts")


def recent(conn: Connection, *, before: int | None, limit: int) -> list[Alert]:
    """Alerts with what became of them, newest first."""
    query = select(schema.alerts).order_by(_al.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_al.id < before)
    rows = conn.execute(query).all()
    by_alert: dict[int, list[Delivery]] = {}
    of_these = select(schema.deliveries).where(_d.alert_id.in_([row.id for row in rows]))
    for row in conn.execute(of_these.order_by(_d.id)):
        by_alert.setdefault(row.alert_id, []).append(_delivery(row))
    return [_alert(row, by_alert.get(row.id, ())) for row in rows]


def _alert(row: Row[Any], deliveries: Iterable[Delivery] = ()) -> Alert:
    return Alert(
        row.id, row.incident_id, AlertKind(row.kind), row.title, row.text, row.run_id,
        row.created_at, tuple(deliveries),
    )  # fmt: skip


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id, row.channel, DeliveryState(row.state), row.attempts, row.due_at, row.ended_at,
        row.error,
    )  # fmt: skip
