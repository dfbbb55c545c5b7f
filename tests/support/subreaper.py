"""Undoing what an engine does to its whole process: becoming a child subreaper.

An engine in the process of the tests would otherwise have it adopt, from then on, every
orphan of every test.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

_SET, _GET = 36, 37
_PATIENCE = 2.0


@pytest.fixture(autouse=True)
def no_subreaper(no_leaks: None) -> Iterator[None]:
    """After a test that made this process a subreaper: wait for what it adopted and what
    has ended, and be none any more. What still runs is left for ``no_leaks`` to report."""
    yield
    if not sys.platform.startswith("linux") or not _is_subreaper():
        return
    deadline = time.monotonic() + _PATIENCE
    while _reap() and time.monotonic() < deadline:
        time.sleep(0.01)
    ctypes.CDLL(None).prctl(_SET, 0, 0, 0, 0)


def _is_subreaper() -> bool:
    flag = ctypes.c_int()
    ctypes.CDLL(None).prctl(_GET, ctypes.byref(flag), 0, 0, 0)
    return bool(flag.value)


def _reap() -> bool:
    """Wait for children that have ended; whether any are left that have not."""
    left = False
    for child in psutil.Process().children(recursive=True):
        try:
            if child.status() == psutil.STATUS_ZOMBIE and child.ppid() == os.getpid():
                os.waitpid(child.pid, os.WNOHANG)
            else:
                left = True
        except (psutil.NoSuchProcess, ChildProcessError):
            continue
    return left
