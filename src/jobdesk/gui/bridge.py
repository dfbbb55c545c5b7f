"""The one way from background threads into the GUI thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

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
        self._closed = False
        self._posted.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def post(self, deliver: Callable[[], None]) -> None:
        """Have ``deliver`` called on the GUI thread, soon. Any thread; after
        :meth:`close` it is dropped."""
        with self._guard:
            if self._closed:
                return
            self._waiting.append(deliver)
            if len(self._waiting) == 1:
                # Inside the lock, so that close() can't delete us in between.
                self._posted.emit()

    def close(self) -> None:
        """Deliver nothing more."""
        with self._guard:
            self._closed = True
            self._waiting.clear()

    @Slot()
    def _drain(self) -> None:
        for _ in range(_BATCH):
            with self._guard:
                if not self._waiting:
                    return
                deliver = self._waiting[0]
            try:
                deliver()
            finally:
                with self._guard:
                    if self._waiting and self._waiting[0] is deliver:
                        self._waiting.popleft()
                    left = bool(self._waiting)
        if left:
            QTimer.singleShot(0, self._drain)
