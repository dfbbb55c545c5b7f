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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psutil

from jobdesk.engine.runners.launch import COOKIE_VARIABLE

_RLIMIT_LOCKS = 10
_TOP = 1 << 61
_MOST_ROUNDS = 20


def mark_of(cookie: str) -> int:
    """The mark of an attempt: 61 bits of its cookie, the top one always set."""
    digest = hashlib.blake2b(cookie.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 3 | _TOP


def has_mark(pid: int, mark: int) -> bool:
    """Whether a process carries this mark."""
    return _soft_limit(pid) == mark


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
    starts a process. A lock around that would cost half of all starts a second when the
    threads are busy, for something that next to never happens: that another thread
    starts a process in between, and the child is born with the wrong mark. So it is
    checked afterwards, and the wrong mark is put right. Only if somebody slipped away
    with it by then, the mark says nothing any more, and the other ways have to do.
    """

    def __init__(self) -> None:
        self._normal = _limits(0)
        self._wearing = threading.Lock()
        self._doubtful: set[int] = set()

    @contextmanager
    def worn(self, cookie: str) -> Iterator[None]:
        """Around the start of a process, as narrow as can be."""
        if self._normal is None:
            yield
            return
        soft, hard = self._normal
        mark = mark_of(cookie)
        with self._wearing:
            _set_limit(0, mark, hard)
            try:
                yield
            finally:
                _set_limit(0, soft, hard)

    def confirm(self, pid: int, cookie: str) -> None:
        """Right after the start of the leader of a session: whether the mark is right.

        If not, whom it has started in the meantime is looked for among the processes
        that were born since; what has left the session by then is lost to this search.
        """
        mark, born_with = mark_of(cookie), _soft_limit(pid)
        if self._normal is None or born_with in (None, mark):
            return
        _put(pid, mark)
        self._catch_up(pid, mark)
        if born_with is not None and born_with != self._normal[0]:
            # Whose mark it is may carry it, known by its cookie, and nobody else.
            carriers = [other for other in _all_pids() if has_mark(other, born_with)]
            if any(mark_of(cookie_of(other)) != born_with for other in carriers):
                self._doubtful.add(born_with)

    def _catch_up(self, pid: int, mark: int) -> None:
        newest = pid
        for _ in range(_MOST_ROUNDS):
            before, newest = newest, _newest_pid()
            if newest == before:
                return
            for other in _between(before, newest):
                if session_of(other) == pid and not has_mark(other, mark):
                    _put(other, mark)

    def trusted(self, mark: int) -> bool:
        """Whether all that carries this mark belongs to its attempt."""
        return mark not in self._doubtful

    def forget(self, mark: int) -> None:
        """The attempt is over."""
        self._doubtful.discard(mark)


def _limits(pid: int) -> tuple[int, int] | None:
    """Soft and hard limit; None where the process is gone or this system has none."""
    if sys.platform != "linux":
        return None
    import resource

    try:
        return resource.prlimit(pid, _RLIMIT_LOCKS)
    except OSError:
        return None


def _soft_limit(pid: int) -> int | None:
    limits = _limits(pid)
    return None if limits is None else limits[0]


def _set_limit(pid: int, soft: int, hard: int) -> None:
    if sys.platform == "linux":
        import resource

        try:
            resource.prlimit(pid, _RLIMIT_LOCKS, (soft, hard))
        except (OSError, ValueError):
            return  # gone, or forbidden by a sandbox: there are other ways to find it


def _put(pid: int, mark: int) -> None:
    limits = _limits(pid)
    if limits is not None:
        _set_limit(pid, mark, limits[1])


def _between(before: int, newest: int) -> Iterable[int]:
    """Numbers given out since ``before``; after a wrap-around it could be any."""
    if newest > before:
        return range(before + 1, newest + 1)
    return _all_pids()


def _all_pids() -> list[int]:
    own = os.getpid()
    return [pid for pid in psutil.pids() if pid != own]


def _newest_pid() -> int:
    """The number that was given out last: the fifth field of ``/proc/loadavg``."""
    with open("/proc/loadavg", "rb") as file:  # noqa: PTH123
        return int(file.read().split()[4])


def session_of(pid: int) -> int | None:
    """The session that a process is in; None if it is gone, or there are no sessions."""
    if sys.platform == "win32":
        return None
    try:
        return os.getsid(pid)
    except OSError:
        return None
