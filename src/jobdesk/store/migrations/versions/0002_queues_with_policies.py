"""Queues with policies, callbacks, tokens, secrets, alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jobdesk.store import schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("queues", sa.Column("policy", sa.Text)),
    ("queues", sa.Column("next_start_at", sa.BigInteger)),
    ("runs", sa.Column("policy_spec", sa.Text)),
    ("runs", sa.Column("about", schema.RowId)),
)
_TABLES = (
    "tokens", "pushed_keys", "secrets", "channels", "heartbeats", "incidents", "alerts",
    "deliveries", "snoozes",
)  # fmt: skip


def upgrade() -> None:
    """What is new is empty, so the rows that there are stay as they are."""
    for table, column in _COLUMNS:
        op.add_column(table, column)
    op.create_index("ix_runs_about", "runs", ["about"],
                    sqlite_where=sa.text("about IS NOT NULL"),
                    postgresql_where=sa.text("about IS NOT NULL"))  # fmt: skip
    for name in _TABLES:
        schema.metadata.tables[name].create(op.get_bind())
