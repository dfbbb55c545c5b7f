"""Disks that fill, folders that can't be written to, and work that waits for a word."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from jobdesk import ScriptAction
from jobdesk.store.database import Database

PATIENCE = 30.0


def until(true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait for what another process or thread is about to do."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"it did not come to this: {what}"
        time.sleep(0.02)


class Gated:
    """A script that notes each time it is run, and ends when it is let go."""

    def __init__(self, folder: Path, output: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._gate, self._notes = folder / "gate", folder / "notes"
        code = (
            "import os, sys, time\n"
            f"open({str(self._notes)!r}, 'a').write('x')\n"
            f"while not os.path.exists({str(self._gate)!r}): time.sleep(0.02)\n"
            f"print('y' * {output})\n"
        )
        self.action = ScriptAction([sys.executable, "-I", "-S", "-c", code])

    @property
    def times(self) -> int:
        """How many times it was run so far."""
        return len(self._notes.read_text()) if self._notes.exists() else 0

    def let_go(self) -> None:
        self._gate.touch()


class SmallDisk:
    """A disk of its own, of some megabytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self, database: Path) -> None:
        """Leave no byte, also not those that the write-ahead log holds in reserve."""
        with closing(sqlite3.connect(database, timeout=5)) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        with self._ballast.open("ab", buffering=0) as file:
            for size in (65_536, 512):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def make_room(self) -> None:
        os.truncate(self._ballast, 0)


def mount(*args: str) -> None:
    """Mount, or skip the test where that is not for us to do."""
    if sys.platform != "linux":
        pytest.skip("mounts are Linux's here")
    try:
        done = subprocess.run(["mount", *args], capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"there is no `mount`: {error}")
    if done.returncode:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")


def unmount(folder: Path) -> None:
    # Lazily: a process that was killed a moment ago may still be holding on to it.
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def small_disk(folder: Path, size: str = "24m") -> Iterator[SmallDisk]:
    folder.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield SmallDisk(folder)
    finally:
        unmount(folder)


class Quota:
    """Lets a database in this process grow no further, as on a full disk; reads go on."""

    def __init__(self, db: Database) -> None:
        self.on = False
        event.listen(db._writing, "begin", self._bound)

    def _bound(self, conn: Connection) -> None:
        # At 1 it can't shrink below what is there already, and doesn't grow.
        pages = 1 if self.on else 1_000_000
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
