"""What the window shows before the desk is open, when it can't be opened, and at the end."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from jobdesk.gui.format import sentence
from jobdesk.gui.theme import XL, L, S, Theme
from jobdesk.gui.widgets import IconLabel

_PAUSE_MS = 400
_WIDTH = 560


class StartScreen(QWidget):
    """Says that the desk is being opened (only when that takes a while), or why not.

    ``first`` and ``second`` are the clicks on its two buttons, whatever they say.
    """

    first = Signal()
    second = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = IconLabel(theme, "mdi6.progress-clock", "muted", 56)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.first_button = QPushButton()
        self.first_button.setProperty("kind", "primary")
        self.first_button.clicked.connect(self.first)
        self.second_button = QPushButton()
        self.second_button.clicked.connect(self.second)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._show_opening)
        self._lay_out()
        self.show_opening()

    @Slot()
    def show_opening(self) -> None:
        """Nothing at first: a screen that flashes by is only in the way."""
        self._say("mdi6.progress-clock", "faint", "", "", "")
        self._icon.hide()
        self._timer.start()

    def show_failure(self, error: Exception) -> None:
        """Why the desk can't be opened, with what to do."""
        self._timer.stop()
        self._say(
            "mdi6.database-alert-outline",
            "danger",
            "The desk can't be opened",
            sentence(str(error)) or type(error).__name__,
            "Nothing was changed. The command “jobdesk doctor” says more about it.",
            "Try again",
            "Quit",
        )

    def show_stopping(self, running: int) -> None:
        """Quit waits for the engine, which lets running jobs finish."""
        self._timer.stop()
        jobs = "1 job is" if running == 1 else f"{running:,} jobs are"
        text = f"{jobs} finishing." if running else "The engine is finishing its work."
        hint = "What isn't done within its grace starts again with the next engine."
        self._say("mdi6.progress-clock", "muted", "Stopping …", text, hint, "Quit without waiting")

    @Slot()
    def _show_opening(self) -> None:
        self._say("mdi6.progress-clock", "muted", "Opening the desk …", "", "")

    def _say(
        self,
        icon: str,
        role: str,
        title: str,
        text: str,
        hint: str,
        first: str = "",
        second: str = "",
    ) -> None:
        self._icon.set(icon, role)
        self._icon.show()
        for label, said in ((self.title, title), (self.text, text), (self.hint, hint)):
            label.setText(said)
            label.setVisible(bool(said))
        for button, said in ((self.first_button, first), (self.second_button, second)):
            button.setText(said)
            button.setVisible(bool(said))

    def _lay_out(self) -> None:
        centre = Qt.AlignmentFlag.AlignHCenter
        for label in (self.title, self.text, self.hint):
            label.setAlignment(centre)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addStretch(1)
        buttons.addWidget(self.second_button)
        buttons.addWidget(self.first_button)
        buttons.addStretch(1)
        middle = QWidget()
        middle.setFixedWidth(_WIDTH)
        words = QVBoxLayout(middle)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(S)
        words.addWidget(self._icon, 0, centre)
        words.addSpacing(S)
        words.addWidget(self.title)
        words.addWidget(self.text)
        words.addWidget(self.hint)
        words.addSpacing(L)
        words.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, XL)
        column.addStretch(2)
        column.addWidget(middle, 0, centre)
        column.addStretch(3)
