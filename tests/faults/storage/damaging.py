"""Databases with something in them, and ways to spoil them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from jobdesk import Cron, Desk, ScriptAction
from jobdesk.desk.desk import find_database_url

T = TypeVar("T")

TRUE = ScriptAction(["true"])


def some_now(cases: Iterable[T], now: Iterable[T]) -> list[Any]:
    """Parameters of a test: those of ``now`` in every run, the others with the long ones."""
    quick = list(now)
    return [
        pytest.param(one, marks=[] if one in quick else pytest.mark.slow_fault) for one in cases
    ]


def filled(home: Path, runs: int = 300) -> Path:
    """A database with a job and some runs, closed; its file."""
    with Desk.open(home) as desk:
        desk.add_job("report", TRUE, trigger=Cron("0 7 * * *", tz="UTC"))
        desk.push_many([TRUE] * runs, priority=3)
    return database_file(home)


def database_file(home: Path) -> Path:
    return Path(find_database_url(home).removeprefix("sqlite:///"))


def sql(file: Path, *statements: str) -> list[tuple[object, ...]]:
    """Run statements behind everybody's back; the rows of the last."""
    rows: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(file)) as conn:
        for statement in statements:
            rows = conn.execute(statement).fetchall()
        conn.commit()
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return rows


def page_of(file: Path, name: str) -> int:
    """The number of a table's or an index's first page."""
    rows = sql(file, f"SELECT rootpage FROM sqlite_master WHERE name = '{name}'")
    number = rows[0][0]
    assert isinstance(number, int)
    return number


def flip(file: Path, at: int, length: int = 64) -> None:
    """Turn some bytes over, where nobody looks at the time stamp."""
    data = bytearray(file.read_bytes())
    data[at : at + length] = bytes(byte ^ 0x5A for byte in data[at : at + length])
    file.write_bytes(bytes(data))


def digest(folder: Path) -> dict[str, str]:
    """Every file below a folder, and what is in it."""
    return {
        str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }
