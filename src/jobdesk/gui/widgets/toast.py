"""A short message at the bottom of the window that goes away by itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from jobdesk.gui.theme import XL, L, M, S

_SHOWN_MS = 5_000
_SHOWN_WITH_BUTTON_MS = 9_000
_WIDEST = 640
_LONGEST = 400
"""Characters: what is longer is no short message."""


class Toast(QFrame):
    """Lies over the bottom of ``parent``. While the pointer is on it, it stays."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._area = parent
        self.setObjectName("toast")
        self._act: Callable[[], object] | None = None
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._button = QPushButton("Undo")
        self._button.clicked.connect(self._clicked)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(L, M, M, M)
        row.setSpacing(L)
        row.addWidget(self._label, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        return self._label.text()

    @property
    def button(self) -> QPushButton:
        return self._button

    def show_message(
        self, text: str, act: Callable[[], object] | None = None, label: str = "Undo"
    ) -> None:
        """Show ``text``, with a button for ``act`` if there is one; replaces what is
        shown."""
        self._act = act
        self._label.setText(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        self._button.setText(label)
        self._button.setVisible(act is not None)
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(_SHOWN_WITH_BUTTON_MS if act else _SHOWN_MS)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start(_SHOWN_MS)
        super().leaveEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    @Slot()
    def _clicked(self) -> None:
        act, self._act = self._act, None
        self._timer.stop()
        self.hide()
        if act is not None:
            act()

    def _place(self) -> None:
        area = self._area.rect()
        widest = max(S, min(_WIDEST, area.width() - 2 * XL))
        # In one line if it fits; a wrapping label alone would ask for a square.
        line = self._label.fontMetrics().horizontalAdvance(self._label.text()) + 2 * L + M + XL
        if self._act is not None:
            line += self._button.sizeHint().width() + L
        width = min(widest, line)
        height = max(self._row.heightForWidth(width), self.minimumSizeHint().height())
        self.setGeometry(area.center().x() - width // 2, area.bottom() - height - XL, width, height)
