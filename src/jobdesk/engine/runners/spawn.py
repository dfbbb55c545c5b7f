"""Starting a program without holding up everybody else.

``subprocess`` keeps Python's lock from the ``fork`` until the new program has been loaded:
0.3 ms on a quiet machine and several on a busy one, in which no other thread of the engine
gets on. glibc's own ``posix_spawn(3)``, called by way of ctypes, lets go of it. Elsewhere
than on Linux, ``subprocess`` it is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

_SETSIGDEF, _SETSID = 0x04, 0x80  # <spawn.h>
_LARGE_ENOUGH = 1024
"""Bytes for each of glibc's opaque structures; the largest has 336."""


class Process(Protocol):
    """What is used of a started process: of ours, or of ``subprocess``."""

    @property
    def pid(self) -> int: ...

    returncode: int | None

    def poll(self) -> int | None:
        """Reap it if it has ended; its exit code, ``-n`` after signal n."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        ...

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What to start: an absolute program, its arguments from ``argv[0]`` on, its working
    directory, its environment (as text, and as ``NAME=value`` for POSIX), whether Windows'
    shell is to read the arguments, and the descriptors that become 1 and 2. Nothing is to be
    read from 0."""

    program: str
    argv: Sequence[str]
    cwd: str
    env: Mapping[str, str]
    pairs: Sequence[bytes]
    shell: bool
    descriptors: tuple[int, int]


class Child:
    """A child process of ours that is known by its number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._reaping = threading.Lock()

    def poll(self) -> int | None:
        return self._reap(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int:
        if timeout is None:
            code = self._reap(0)
            assert code is not None
            return code
        # Only for what would not end; whoever waits in earnest polls a descriptor.
        pause = threading.Event()
        for _ in range(max(1, int(timeout / 0.01))):
            if (code := self.poll()) is not None:
                return code
            pause.wait(0.01)
        raise subprocess.TimeoutExpired(str(self.pid), timeout)

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self, options: int) -> int | None:
        # Never two at once: the number is somebody else's once it has been reaped.
        with self._reaping:
            if self.returncode is None:
                pid, status = os.waitpid(self.pid, options)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
            return self.returncode


def ready(order: Order) -> Callable[[], Process]:
    """Prepare a start as the leader of a new session; what is returned does nothing but
    start. Either raises OSError, as ``chdir(2)`` and ``execve(2)`` do, or ValueError for
    what can't be passed to a program."""
    return _ready_for_glibc(_GLIBC, order) if _GLIBC else _ready_for_subprocess(order)


def _ready_for_subprocess(order: Order) -> Callable[[], Process]:
    windows = sys.platform == "win32"
    arguments: str | Sequence[str] = order.argv
    if windows and order.shell:
        arguments = " ".join(order.argv)  # cmd has its own idea of quotes
    stdout, stderr = order.descriptors

    def start() -> Process:
        return subprocess.Popen(
            arguments,
            executable=order.program,
            cwd=order.cwd,
            env=order.env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=not windows,
            creationflags=_creation_flags(),
        )

    return start


def _creation_flags() -> int:
    if sys.platform == "win32":
        from jobdesk.engine.runners.job_object import CREATION_FLAGS

        return CREATION_FLAGS
    return 0


def _ready_for_glibc(glibc: _Glibc, order: Order) -> Callable[[], Process]:
    program, folder = _text(order.program), _text(order.cwd)
    argv = _texts([_text(argument) for argument in order.argv])
    envp = _texts(order.pairs)

    def start() -> Process:
        actions = ctypes.create_string_buffer(_LARGE_ENOUGH)
        pid = ctypes.c_int()
        prepare = glibc.prepare
        _must(prepare.posix_spawn_file_actions_init(actions))
        try:
            _must(prepare.posix_spawn_file_actions_addchdir_np(actions, folder))
            _must(prepare.posix_spawn_file_actions_addopen(actions, 0, b"/dev/null", os.O_RDWR, 0))
            for target, descriptor in enumerate(order.descriptors, 1):
                _must(prepare.posix_spawn_file_actions_adddup2(actions, descriptor, target))
            _must(
                glibc.library.posix_spawn(
                    ctypes.byref(pid), program, actions, glibc.attributes, argv, envp
                )
            )
        finally:
            prepare.posix_spawn_file_actions_destroy(actions)
        return Child(pid.value)

    return start


def _must(code: int) -> None:
    if code:
        raise OSError(code, os.strerror(code))


def _text(text: str) -> bytes:
    encoded = os.fsencode(text)
    if b"\0" in encoded:
        raise ValueError("embedded null byte")
    return encoded


def _texts(texts: Sequence[bytes]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * (len(texts) + 1))(*texts, None)


class _Glibc:
    """The library, and what all starts have in common: a new session, and SIGPIPE as
    programs expect it (Python ignores it for itself)."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.library = library
        # For calls that only note something: they keep Python's lock, as letting go of it
        # and waiting to have it back takes longer than they do.
        self.prepare = ctypes.PyDLL(None)
        self.attributes = ctypes.create_string_buffer(_LARGE_ENOUGH)
        signals = ctypes.create_string_buffer(_LARGE_ENOUGH)
        _must(library.posix_spawnattr_init(self.attributes))
        library.sigemptyset(signals)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            library.sigaddset(signals, int(number))
        _must(library.posix_spawnattr_setsigdefault(self.attributes, signals))
        flags = ctypes.c_short(_SETSIGDEF | _SETSID)
        _must(library.posix_spawnattr_setflags(self.attributes, flags))


def _load() -> _Glibc | None:
    """glibc, where it has all that is needed (2.29 and later)."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    wanted = ("gnu_get_libc_version", "posix_spawn", "posix_spawn_file_actions_addchdir_np")
    return _Glibc(library) if all(hasattr(library, name) for name in wanted) else None


_GLIBC = _load()
