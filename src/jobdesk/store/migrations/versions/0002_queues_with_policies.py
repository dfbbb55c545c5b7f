"""Queues with policies, callbacks, tokens, secrets, alerts.

The tables as they were then, whatever has become of them since.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """What is new is empty, so the rows that there are stay as they are."""
    for table, name, kind in (
        ("queues", "policy", sa.Text),
        ("queues", "next_start_at", sa.BigInteger),
        ("runs", "policy_spec", sa.Text),
        ("runs", "about", _ID),
    ):
        op.add_column(table, sa.Column(name, kind))
    _index("ix_runs_about", "runs", "about", where="about IS NOT NULL")
    _tokens()
    _names()
    _incidents()


def _tokens() -> None:
    _table(
        "tokens",
        _text("name"),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        _flag("allow_scripts"),
        _time("created_at"),
        _time("last_used_at", nullable=True),
        _time("revoked_at", nullable=True),
    )
    _index("ix_tokens_name", "tokens", "name", where="revoked_at IS NULL", unique=True)
    op.create_table(
        "pushed_keys",
        sa.Column(
            "token_id",
            _ID,
            sa.ForeignKey("tokens.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("run_id", _ID, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
        _text("fingerprint"),
        _text("answer"),
        _time("created_at"),
    )
    _index("ix_pushed_keys_run", "pushed_keys", "run_id")


def _names() -> None:
    """What has its value in the vault, and what is waited for."""
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, primary_key=True),
        _text("place"),
        _time("created_at"),
        _time("updated_at"),
    )
    _table(
        "channels",
        sa.Column("name", sa.Text, nullable=False, unique=True),
        _text("kind"),
        _text("shown"),
        _flag("enabled"),
        _time("created_at"),
        _time("updated_at"),
    )
    _table(
        "heartbeats",
        sa.Column("name", sa.Text, nullable=False, unique=True),
        _flag("enabled"),
        _text("spec"),
        _time("created_at"),
        _time("last_ping_at", nullable=True),
        _time("overdue_at", nullable=True),
    )
    _index("ix_heartbeats_overdue", "heartbeats", "overdue_at", where="overdue_at IS NOT NULL")
    op.create_table("snoozes", sa.Column("subject", sa.Text, primary_key=True), _time("until"))


def _incidents() -> None:
    _table(
        "incidents",
        _text("subject"),
        _text("title"),
        _text("queue", nullable=True),
        _text("job", nullable=True),
        _text("kind"),
        sa.Column("failures", sa.Integer, nullable=False),
        _text("raised", nullable=True),
        sa.Column("run_id", _ID),
        _time("opened_at"),
        _time("updated_at"),
        _time("closed_at", nullable=True),
    )
    _index(
        "ix_incidents_open", "incidents", "subject", "kind", where="closed_at IS NULL", unique=True
    )
    _table(
        "alerts",
        _parent("incident_id", "incidents"),
        _text("kind"),
        _text("title"),
        _text("text"),
        sa.Column("run_id", _ID),
        _time("created_at"),
    )
    _index("ix_alerts_incident", "alerts", "incident_id")
    _table(
        "deliveries",
        _parent("alert_id", "alerts"),
        _text("channel"),
        _text("state"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        _time("due_at"),
        _time("ended_at", nullable=True),
        _text("error", nullable=True),
    )
    _index("ix_deliveries_alert", "deliveries", "alert_id")
    _index("ix_deliveries_waiting", "deliveries", "due_at", where="state = 'waiting'")


def _table(name: str, *columns: sa.Column[Any]) -> None:
    """One whose ids are never given twice."""
    op.create_table(
        name, sa.Column("id", _ID, primary_key=True), *columns, sqlite_autoincrement=True
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Microseconds since 1970."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _parent(name: str, table: str) -> sa.Column[Any]:
    return sa.Column(name, _ID, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


def _index(
    name: str, table: str, *columns: str, where: str | None = None, unique: bool = False
) -> None:
    only = None if where is None else sa.text(where)
    op.create_index(
        name, table, list(columns), unique=unique, sqlite_where=only, postgresql_where=only
    )
