"""Moving what a process prints to the sink, while waiting for its end.

A pump holds one buffer of output at a time, so that memory doesn't depend on what a script
prints, and a stop request is noticed between two buffers.

- :class:`PosixPump` needs no threads. Where the process itself has a descriptor (Linux), one
  thread can watch many pumps; or ``wait`` polls both pipes, the process and a wake-up
  descriptor in the calling thread.
- :class:`ThreadPump` serves Windows, whose pipes can't be polled: three short threads.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from jobdesk.domain.log import Stream
from jobdesk.engine.runners.base import Sink, StopToken
from jobdesk.engine.runners.spawn import Process
from jobdesk.engine.runners.steps import Watched

CHUNK = 65_536
"""Bytes of one read: what a pipe holds on Linux."""

_QUIET = 4 * CHUNK
"""Bytes of output after which a script is waited for in a thread of its own: the log may hold
up whoever writes much."""

_SLOWEST_LOOK = 0.02
"""Seconds between two looks at a process where its end can't be waited for."""


class Pump(Watched, Protocol):
    """What the supervisor of a process needs from either kind. It is over, as far as watching
    goes, when the process has ended or prints much."""

    @property
    def exited(self) -> bool:
        """Whether the process has ended; it is reaped then, and its exit code is known."""
        ...

    @property
    def open(self) -> bool:
        """Whether somebody may still write to a pipe."""
        ...

    def wait(self, timeout: float | None) -> None:
        """Pass on output until something else happens, ``timeout`` seconds at most.

        Something else is the end of the process, a stop request, or a burst of output:
        the caller looks at the clock and comes back.
        """
        ...

    def drain(self) -> None:
        """Pass on what lies in the pipes now, and not what may still come."""
        ...

    def close(self) -> None:
        """Let go of the pipes."""
        ...


@dataclass(frozen=True, slots=True)
class Started:
    """A process and the ends of its pipes that are ours; the pump closes them."""

    process: Process
    stdout: int
    stderr: int


def make_pump(started: Started, sink: Sink, stop: StopToken) -> Pump:
    """The pump for this system."""
    if sys.platform == "win32":
        return ThreadPump(started, sink, stop)
    return PosixPump(started, sink, stop)


def pump_for(pump: Pump, seconds: float) -> None:
    """Pass on output for ``seconds``, or less: until the process has ended."""
    deadline = time.monotonic() + seconds
    had_exited = pump.exited
    while (left := deadline - time.monotonic()) > 0:
        pump.wait(left)
        if pump.exited and not had_exited:
            return


