"""The least that a window with a database needs: Qt, SQLAlchemy, and nothing in it.

Prints when it was painted, as JSON: ``at`` on the monotonic clock, and the CPU seconds that
the process had used by then.
"""

from __future__ import annotations

import sqlalchemy  # noqa: F401
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.windows.told import tell_painted


class Empty(QWidget):
    """Tells of its first picture, and ends."""

    def paintEvent(self, event: QPaintEvent) -> None:
        QTimer.singleShot(0, self._done)

    def _done(self) -> None:
        tell_painted()
        QApplication.exit()


def main() -> None:
    app = QApplication([])
    window = Empty()
    window.resize(1180, 760)
    window.show()
    app.exec()


if __name__ == "__main__":
    main()
