"""The one way from background threads into the GUI thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

_BATCH = 50
"""How much is delivered before Qt gets to paint and to read the keyboard again."""


class Bridge(QObject):
    """Delivers callables on the GUI thread, in order, in bounded batches.

    One queued signal wakes the GUI thread however much is posted meanwhile.
    """

    _posted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._guard = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._announced = False
        self._closed = False
        self._posted.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def post(self, deliver: Callable[[], None]) -> None:
        """Have ``deliver`` called on the GUI thread, soon. Any thread; after
        :meth:`close` it is dropped."""
        with self._guard:
            if self._closed:
                return
            self._waiting.append(deliver)
            # Inside the lock, so that close() can't delete us in between.
            self._announce()

    def close(self) -> None:
        """Deliver nothing more."""
        with self._guard:
            self._closed = True
            self._waiting.clear()

    def _announce(self) -> None:
        if self._waiting and not self._announced:
            self._announced = True
            self._posted.emit()

    @Slot()
    def _drain(self) -> None:
        with self._guard:
            # Before anything is delivered: that may open a dialog with an event loop of
            # its own, and what is posted meanwhile must get through.
            self._announced = False
        try:
            for _ in range(_BATCH):
                with self._guard:
                    if not self._waiting:
                        return
                    deliver = self._waiting.popleft()
                deliver()
        finally:
            with self._guard:
                self._announce()