class PosixPump:
    """Both pipes and the end of the process: watched by others, or, with the stop request,
    in one ``poll``."""

    def __init__(self, started: Started, sink: Sink, stop: StopToken) -> None:
        self.exited = False
        self._process = process = started.process
        self._sink, self._stop = sink, stop
        self._pipes = (started.stdout, started.stderr)
        self._streams = {started.stdout: Stream.STDOUT, started.stderr: Stream.STDERR}
        self._moved = 0
        self._handle = _process_handle(process.pid)
        # Only for who waits here.
        self._poll: select.poll | None = None
        self._wake_read = self._wake_write = -1
        self._forget_stop: Callable[[], None] = _nothing
        self._look = 0.001

    @property
    def open(self) -> bool:
        return bool(self._streams)

    @property
    def descriptors(self) -> tuple[int, ...]:
        return () if self._handle is None else (self._handle, *self._pipes)

    @property
    def over(self) -> bool:
        return self.exited or self._moved > _QUIET

    def ready(self, descriptor: int) -> bool:
        if descriptor == self._handle:
            self._reap()
            return False
        self._read(descriptor)
        return descriptor in self._streams

    def wait(self, timeout: float | None) -> None:
        poll = self._poll or self._begin_to_wait()
        if self._handle is None and not self.exited:
            timeout = self._next_look(timeout)
        # Rounded up: a wait cut to 0 ms would spin through the last millisecond.
        milliseconds = None if timeout is None else max(0, int(timeout * 1000) + 1)
        for descriptor, _event in poll.poll(milliseconds):
            if descriptor != self._wake_read:
                self.ready(descriptor)
            else:
                # Asked once, answered for good; the caller looks at the token.
                self._done_with(descriptor)
        if self._handle is None and not self.exited and self._process.poll() is not None:
            self.exited = True

    def drain(self) -> None:
        import fcntl
        import termios

        for descriptor in list(self._streams):
            held = int.from_bytes(
                fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4), sys.byteorder
            )
            os.set_blocking(descriptor, False)
            while descriptor in self._streams:
                try:
                    size = self._read(descriptor)
                except BlockingIOError:
                    break
                held -= size
                if held < 0:
                    break

    def close(self) -> None:
        self._forget_stop()
        self._streams.clear()
        for descriptor in {*self._pipes, self._wake_read, self._wake_write, self._handle}:
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)

    def _begin_to_wait(self) -> select.poll:
        self._poll = poll = select.poll()
        for descriptor in self._streams:
            poll.register(descriptor, select.POLLIN)
        if self._handle is not None and not self.exited:
            poll.register(self._handle, select.POLLIN)
        self._wake_read, self._wake_write = _wake_descriptors()
        poll.register(self._wake_read, select.POLLIN)
        self._forget_stop = self._stop.on_request(self._wake)
        return poll

    def _read(self, descriptor: int) -> int:
        data = os.read(descriptor, CHUNK)
        if data:
            self._moved += len(data)
            self._sink.write(self._streams[descriptor], data)
        else:
            del self._streams[descriptor]
            self._done_with(descriptor)
        return len(data)

    def _reap(self) -> None:
        assert self._handle is not None
        self._process.wait()
        self.exited = True
        self._done_with(self._handle)

    def _done_with(self, descriptor: int) -> None:
        if self._poll is not None:
            self._poll.unregister(descriptor)

    def _next_look(self, timeout: float | None) -> float:
        # Short looks at first, since most that ends soon ends at once.
        look, self._look = self._look, min(self._look * 1.5, _SLOWEST_LOOK)
        return look if timeout is None else min(look, timeout)

    def _wake(self) -> None:
        os.write(self._wake_write, b"\1\0\0\0\0\0\0\0")


class ThreadPump:
    """The same with a thread for each pipe and one that waits for the process."""

    def __init__(self, started: Started, sink: Sink, stop: StopToken) -> None:
        self.exited = False
        self._process = started.process
        self._sink = sink
        self._changed = threading.Event()
        self._closed = False
        self._failure: BaseException | None = None
        self._readers = [
            self._start(self._copy, started.stdout, Stream.STDOUT),
            self._start(self._copy, started.stderr, Stream.STDERR),
        ]
        self._start(self._await_end)
        self._forget_stop = stop.on_request(self._changed.set)

    @property
    def open(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    @property
    def descriptors(self) -> tuple[int, ...]:
        return ()

    @property
    def over(self) -> bool:
        return self.exited

    def ready(self, descriptor: int) -> bool:
        raise NotImplementedError("there is nothing to be watched")

    def wait(self, timeout: float | None) -> None:
        self._changed.wait(timeout)
        self._changed.clear()
        self.exited = self._process.returncode is not None
        if self._failure is not None:
            raise self._failure

    def drain(self) -> None:
        # What lies in a pipe can't be asked for; a reader needs next to no time for it.
        deadline = time.monotonic() + 0.2
        for reader in self._readers:
            reader.join(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        self._forget_stop()
        # Closing a pipe under a blocked read hangs on Windows. A reader that is left
        # behind throws away what it gets, and closes its pipe itself at the end.
        self._closed = True

    def _copy(self, descriptor: int, stream: Stream) -> None:
        try:
            while data := os.read(descriptor, CHUNK):
                if not self._closed:
                    self._sink.write(stream, data)
        except BaseException as error:
            self._failure = error
        finally:
            os.close(descriptor)
            self._changed.set()

    def _await_end(self) -> None:
        self._process.wait()
        self._changed.set()

    @staticmethod
    def _start(target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True, name="output")
        thread.start()
        return thread


def _nothing() -> None:
    """There is no stop request to forget."""


def _process_handle(pid: int) -> int | None:
    """A descriptor that becomes readable when our child ends; None where there is none."""
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return None
    try:
        return int(opener(pid))
    except OSError:
        # A kernel before 5.3, or a sandbox that forbids it.
        return None


def _wake_descriptors() -> tuple[int, int]:
    if sys.platform == "linux":
        descriptor = os.eventfd(0, os.EFD_CLOEXEC)
        return descriptor, descriptor
    read, write = os.pipe()
    return read, write
