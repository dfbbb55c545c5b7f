"""Whoever waits to write is next.

SQLite keeps no queue: who finds the file locked looks again after a while, up to a tenth
of a second later. An engine at full load commits without a pause, so that a person's click
found it locked for ten seconds on end. This is the usual way out: to begin a transaction
one passes a turnstile, and holds it until the transaction has begun. Who waits inside it
has the next turn, as the engine comes to it only after its commit.

It is a courtesy, not a lock: who can't pass within half a second (a process was stopped
inside, a folder is read-only) goes on without.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jobdesk.store.lock import try_lock, unlock

_PATIENCE = 0.5
_POLL = 0.002


class Turnstile:
    """The one of a database file, beside it; released however its holder ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Inside, begin the transaction. Never fails, and is left at once."""
        held = self._enter()
        try:
            yield
        finally:
            if held is not None:
                unlock(held)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _enter(self) -> IO[bytes] | None:
        try:
            if self._file is None:
                opened = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                self._file = os.fdopen(opened, "r+b")
        except OSError:
            return None
        deadline = time.monotonic() + _PATIENCE
        while not try_lock(self._file, shared=False):
            if time.monotonic() >= deadline:
                return None
            time.sleep(_POLL)
        return self._file
