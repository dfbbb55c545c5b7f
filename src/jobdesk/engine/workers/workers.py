"""Carries out work in steps, with as few threads as it takes for everybody to get on.

What is handed in is begun by one thread, the *starter*: more of them would only wait for
Python's lock, and for each other. What waits is watched by one thread for all, and what says
that it blocks gets a thread of its own.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from jobdesk.engine.runners.steps import Steps, Wait, carry_out
from jobdesk.engine.workers.pool import Pool
from jobdesk.engine.workers.starter import Starter
from jobdesk.engine.workers.watcher import Watcher

log = logging.getLogger(__name__)


class Workers:
    """The threads of one engine; whoever hands in work sets the bounds."""

    def __init__(self) -> None:
        self._starter: Starter[Steps[Any]] = Starter(self._go_on)
        self._watcher = Watcher(self._go_on)
        self._pool: Pool[Steps[Any]] = Pool(self._finish)

    def submit(self, steps: Steps[Any]) -> None:
        """Have ``steps`` carried out, beginning soon."""
        self._starter.put(steps)

    def close(self, timeout: float) -> None:
        """End the threads; steps still under way have ``timeout`` seconds in all."""
        deadline = time.monotonic() + timeout
        self._starter.close(deadline)
        self._pool.close(deadline)
        self._watcher.close(deadline)

    def _go_on(self, steps: Steps[Any], error: Exception | None = None) -> None:
        """The next step, in whichever thread this is, and where to from there."""
        try:
            step = next(steps) if error is None else steps.throw(error)
        except StopIteration:
            return
        except Exception:
            log.exception("a worker's task failed")
            return
        try:
            if isinstance(step, Wait):
                self._watcher.add(steps, step)
            else:
                self._pool.put(steps)
        except Exception as trouble:
            # The system has no thread or no descriptor left: theirs to end well, and this
            # thread must go on for the others.
            self._go_on(steps, trouble)

    def _finish(self, steps: Steps[Any]) -> None:
        try:
            carry_out(steps)
        except Exception:
            log.exception("a worker's task failed")
