"""A real SQLite database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobdesk.store.database import Database, default_url
from tests.support.clock import ManualClock
from tests.support.work import Work


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """A database of JobDesk's in ``folder``, closed afterwards."""
    database = Database.open(default_url(folder), folder)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def db(own_home: Path) -> Iterator[Database]:
    with opened(own_home) as database:
        yield database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def work(db: Database, clock: ManualClock) -> Work:
    return Work(db, clock)
