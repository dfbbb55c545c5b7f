"""What the tests of storage share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobdesk import Desk
from tests.faults.storage.disks import Gated, SmallDisk, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as one:
        yield one


@pytest.fixture
def home(disk: SmallDisk) -> Path:
    """A home on the small disk."""
    return disk.root / "home"


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    """A desk on an ordinary disk."""
    with Desk.open(own_home) as opened:
        yield opened


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path / "gated")
