"""How long the event loop of a window was not there: a timer in the GUI thread measures it."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 4


class Heartbeat(QObject):
    """Beats every 4 ms; what a beat comes late by is a stall, noted under the step that is
    being done. Costs some 20 µs a beat."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stalls: dict[str, list[float]] = {}
        self._of_step: list[float] | None = None
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def step(self, name: str | None) -> None:
        """What follows is noted under this name; under None nothing is."""
        self._of_step = None if name is None else self.stalls.setdefault(name, [])
        self._last = time.perf_counter()
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        if self._of_step is not None:
            self._of_step.append(max(0.0, (now - self._last) * 1000 - BEAT_MS))
        self._last = now
