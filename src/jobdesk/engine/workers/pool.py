"""A pool of threads that grows with what is asked of it; others set the bounds."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Calls ``work``, which must not raise, with what it is given, in threads that are kept
    for the next."""

    def __init__(self, work: Callable[[T], None]) -> None:
        self._work = work
        self._items: queue.SimpleQueue[T | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0

    def put(self, item: T) -> None:
        """Work on ``item`` at once, in an idle thread or a new one."""
        with self._guard:
            if self._idle:
                self._idle -= 1
            else:
                # Daemons: a worker that hangs must not keep a stopping engine alive.
                name = f"worker-{len(self._threads) + 1}"
                thread = threading.Thread(target=self._loop, name=name, daemon=True)
                thread.start()
                self._threads.append(thread)
            self._items.put(item)

    def close(self, deadline: float) -> None:
        """End the threads; wait until ``deadline`` (of ``time.monotonic``) for them."""
        for _ in self._threads:
            self._items.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _loop(self) -> None:
        while (item := self._items.get()) is not None:
            self._work(item)
            with self._guard:
                self._idle += 1
