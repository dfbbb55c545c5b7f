"""An engine that only holds the lock and answers to SIGTERM: quick to start, for tests of
who starts and stops it.

Run as ``python engine_stand_in.py LOCK-FILE [EXIT-CODE]``; with a code it says something
and ends with it at once.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Event

from jobdesk import __version__
from jobdesk.store.lock import EngineInfo, EngineLock


def main(lock_file: str, code: str = "") -> int:
    if code:
        sys.stdout.write("the disk is on fire\n")
        return int(code)
    asked = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: asked.set())
    lock = EngineLock(Path(lock_file))
    if not lock.acquire():
        return 4
    if os.environ.get("STAND_IN_SHY"):
        asked.wait()  # holds the lock, and doesn't say who it is
    version = os.environ.get("STAND_IN_VERSION", __version__)
    origin = os.environ.get("STAND_IN_ORIGIN", "window")
    lock.announce(EngineInfo(os.getpid(), version, origin, "2026-01-01T00:00:00Z"))
    asked.wait()
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
