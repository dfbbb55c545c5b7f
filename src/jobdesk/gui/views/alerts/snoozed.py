"""What is snoozed, each with a way to end it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

from jobdesk.gui.format import moment, moment_full
from jobdesk.gui.models.alerts.words import subject_words
from jobdesk.gui.theme import M, S, Theme
from jobdesk.gui.views.flow import FlowLayout


class Snoozed(QFrame):
    """There only while something is snoozed; ``ended(subject)`` when a button is pressed."""

    ended = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: dict[str, datetime] = {}
        self.buttons: dict[str, QPushButton] = {}
        self.setProperty("tint", "info")
        column = QVBoxLayout(self)
        column.setContentsMargins(M, S, M, S)
        column.setSpacing(S)
        self.words = QLabel("Snoozed: nobody is told of these. Press one to end it.")
        self.words.setWordWrap(True)
        self._flow = FlowLayout(S)
        column.addWidget(self.words)
        column.addLayout(self._flow)
        theme.changed.connect(self._paint)
        self.hide()

    def show_snoozes(self, snoozes: dict[str, datetime], now: datetime) -> None:
        if snoozes != self._shown:
            self._shown = snoozes
            for button in self.buttons.values():
                self._flow.removeWidget(button)
                button.deleteLater()
            self.buttons = {}
            for subject, end in snoozes.items():
                button = QPushButton(f"{subject_words(subject)} until {moment(end, now)}")
                button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
                button.setToolTip(f"Until {moment_full(end)}. Press to end it.")
                button.setProperty("subject", subject)
                button.clicked.connect(self._pressed)
                self.buttons[subject] = button
                self._flow.addWidget(button)
            self._paint()
        self.setVisible(bool(snoozes))

    @Slot()
    def _pressed(self) -> None:
        self.ended.emit(self.sender().property("subject"))

    @Slot()
    def _paint(self) -> None:
        for button in self.buttons.values():
            button.setIcon(self._theme.icon("mdi6.close", "muted"))
