"""One thread that waits for everything that can be waited for at descriptors.

A thread for each script would wake up for its output, for its end and for what it is told
about it, and wait for Python's lock each time. Linux only (``epoll``): elsewhere nothing has
descriptors to be waited for, and nothing comes here.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jobdesk.engine.runners.steps import Steps, Wait

_MOST_STALE = 64
"""Deadlines of waits that are over that are kept, rather than looked for."""


@dataclass(slots=True)
class _Watched:
    """Steps that wait, and what for; ``descriptors`` are those that are watched still."""

    steps: Steps[Any]
    wait: Wait
    descriptors: set[int] = field(default_factory=set)
    forget_stop: Callable[[], None] = field(default=lambda: None)
    error: Exception | None = None
    over: bool = False


class Watcher:
    """Calls ``go_on`` with the steps whose wait is over, and the error that it came to if
    any, in its own thread, which must not be held up. :meth:`add` may be called from any
    thread."""

    def __init__(self, go_on: Callable[[Steps[Any], Exception | None], None]) -> None:
        self._go_on = go_on
        self._guard = threading.Lock()
        self._by_descriptor: dict[int, _Watched] = {}
        self._deadlines: list[tuple[float, int, _Watched]] = []
        self._numbers = itertools.count()
        self._stopped: list[_Watched] = []
        self._sleeps_until: float | None = 0.0
        self._closing = False
        self._poll: select.epoll | None = None
        self._bell = -1
        self._thread = threading.Thread(target=self._loop, name="watcher", daemon=True)

    def add(self, steps: Steps[Any], wait: Wait) -> None:
        """Watch for the end of a wait, from now on. Raises OSError where the system can't."""
        watched = _Watched(steps, wait)
        with self._guard:
            poll = self._poll or self._begin()
            try:
                for descriptor in wait.what.descriptors:
                    poll.register(descriptor, select.EPOLLIN)
                    self._by_descriptor[descriptor] = watched
                    watched.descriptors.add(descriptor)
            except OSError:
                for descriptor in list(watched.descriptors):
                    self._forget(watched, descriptor)
                raise
            deadline = wait.deadline
            if deadline is not None:
                heapq.heappush(self._deadlines, (deadline, next(self._numbers), watched))
                if self._sleeps_until is None or deadline < self._sleeps_until:
                    self._ring()
        # Not with the guard held: it calls back at once if it was stopped already.
        watched.forget_stop = wait.stop.on_request(lambda: self._stop(watched))

    def close(self, deadline: float) -> None:
        """End the thread; what is still watched is left alone."""
        with self._guard:
            if self._poll is None:
                return
            self._closing = True
            self._ring()
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if not self._thread.is_alive():
            self._poll.close()
            os.close(self._bell)

    # -- inside -------------------------------------------------------------------

    def _begin(self) -> select.epoll:
        # All of it or nothing: nobody must be told that he is watched while there is no thread.
        with contextlib.ExitStack() as undo:
            poll = undo.enter_context(select.epoll())
            self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
            undo.callback(os.close, self._bell)
            poll.register(self._bell, select.EPOLLIN)
            self._thread.start()
            self._poll = poll
            undo.pop_all()
        return poll

    def _ring(self) -> None:
        os.eventfd_write(self._bell, 1)

    def _stop(self, watched: _Watched) -> None:
        with self._guard:
            if not self._closing:
                self._stopped.append(watched)
                self._ring()

    def _loop(self) -> None:
        with self._guard:  # held until all of it is there
            poll = self._poll
        assert poll is not None
        while not self._closing:
            happened = poll.poll(self._patience())
            with self._guard:
                self._sleeps_until = 0.0
                found = [(self._by_descriptor.get(one), one) for one, _ in happened]
                over = self._due()
            for watched, descriptor in found:
                if watched is None:
                    with contextlib.suppress(BlockingIOError):  # rung for, or let go of already
                        if descriptor == self._bell:
                            os.eventfd_read(self._bell)
                elif self._over(watched, descriptor):
                    over.append(watched)
            for watched in over:
                if self._let_go(watched):
                    self._go_on(watched.steps, watched.error)

    def _patience(self) -> float | None:
        with self._guard:
            until = self._deadlines[0][0] if self._deadlines else None
            self._sleeps_until = 0.0 if self._stopped else until
        # epoll rounds a tenth of a millisecond up to a whole one.
        return None if until is None else max(0.0, until - time.monotonic())

    def _due(self) -> list[_Watched]:
        due, self._stopped = self._stopped, []
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            due.append(heapq.heappop(self._deadlines)[2])
        return due

    def _over(self, watched: _Watched, descriptor: int) -> bool:
        what = watched.wait.what
        if what.over or watched.error is not None:
            return True  # whoever goes on takes what is left
        try:
            if not what.ready(descriptor):
                with self._guard:
                    self._forget(watched, descriptor)
        except Exception as error:
            watched.error = error  # theirs, and none of the others' business
        return watched.error is not None or what.over

    def _let_go(self, watched: _Watched) -> bool:
        """Before anybody closes its descriptors: their numbers are used again at once.
        Whether it was watched until now."""
        with self._guard:
            before, watched.over = watched.over, True
            for descriptor in list(watched.descriptors):
                self._forget(watched, descriptor)
            if len(self._deadlines) > _MOST_STALE + 2 * len(self._by_descriptor):
                # Most end long before their time is up.
                self._deadlines = [one for one in self._deadlines if not one[2].over]
                heapq.heapify(self._deadlines)
        watched.forget_stop()
        return not before

    def _forget(self, watched: _Watched, descriptor: int) -> None:
        assert self._poll is not None
        watched.descriptors.discard(descriptor)
        del self._by_descriptor[descriptor]
        self._poll.unregister(descriptor)
