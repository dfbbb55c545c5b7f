"""A pool of threads that grows with what is asked of it; the dispatcher sets the bounds."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Workers:
    """Runs tasks in threads that are kept for the next task."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0

    def submit(self, task: Callable[[], None]) -> None:
        """Run ``task`` at once, in an idle thread or a new one."""
        with self._guard:
            if self._idle:
                self._idle -= 1
            else:
                # Daemons: a worker that hangs must not keep a stopping engine alive.
                thread = threading.Thread(
                    target=self._work, name=f"worker-{len(self._threads) + 1}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
            self._tasks.put(task)

    def close(self, timeout: float) -> None:
        """End the threads; tasks still running have ``timeout`` seconds in all."""
        for _ in self._threads:
            self._tasks.put(None)
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except Exception:
                log.exception("a worker's task failed")
            with self._guard:
                self._idle += 1
