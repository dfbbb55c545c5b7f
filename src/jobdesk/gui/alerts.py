"""Shows as notifications what alerts are to be told on the desktop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from jobdesk.gui.calls import Calls
from jobdesk.gui.pace import Pace
from jobdesk.gui.watch import Watch

if TYPE_CHECKING:
    from jobdesk.desk import Desk
    from jobdesk.domain.alert import Message

GATHER_MS = 1_000
"""After an alert others may follow within a moment: say it once."""

REST_MS = 20_000
"""Between two messages."""

_LEAST_MS = 200
"""Between two looks; up to a second while there is always something new."""


class Alerts(QObject):
    """Takes what waits for the desktop, after :meth:`begin`.

    ``alert(title, text, run_id)`` comes at most once in 20 s; what comes meanwhile waits in
    the store, and is summed up. ``run_id`` is None when it is about several.
    """

    alert = Signal(str, str, object)

    def __init__(
        self, desk: Desk, calls: Calls, watch: Watch, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._calls, self._watch = desk, calls, watch
        self._pace = Pace(self._rouse, _LEAST_MS, GATHER_MS, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._take)
        self._missed = False

    def begin(self) -> None:
        self._watch.changed.connect(self._heard)
        self._rouse()

    @Slot(object)
    def _heard(self, topics: frozenset[str]) -> None:
        if Watch.concerns(topics, "alerts"):
            self._pace.ask()

    def _rouse(self) -> None:
        """Look in a moment, or when the rest since the last message is over."""
        if self._timer.isActive():
            self._missed = True
        else:
            self._timer.start(GATHER_MS)

    @Slot()
    def _take(self) -> None:
        self._missed = False
        self._calls.run(self, self._desk.alerts.take_desktop, self._taken, latest="alerts")

    def _taken(self, message: Message | None) -> None:
        if message is not None:
            self.alert.emit(message.title, message.text, message.run_id)
            # Whatever waits by then is told together.
            self._timer.start(REST_MS)
        elif self._missed:
            self._timer.start(GATHER_MS)
