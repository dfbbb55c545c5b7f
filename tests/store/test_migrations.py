"""Alembic on a database of our own; what a real migration will go through."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import delete, select

from jobdesk.store import schema
from jobdesk.store.database import Database, default_url
from jobdesk.store.migrations import upgrade


def test_every_step_is_taken_and_the_version_written_down(own_home: Path) -> None:
    database = Database.open(default_url(own_home), own_home)
    try:
        with database._writing.begin() as conn:
            conn.execute(delete(schema.alembic_version))
        upgrade(database._writing)
        with database.reading() as conn:
            version = conn.execute(select(schema.alembic_version.c.version_num)).scalars().all()
        assert version == [schema.HEAD]
    finally:
        database.close()
