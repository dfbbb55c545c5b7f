"""Secrets by name; their values are in the vault, and never here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from jobdesk.store import schema
from jobdesk.store.prepared import Prepared
from jobdesk.store.writer import Tx

TOPIC = "secrets"

_s = schema.secrets.c
_CHANGED = Prepared(select(_s.updated_at).where(_s.name == bindparam("named")))


@dataclass(frozen=True, slots=True)
class SecretNote:
    """That there is a secret. ``place`` is the vault that has it: keyring or file."""

    name: str
    place: str
    created_at: datetime
    updated_at: datetime


def all_secrets(conn: Connection) -> list[SecretNote]:
    """Every one by name; JobDesk's own, too."""
    query = select(_s.name, _s.place, _s.created_at, _s.updated_at).order_by(_s.name)
    return [SecretNote(*row) for row in conn.execute(query)]


def changed_at(conn: Connection, name: str) -> int | None:
    """When a secret was set, in the store's microseconds; None where it is not noted."""
    row = _CHANGED.row(conn, named=name)
    return None if row is None else int(row[0])


def note(tx: Tx, name: str, place: str, now: datetime) -> None:
    """A secret was set."""
    values = {"place": place, "updated_at": now}
    known = update(schema.secrets).where(_s.name == name).values(**values)
    if not tx.conn.execute(known).rowcount:
        tx.conn.execute(insert(schema.secrets).values(name=name, created_at=now, **values))
    tx.touch(TOPIC)


def forget(tx: Tx, name: str) -> bool:
    """A secret was removed; whether it was noted."""
    gone = tx.conn.execute(delete(schema.secrets).where(_s.name == name)).rowcount
    tx.touch(TOPIC)
    return bool(gone)
