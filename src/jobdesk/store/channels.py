"""Channels: their names and masked addresses; the addresses themselves are in the vault."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from jobdesk.domain.alert import DESKTOP, Channel, DeliveryState
from jobdesk.domain.errors import InvalidInput, NotFound
from jobdesk.store import schema
from jobdesk.store.writer import Tx

_c = schema.channels.c
_d = schema.deliveries.c


def all_channels(conn: Connection) -> list[Channel]:
    """Every channel, the desktop first, each with the error of its last delivery, if any."""
    found = [Channel(DESKTOP, DESKTOP, "a notification on this desktop", True)]
    for row in conn.execute(select(schema.channels).order_by(_c.name)):
        last = (
            select(_d.error)
            .where(_d.channel == row.name, _d.attempts > 0)
            .order_by(_d.id.desc())
            .limit(1)
        )
        trouble = conn.execute(last).scalar()
        found.append(Channel(row.name, row.kind, row.shown, row.enabled, row.created_at, trouble))
    return found


def get(conn: Connection, name: str) -> Channel:
    for channel in all_channels(conn):
        if channel.name == name:
            return channel
    raise NotFound("channel", name)


def put(tx: Tx, name: str, kind: str, shown: str, now: datetime, *, new: bool) -> None:
    """Make a channel, or change the address of one."""
    check_free(tx.conn, name, new=new)
    values = {"kind": kind, "shown": shown, "updated_at": now}
    if new:
        made = insert(schema.channels).values(name=name, created_at=now, enabled=True, **values)
        tx.conn.execute(made)
    else:
        tx.conn.execute(update(schema.channels).where(_c.name == name).values(**values))
    tx.touch("channels", "alerts")


def check_free(conn: Connection, name: str, *, new: bool) -> None:
    """Refuse a new channel of a name that is taken, and a change of one that isn't there."""
    known = conn.execute(select(_c.id).where(_c.name == name)).scalar()
    if (known is not None or name == DESKTOP) and new:
        raise InvalidInput("name", name, "a name that no other channel has")
    if known is None and not new:
        raise NotFound("channel", name)


def enable(tx: Tx, name: str, enabled: bool, now: datetime) -> None:
    done = tx.conn.execute(
        update(schema.channels).where(_c.name == name).values(enabled=enabled, updated_at=now)
    )
    if not done.rowcount:
        raise NotFound("channel", name)
    tx.touch("channels", "alerts")


def remove(tx: Tx, name: str, now: datetime) -> None:
    """It goes; what waits for it is given up."""
    if not tx.conn.execute(delete(schema.channels).where(_c.name == name)).rowcount:
        raise NotFound("channel", name)
    tx.conn.execute(
        update(schema.deliveries)
        .where(_d.channel == name, _d.state == DeliveryState.WAITING.value)
        .values(state=DeliveryState.FAILED.value, ended_at=now, error="the channel was removed")
    )
    tx.touch("channels", "alerts")
