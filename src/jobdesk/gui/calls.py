"""Desk calls off the GUI thread, results back on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject

from jobdesk.gui.bridge import Bridge

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Call:
    """Who is to hear of a call. Stays in the GUI thread: were a background thread the last
    to let go of it, a Qt object might be deleted there, and that crashes."""

    owner: QObject
    slot: tuple[int, str] | None
    done: Callable[[Any], None]
    failed: Callable[[Exception], None] | None


class Calls:
    """Runs work on a few background threads and delivers what came of it through the
    bridge. The GUI thread never waits for any of it."""

    def __init__(self, bridge: Bridge, threads: int = 3) -> None:
        self._bridge = bridge
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="call")
        self._calls: dict[int, _Call] = {}
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
        type or scroll. Without ``failed`` an error is logged. ``work`` should not refer
        to Qt objects.
        """
        if self._closed:
            return
        self._count += 1
        ticket = self._count
        slot = (id(owner), latest) if latest else None
        if slot:
            self._newest[slot] = ticket
        self._calls[ticket] = _Call(owner, slot, done, failed)
        self._pool.submit(self._perform, ticket, slot, work)

    def _perform(
        self, ticket: int, slot: tuple[int, str] | None, work: Callable[[], object]
    ) -> None:
        """In a background thread; one that is outdated already is not done at all."""
        result: object = None
        caught: Exception | None = None
        if slot is None or self._newest.get(slot) == ticket:
            try:
                result = work()
            except Exception as error:
                caught = error
        self._bridge.post(lambda: self._deliver(ticket, caught, result))

    def _deliver(self, ticket: int, error: Exception | None, result: object) -> None:
        call = self._calls.pop(ticket, None)
        if call is None or (call.slot and self._newest.get(call.slot) != ticket):
            return
        if call.slot:
            del self._newest[call.slot]
        if not shiboken6.isValid(call.owner):
            return
        if error is None:
            call.done(result)
        elif call.failed is not None:
            call.failed(error)
        else:
            log.error("a call from %s failed", type(call.owner).__name__, exc_info=error)

    def close(self) -> None:
        """Drop what has not begun, and wait for what has."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._calls.clear()
