"""Garbage is collected in the GUI thread, and nowhere else.

Python's collector runs in whichever thread happens to allocate when a threshold is
reached. In a window that may be a background thread, and the garbage may be a cycle with
a Qt object in it, whose C++ side must not be deleted there: the program crashes in the
event loop, now and then. So automatic collection is off while a window lives, and a timer
does the same in the right thread. What is not in a cycle goes at once, as ever.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

_EVERY_MS = 1000


def collect_what_is_due() -> None:
    """Collect the oldest generation whose threshold is reached, as Python would."""
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return


class Collector(QObject):
    """Collects once a second on the thread it is made on, until it is closed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    @Slot()
    def spare(self) -> None:
        """What is there now stays: it needn't be looked through ever again. For when all
        is loaded: modules are most of what a full collection goes through (40 ms)."""
        gc.freeze()

    def close(self) -> None:
        """Let Python collect by itself again. Before that, everything once: what has Qt in
        it must not be left until the interpreter ends, after the application."""
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        gc.enable()

    @Slot()
    def _collect(self) -> None:
        collect_what_is_due()
