"""Alembic on databases of older programs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jobdesk.desk import Desk
from jobdesk.domain.run import RunState
from jobdesk.store import schema
from jobdesk.store.database import Database, default_url

FROZEN = Path(__file__).parent / "schemas"
_SHAPES = (
    'SELECT m.type, m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_schema AS m'
    " LEFT JOIN pragma_table_info(m.name) AS c WHERE m.name NOT LIKE 'sqlite_%'"
    " ORDER BY m.type, m.name, c.cid"
)
_INDEXES = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"


def an_old_one(home: Path, version: str) -> Path:
    """A database as the program of a version made it, with a run and a job in it."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "jobdesk.db"
    with closing(sqlite3.connect(file)) as conn:
        tables = (FROZEN / f"{version}.sql").read_text(encoding="utf-8").split(";\n")
        for table in tables:
            if "sqlite_sequence" not in table:  # SQLite's own; it makes it itself
                conn.execute(table)
        conn.execute("INSERT INTO alembic_version VALUES (?)", (version,))
        conn.execute("INSERT INTO queues (name, created_at) VALUES ('default', 0)")
        conn.execute(
            "INSERT INTO runs (title, queue, state, origin, priority, attempt, uncounted,"
            " max_attempts, created_at, due_at, available_at, cancel_requested, exclusive, spec,"
            " retry_spec) VALUES ('true', 'default', 'queued', 'push', 0, 0, 0, 4, 0, 0, 0, 0, 0,"
            ' \'{"type": "script", "command": ["true"]}\', \'{"retries": 3}\')'
        )
        conn.execute(
            "INSERT INTO jobs (name, enabled, spec, created_at, updated_at, anchor_at) VALUES"
            ' (\'old\', 1, \'{"name": "old", "action": {"type": "script",'
            ' "command": ["true"]}, "timeout": null, "retry": {"retries": 1}}\', 0, 0, 0)'
        )
        conn.commit()
    return file


def shapes(file: Path) -> tuple[list[object], dict[str, str]]:
    with closing(sqlite3.connect(file)) as conn:
        indexes = {name: " ".join(sql.split()) for name, sql in conn.execute(_INDEXES)}
        return conn.execute(_SHAPES).fetchall(), indexes


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    home = tmp_path / "fresh"
    home.mkdir()
    Database.open(default_url(home), home).close()
    return home / "jobdesk.db"


@pytest.mark.parametrize("version", [file.stem for file in sorted(FROZEN.glob("*.sql"))][:-1])
def test_an_old_database_becomes_as_a_new_one_is(tmp_path: Path, fresh: Path, version: str) -> None:
    home = tmp_path / "old"
    file = an_old_one(home, version)
    with Desk.open(home) as desk:
        (run,) = desk.runs()
        assert (run.state, run.policy.callback_url) == (RunState.QUEUED, None)
        assert desk.job("old").settled.retry.retries == 1
        assert desk.queue("default").queued == 1
    old, new = shapes(file), shapes(fresh)
    assert old == new
    with closing(sqlite3.connect(file)) as conn:
        assert conn.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (schema.HEAD,)
        ]
