"""Change signals for views: "look again at these topics", at most ten times a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from jobdesk.gui.bridge import Bridge

if TYPE_CHECKING:
    from jobdesk.desk import Desk

_PAUSE_MS = 100


class Watch(QObject):
    """Emits ``changed(topics)`` (a frozenset of str) on the GUI thread.

    The first signal comes at once, those within the next tenth of a second as one.
    Topics are those of :meth:`jobdesk.desk.Desk.listen`; ``*`` stands for all.
    """

    changed = Signal(object)

    def __init__(self, desk: Desk, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._topics: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._flush)
        self._bridge = bridge
        self._stop = desk.listen(self._heard)

    def close(self) -> None:
        self._stop()
        self._timer.stop()

    @staticmethod
    def concerns(topics: frozenset[str], *wanted: str) -> bool:
        """Whether any of ``wanted`` is among the topics."""
        return "*" in topics or not topics.isdisjoint(wanted)

    def _heard(self, topics: frozenset[str]) -> None:
        self._bridge.post(lambda: self._gather(topics))

    def _gather(self, topics: frozenset[str]) -> None:
        self._topics |= topics
        if not self._timer.isActive():
            self._flush()
            self._timer.start()

    @Slot()
    def _flush(self) -> None:
        topics, self._topics = frozenset(self._topics), set()
        if topics:
            self.changed.emit(topics)
            self._timer.start()
