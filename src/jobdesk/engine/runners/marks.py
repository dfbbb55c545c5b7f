"""What a process is known by: the cookie in its environment, and, on Linux, a mark.

The mark is its limit on file locks, which it can't shake off: the kernel has ignored
``RLIMIT_LOCKS`` since 2.4.25 (``getrlimit(2)``), hands it on at every ``fork`` and keeps it
over ``execve``. So what a script starts carries the script's mark, whatever becomes of its
session, parents and environment, unless it takes it off on purpose.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from jobdesk.engine.runners.launch import COOKIE_VARIABLE

_RLIMIT_LOCKS = 10
_TOP = 1 << 61


def mark_of(cookie: str) -> int:
    """The mark of an attempt: 61 bits of its cookie, the top one always set."""
    digest = hashlib.blake2b(cookie.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 3 | _TOP


def has_mark(pid: int, mark: int) -> bool:
    """Whether a process carries this mark."""
    return limit_of(pid) == mark


def cookie_of(pid: int) -> str:
    """The cookie in the environment that a process was started with, or nothing."""
    try:
        if sys.platform != "linux":
            return str(psutil.Process(pid).environ().get(COOKIE_VARIABLE, ""))
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123  for every process
            variables = b"\0" + file.read()
    except (psutil.Error, OSError):
        return ""
    _before, _, rest = variables.partition(f"\0{COOKIE_VARIABLE}=".encode())
    return rest.partition(b"\0")[0].decode("utf-8", "replace")


class Marks:
    """Puts marks on what one engine starts.

    A child is born with its parent's limits, so the engine wears a mark itself while it
    starts a process: one at a time, or a child would be born with another one's mark.
    Nobody waits long for that, and nobody else waits at all, see ``spawn.py``.
    """

    def __init__(self) -> None:
        self._normal = _limits(0)
        self._wearing = threading.Lock()

    @contextmanager
    def worn(self, cookie: str) -> Iterator[None]:
        """Around the start of a process, as narrow as can be."""
        if self._normal is None:
            yield
            return
        soft, hard = self._normal
        mark = mark_of(cookie)
        with self._wearing:
            _set_limit(mark, hard)
            try:
                yield
            finally:
                _set_limit(soft, hard)

    @contextmanager
    def between_starts(self) -> Iterator[None]:
        """While nothing is being started. A child that is has copies of all descriptors
        of the engine, until its program is loaded."""
        with self._wearing:
            yield


def _limits(pid: int) -> tuple[int, int] | None:
    """Soft and hard limit; None where the process is gone or this system has none."""
    if sys.platform != "linux":
        return None
    import resource

    try:
        return resource.prlimit(pid, _RLIMIT_LOCKS)
    except OSError:
        return None


def limit_of(pid: int) -> int | None:
    """Where a mark is carried; most processes have none but the system's own number."""
    limits = _limits(pid)
    return None if limits is None else limits[0]


def _set_limit(soft: int, hard: int) -> None:
    if sys.platform == "linux":
        import resource

        try:
            resource.setrlimit(_RLIMIT_LOCKS, (soft, hard))
        except (OSError, ValueError):
            return  # forbidden by a sandbox: there are other ways to find a process


def session_of(pid: int) -> int | None:
    """The session that a process is in; None if it is gone, or there are no sessions."""
    if sys.platform == "win32":
        return None
    try:
        return os.getsid(pid)
    except OSError:
        return None
