"""Tokens: only their hashes are here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from jobdesk.domain.errors import InvalidInput, NotFound
from jobdesk.domain.token import Token
from jobdesk.store import schema
from jobdesk.store.writer import Tx

_t = schema.tokens.c
_SHOWN = (_t.id, _t.name, _t.allow_scripts, _t.created_at, _t.last_used_at, _t.revoked_at)


def add(tx: Tx, name: str, hashed: str, *, allow_scripts: bool, now: datetime) -> Token:
    """A new token; of those that are not revoked, each has a name of its own."""
    taken = select(_t.id).where(_t.name == name, _t.revoked_at.is_(None))
    if tx.conn.execute(taken).first():
        raise InvalidInput("name", name, "a name that no other token has")
    values = {"name": name, "hash": hashed, "allow_scripts": allow_scripts, "created_at": now}
    row = tx.conn.execute(insert(schema.tokens).values(**values).returning(*_SHOWN)).one()
    tx.touch("tokens")
    return _token(row)


def all_tokens(conn: Connection) -> list[Token]:
    """The tokens that are not revoked, by name."""
    query = select(*_SHOWN).where(_t.revoked_at.is_(None)).order_by(_t.name)
    return [_token(row) for row in conn.execute(query)]


def hashes(conn: Connection) -> dict[str, Token]:
    """The tokens that are not revoked, by their hashes."""
    query = select(_t.hash, *_SHOWN).where(_t.revoked_at.is_(None))
    return {row[0]: _token(row[1:]) for row in conn.execute(query)}


def revoke(tx: Tx, name: str, now: datetime) -> None:
    """It lets nobody in any more; what it pushed stays."""
    standing = update(schema.tokens).where(_t.name == name, _t.revoked_at.is_(None))
    if not tx.conn.execute(standing.values(revoked_at=now)).rowcount:
        raise NotFound("token", name)
    tx.touch("tokens")


def used(tx: Tx, token_id: int, now: datetime) -> None:
    """Note when a token was used last."""
    tx.conn.execute(update(schema.tokens).where(_t.id == token_id).values(last_used_at=now))


def _token(row: Row[Any] | tuple[Any, ...]) -> Token:
    return Token(*row)
