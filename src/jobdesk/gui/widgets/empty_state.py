"""What a page shows instead of an empty list: what would be here, and how it gets here."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from jobdesk.gui.theme import XL, L, S, Theme
from jobdesk.gui.widgets.icon_label import IconLabel

_WIDTH = 420


class EmptyState(QWidget):
    """An icon, a short title, one sentence, and (with ``button``) the thing to do."""

    clicked = Signal()

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        text: str,
        button: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        centre = Qt.AlignmentFlag.AlignHCenter
        self._icon = IconLabel(theme, icon, "faint", 56)
        self._title = QLabel(title)
        self._title.setProperty("role", "heading")
        self._text = QLabel(text)
        self._text.setProperty("role", "muted")
        self._text.setWordWrap(True)
        self._text.setAlignment(centre)
        self._text.setMaximumWidth(_WIDTH)
        self.button = QPushButton(button or "")
        self.button.setProperty("kind", "primary")
        self.button.clicked.connect(self.clicked)
        # Between stretches and not aligned: only so is a wrapping label asked how high it
        # gets.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._text, 100)
        middle.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, XL)
        column.setSpacing(0)
        column.addStretch(2)
        column.addWidget(self._icon, 0, centre)
        column.addSpacing(L)
        column.addWidget(self._title, 0, centre)
        column.addSpacing(S)
        column.addLayout(middle)
        column.addSpacing(L)
        column.addWidget(self.button, 0, centre)
        column.addStretch(3)
        self.button.setVisible(button is not None)  # now that it has a parent

    def set(self, icon: str, title: str, text: str, button: str | None = None) -> None:
        """Say something else, such as "no run matches" while a filter is set."""
        self._icon.set(icon, "faint")
        self._title.setText(title)
        self._text.setText(text)
        self.button.setText(button or "")
        self.button.setVisible(button is not None)
