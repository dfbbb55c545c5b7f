"""A database, a clock, and runners that do as a test says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobdesk.store.database import Database
from tests.store.conftest import opened
from tests.support.clock import ManualClock
from tests.support.work import Work


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
