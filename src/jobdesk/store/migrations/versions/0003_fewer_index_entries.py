"""Fewer index entries: of runs without a job, and of attempts that are open.

A push and an attempt wrote pages for indexes that nobody asked about them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNFINISHED = "state || '' IN ('queued', 'running', 'retrying', 'scheduled') AND job_id IS NOT NULL"


def upgrade() -> None:
    """Indexes only; the rows stay as they are."""
    op.drop_index("ix_attempts_open", "attempts")
    for name, columns, where in (
        ("ix_runs_unfinished", ["job_id", "queue", "state"], _UNFINISHED),
        ("ix_runs_job", ["job_id", "id"], "job_id IS NOT NULL"),
    ):
        op.drop_index(name, "runs")
        _index(name, columns, where)
    _index("ix_runs_job_gone", ["job", "id"], "job_id IS NULL AND job IS NOT NULL")


def _index(name: str, columns: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, "runs", columns, sqlite_where=only, postgresql_where=only)
