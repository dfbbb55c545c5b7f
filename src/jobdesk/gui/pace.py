"""How often something is done that is asked for again and again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

_GROWTH = 1.5


class Pace(QObject):
    """Does ``act`` at once when it is asked for after a rest, and else when the rest is over,
    once for all who asked meanwhile.

    A rest lasts ``least_ms``; while no rest goes by without somebody asking, rests grow up
    to ``most_ms``, so that a storm of changes costs no more than can be seen of it.
    """

    def __init__(
        self, act: Callable[[], None], least_ms: int, most_ms: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._act, self._least, self._most = act, least_ms, most_ms
        self._pause = float(least_ms)
        self._asked = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._rested)

    def ask(self) -> None:
        """Have it done, now or soon."""
        if self._timer.isActive():
            self._asked = True
        else:
            self._go()

    def _go(self) -> None:
        self._asked = False
        self._timer.start(round(self._pause))
        self._act()

    @Slot()
    def _rested(self) -> None:
        if self._asked:
            self._pause = min(self._pause * _GROWTH, self._most)
            self._go()
        else:
            self._pause = float(self._least)
