"""A bar to find text with: what, how many, on and back."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from jobdesk.gui.format import count
from jobdesk.gui.theme import XS, M, S, Theme

_PAUSE_MS = 120


class FindBar(QFrame):
    """Says what is looked for; somebody else looks, and tells how it went."""

    changed = Signal(str, bool)
    """What to look for, and whether capital letters matter; empty: nothing."""
    next_asked = Signal()
    previous_asked = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("findbar")
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in this log")
        self.field.setAccessibleName("Find in this log")
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(360)
        self.case = self._button("Match case", checkable=True)
        self.case.setText("Aa")
        self.up = self._button("Previous find (Shift+F3)")
        self.down = self._button("Next find (F3)")
        self.shut = self._button("Close (Esc)")
        self.told = QLabel()
        self.told.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(M, XS, S, XS)
        row.setSpacing(XS)
        row.addWidget(self.field, 1)
        for button in (self.case, self.up, self.down):
            row.addWidget(button)
        row.addSpacing(S)
        row.addWidget(self.told)
        row.addStretch(1)
        row.addWidget(self.shut)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._say)
        self.field.textChanged.connect(self._typed)
        self.case.toggled.connect(self._say)
        self.up.clicked.connect(self.previous_asked)
        self.down.clicked.connect(self.next_asked)
        self.shut.clicked.connect(self.close_bar)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()
        self.tell(0, None, searching=False, full=False)
        self.hide()

    def open_bar(self, text: str = "") -> None:
        """Show it, ready to type; ``text`` is what was selected."""
        self.show()
        if text:
            self.field.setText(text)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._say()

    @Slot()
    def close_bar(self) -> None:
        """Put it away, and with it the marks."""
        self._timer.stop()
        self.hide()
        self.changed.emit("", self.case.isChecked())
        self.closed.emit()

    def tell(self, total: int, position: int | None, *, searching: bool, full: bool) -> None:
        """How many finds there are (``full``: at least), and which one is shown."""
        some = f"{count(total)}{'+' if full else ''}"
        if not self.field.text():
            said = ""
        elif not total:
            said = "Searching…" if searching else "Not found"
        elif position is None:
            said = f"{some} found"
        else:
            said = f"{count(position)} of {some}"
        if searching and total:
            said += "…"
        self.told.setText(said)
        missing = bool(self.field.text()) and not total and not searching
        if self.field.property("invalid") != missing:
            self.field.setProperty("invalid", missing)
            self.field.style().polish(self.field)
        for button in (self.up, self.down):
            button.setEnabled(total > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._say()
            back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.previous_asked if back else self.next_asked).emit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _button(self, tip: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setAutoRaise(True)
        return button

    @Slot()
    def _typed(self) -> None:
        self._timer.start()

    @Slot()
    def _say(self) -> None:
        self._timer.stop()
        if self.isVisible():
            self.changed.emit(self.field.text(), self.case.isChecked())

    @Slot()
    def _paint_icons(self) -> None:
        icon = self._theme.icon
        self.up.setIcon(icon("mdi6.chevron-up", "muted"))
        self.down.setIcon(icon("mdi6.chevron-down", "muted"))
        self.shut.setIcon(icon("mdi6.close", "muted"))
