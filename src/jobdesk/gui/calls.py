"""Desk calls off the GUI thread, results back on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QObject

from jobdesk.gui.bridge import Bridge

T = TypeVar("T")

log = logging.getLogger(__name__)


class Calls:
    """Runs work on a few background threads and delivers what came of it through the
    bridge. The GUI thread never waits for any of it."""

    def __init__(self, bridge: Bridge, threads: int = 3) -> None:
        self._bridge = bridge
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="call")
        self._newest: dict[tuple[int, str], int] = {}
        self._count = 0
        self._closed = False

    def run(
        self,
        owner: QObject,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        latest: str | None = None,
    ) -> None:
        """Do ``work`` in the background, then ``done(result)`` or ``failed(error)`` on
        the GUI thread. Call from the GUI thread.

        Nothing is delivered once ``owner`` is deleted. Of calls with the same ``owner``
        and ``latest`` only the newest is delivered: for what is asked again as people
        type or scroll. Without ``failed`` an error is logged.
        """
        if self._closed:
            return
        self._count += 1
        ticket = self._count
        slot = (id(owner), latest) if latest else None
        if slot:
            self._newest[slot] = ticket

        def outdated() -> bool:
            return slot is not None and self._newest.get(slot) != ticket

        def deliver(error: Exception | None, result: T | None) -> None:
            if not shiboken6.isValid(owner) or outdated():
                return
            if slot:
                self._newest.pop(slot, None)
            if error is None:
                done(result)  # type: ignore[arg-type]
            elif failed is not None:
                failed(error)
            else:
                log.error("a call from %s failed", type(owner).__name__, exc_info=error)

        def perform() -> None:
            if outdated():
                return
            try:
                result = work()
            except Exception as error:
                caught = error
                self._bridge.post(lambda: deliver(caught, None))
            else:
                self._bridge.post(lambda: deliver(None, result))

        self._pool.submit(perform)

    def close(self) -> None:
        """Drop what has not begun, and wait for what has."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
