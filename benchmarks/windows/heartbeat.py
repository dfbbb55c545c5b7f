"""How long the event loop of a window was not there: a timer in the GUI thread measures it."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 4


class Heartbeat(QObject):
    """Beats every 4 ms; what a beat comes late by is a stall, noted under the step that is
    being done. ``work`` is the CPU time of the GUI thread between two beats: what of a stall
    the program itself did, and not the machine. Both in ms. Costs some 20 µs a beat."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stalls: dict[str, list[float]] = {}
        self.work: dict[str, list[float]] = {}
        self._step: str | None = None
        self._last = self._used = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def step(self, name: str | None) -> None:
        """What follows is noted under this name; under None nothing is."""
        self._step = name
        if name is not None:
            self.stalls.setdefault(name, [])
            self.work.setdefault(name, [])
        self._last, self._used = time.perf_counter(), time.thread_time()
        self._timer.start()

    def _beat(self) -> None:
        now, used = time.perf_counter(), time.thread_time()
        if self._step is not None:
            self.stalls[self._step].append(max(0.0, (now - self._last) * 1000 - BEAT_MS))
            self.work[self._step].append((used - self._used) * 1000)
        self._last, self._used = now, used
