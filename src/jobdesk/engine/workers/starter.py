"""One thread that begins everything, one after the other, and a deputy for when it hangs.

To begin takes well under a millisecond, unless a program's folder is on a server that is
gone. Then the deputy sees that something waits and nothing was begun for a while, and has
another thread go on; the one that hung goes home once it is free.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_PATIENCE = 0.1
"""Seconds that one beginning may hold up the others."""


class Starter(Generic[T]):
    """Calls ``begin``, which must not raise, with what it is given, in that order."""

    def __init__(self, begin: Callable[[T], None], patience: float = _PATIENCE) -> None:
        self._begin, self._patience = begin, patience
        self._items: queue.SimpleQueue[T | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._beginning = False
        self._begun = 0
        self._waits = threading.Event()
        """Something may be held up: for the deputy."""
        self._closing = threading.Event()
        self._deputy = threading.Thread(target=self._look_after, name="deputy", daemon=True)

    def put(self, item: T) -> None:
        """Have ``item`` begun, soon."""
        self._items.put(item)
        if not self._deputy.is_alive():
            self._deputy.start()
        if not self._threads:
            self._another()
        elif self._beginning:
            self._call_deputy()

    def close(self, deadline: float) -> None:
        """End the threads; wait until ``deadline`` (of ``time.monotonic``) for them."""
        self._closing.set()
        self._waits.set()
        with self._guard:
            threads = list(self._threads)
        for _ in threads:
            self._items.put(None)
        for thread in (*threads, self._deputy):
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    # -- inside -------------------------------------------------------------------

    def _another(self) -> None:
        with self._guard:
            # A daemon: one that hangs must not keep a stopping engine alive.
            thread = threading.Thread(target=self._loop, name="starter", daemon=True)
            thread.start()  # which waits for the guard before it goes home
            self._threads.append(thread)

    def _loop(self) -> None:
        while (item := self._items.get()) is not None:
            self._begun += 1
            self._beginning = True
            if not self._items.empty():
                self._call_deputy()
            self._begin(item)
            self._beginning = False
            with self._guard:
                if self._threads[-1] is not threading.current_thread():
                    self._threads.remove(threading.current_thread())
                    return

    def _call_deputy(self) -> None:
        if not self._waits.is_set():
            self._waits.set()

    def _look_after(self) -> None:
        while not self._closing.is_set():
            self._waits.wait()
            before = self._begun
            self._closing.wait(self._patience)
            self._waits.clear()
            if not self._items.empty():
                if self._begun == before and not self._closing.is_set():
                    self._another()
                self._waits.set()
