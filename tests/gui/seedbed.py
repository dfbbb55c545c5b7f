"""The rows of :func:`~tests.gui.seeding.seed` for many tests: made seldom, copied for each.

Making them takes half a second of computing, copying them a few milliseconds.
"""

from __future__ import annotations

import copy
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from jobdesk.desk import Desk
from tests.gui.seeding import Seeded, seed

FRESH = 20.0
"""Seconds for which copied rows may pass for just made: times count from when they were."""


class Seedbed:
    """Seeds desks; ``homes`` are fresh folders for the originals."""

    def __init__(self, homes: Iterator[Path]) -> None:
        self._homes = homes
        self._made: tuple[float, Path, Seeded] | None = None

    def plant(self, desk: Desk) -> Seeded:
        """Seed ``desk``, whose database must be empty."""
        assert desk.overview().jobs == 0, "what is there would be overwritten"
        original, made = self._original()
        target = desk.home / original.name
        assert target.exists()
        with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(target)) as to:
            source.backup(to)
        return copy.deepcopy(made)

    def _original(self) -> tuple[Path, Seeded]:
        if self._made is None or time.monotonic() - self._made[0] > FRESH:
            home, began = next(self._homes), time.monotonic()
            with Desk.open(home) as desk:
                made = seed(desk)
            (file,) = home.glob("*.db")
            self._made = began, file, made
        return self._made[1:]
