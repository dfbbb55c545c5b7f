"""The engine's lock: one engine for each database, and a note of who holds it.

The lock is the operating system's (released however the holder ends); the note in the
same file says pid, version, origin and where the engine listens.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

_FAR = 1 << 30
"""Windows locks bytes, and locked bytes can't be read: lock one far behind the note."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Who runs the engine. ``address`` and ``key`` (hex) are where its hub listens."""

    pid: int
    version: str
    origin: str
    started_at: str
    address: str | tuple[str, int] | None = None
    key: str = ""


class EngineLock:
    """Held by the engine (and by a migration) for as long as it lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def acquire(self, *, patience: float = 0.5) -> bool:
        """Take the lock; False when another process has it.

        Someone who merely looks holds the lock for an instant, hence the ``patience``
        (seconds).
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: what a full disk refuses must not be tried again when it is closed.
        file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
        deadline = time.monotonic() + patience
        while not try_lock(file, shared=False):
            if time.monotonic() >= deadline:
                file.close()
                return False
            time.sleep(0.02)
        self._file = file
        self._forget()  # what a holder that was killed has left
        return True

    def announce(self, info: EngineInfo) -> None:
        """Write the note that others read. Needs the lock. Raises OSError where there is no
        room for it."""
        assert self._file is not None
        note = json.dumps(asdict(info)).encode()
        self._file.seek(0)
        self._file.truncate()
        if self._file.write(note) < len(note):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def release(self) -> None:
        if self._file is not None:
            self._forget()
            unlock(self._file)
            self._file.close()
            self._file = None

    def _forget(self) -> None:
        """Drop the note. One that stays on a disk that can't be written is read as if it were
        the next holder's, until that has announced itself."""
        assert self._file is not None
        with suppress(OSError):
            self._file.seek(0)
            self._file.truncate()


def holder(path: Path) -> EngineInfo | None:
    """Who holds the lock, or None.

    A holder that has not written its note yet is given half a second to do so.
    """
    try:
        with path.open("rb") as file:
            for _ in range(25):
                if try_lock(file, shared=True):
                    unlock(file)
                    return None
                info = _read(file)
                if info is not None:
                    return info
                time.sleep(0.02)
    except (FileNotFoundError, PermissionError):
        return None  # a file that can't even be read is another user's, not our engine's
    return EngineInfo(pid=0, version="?", origin="?", started_at="")


def _read(file: IO[bytes]) -> EngineInfo | None:
    file.seek(0)
    try:
        fields = json.loads(file.read())
        address = fields.get("address")
        if isinstance(address, list):
            fields["address"] = (address[0], address[1])
        return EngineInfo(**fields)
    except (ValueError, TypeError, AttributeError):
        return None


if sys.platform == "win32":
    import msvcrt

    def try_lock(file: IO[bytes], *, shared: bool) -> bool:
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(file: IO[bytes]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(file: IO[bytes], *, shared: bool) -> bool:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
