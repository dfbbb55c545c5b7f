"""A field to look for something as one types."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from jobdesk.gui.theme import Theme

_PAUSE_MS = 180


class SearchField(QLineEdit):
    """``searched`` comes with the text when typing pauses, and at once on Return or when
    the field is cleared. Esc clears it first, and is the window's only when it is empty."""

    searched = Signal(str)

    def __init__(
        self, theme: Theme, placeholder: str = "Search", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._said = ""
        self.setProperty("search", True)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(220)
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._say)
        self.textChanged.connect(self._typed)
        self.returnPressed.connect(self._say)
        theme.changed.connect(self._paint_icon)
        self._paint_icon()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            event.accept()
            return
        super().keyPressEvent(event)

    @Slot(str)
    def _typed(self, text: str) -> None:
        if text:
            self._timer.start()
        else:
            self._say()

    @Slot()
    def _say(self) -> None:
        self._timer.stop()
        if self.text() != self._said:
            self._said = self.text()
            self.searched.emit(self._said)

    @Slot()
    def _paint_icon(self) -> None:
        self._glass.setIcon(self._theme.icon("mdi6.magnify", "muted"))
