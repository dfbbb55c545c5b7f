"""The engine's settings and the desk's own id, as rows of name and JSON."""

from __future__ import annotations

import json
import secrets
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from jobdesk.domain.settings import EngineSettings
from jobdesk.store import schema
from jobdesk.store.rows import Unreadable
from jobdesk.store.writer import Tx

_s = schema.settings.c
_ID = "desk_id"
_FIELDS = EngineSettings.model_fields
_ROOM = "is_there_room"
_PROBE = 65_536


def load(conn: Connection) -> EngineSettings:
    """The settings; what is not set, or can't be read, is at its default."""
    return EngineSettings.lenient(
        {name: value for name, value in _all(conn).items() if name in EngineSettings.model_fields}
    )


def save(tx: Tx, settings: EngineSettings) -> None:
    """Replace all settings."""
    values = settings.to_json()
    tx.conn.execute(delete(schema.settings).where(_s.name.in_(list(values))))
    tx.conn.execute(
        insert(schema.settings),
        [{"name": name, "value": json.dumps(value)} for name, value in values.items()],
    )
    tx.touch("settings")


def unreadable(conn: Connection) -> list[Unreadable]:
    """Settings whose row is damaged: they are at their defaults."""
    stored = list(conn.execute(select(_s.name)).scalars())
    good = _all(conn)
    known = EngineSettings.lenient({n: v for n, v in good.items() if n in _FIELDS}).to_json()
    return [
        Unreadable("settings", 0, str(name), "its value makes no sense")
        for name in stored
        if name not in good or (name in _FIELDS and known[name] != good[name])
    ]


def desk_id(tx: Tx) -> str:
    """A name for this database that no other one has; made when first asked for."""
    known = _all(tx.conn).get(_ID)
    if known is None:
        known = secrets.token_hex(6)
        tx.conn.execute(delete(schema.settings).where(_s.name == _ID))  # it may be damaged
        tx.conn.execute(insert(schema.settings).values(name=_ID, value=json.dumps(known)))
    return str(known)


def probe(tx: Tx) -> None:
    """Write for the sake of writing, to learn whether there is room: a row that is kept,
    and one that is as large as a claim with its attempts."""
    for value in (json.dumps("x" * _PROBE), "null"):
        tx.conn.execute(delete(schema.settings).where(_s.name == _ROOM))
        tx.conn.execute(insert(schema.settings).values(name=_ROOM, value=value))


def _all(conn: Connection) -> dict[str, Any]:
    values = {}
    for name, value in conn.execute(select(_s.name, _s.value)):
        try:
            values[name] = json.loads(value)
        except (ValueError, TypeError):
            continue  # damaged: as if it were not set
    return values
