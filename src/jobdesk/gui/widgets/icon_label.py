"""A label that shows an icon of the theme, sharp on every screen and in both schemes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from jobdesk.gui.theme import Theme


class IconLabel(QWidget):
    """``size`` is in device-independent pixels."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        role: str = "text",
        size: int = 16,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._name, self._role = theme, name, role
        self.setFixedSize(QSize(size, size))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._repaint)

    def set(self, name: str, role: str) -> None:
        self._name, self._role = name, role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._theme.icon(self._name, self._role).paint(painter, self.rect())
        painter.end()

    @Slot()
    def _repaint(self) -> None:
        self.update()
