"""What happened while nobody looked: above the page, until a person has seen it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from jobdesk.domain.interruption import Interruption
from jobdesk.domain.run import RunState
from jobdesk.gui.format import count, counted, moment
from jobdesk.gui.glance import Snapshot
from jobdesk.gui.theme import XL, XS, L, M, S, Theme
from jobdesk.gui.widgets import IconLabel


class InterruptionNotice(QWidget):
    """Shown after the engine ended unexpectedly with runs under way.

    ``show_runs`` carries their ids. ``dismissed`` says that the person knows.
    """

    show_runs = Signal(object)
    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Interruption | None = None
        self._frame = QFrame(self)
        self._frame.setProperty("tint", "warning")
        self._icon = IconLabel(theme, "mdi6.alert-circle", "warning", 20)
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.runs = QPushButton()
        self.runs.clicked.connect(self._show_runs)
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setProperty("kind", "link")
        self.dismiss.setToolTip("Don't show this again")
        self.dismiss.clicked.connect(self._dismiss)
        self._lay_out()
        self.hide()

    @Slot(object)
    def show_snapshot(self, snapshot: Snapshot) -> None:
        found = snapshot.interruption
        if found == self._shown:
            return
        self._shown = found
        if found is not None:
            self.title.setText(title(found))
            self.text.setText(sentence(found) + when(found, datetime.now().astimezone()))
            self.runs.setText("Show the run" if len(found.runs) == 1 else "Show the runs")
        self.setVisible(found is not None)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self.title)
        words.addWidget(self.text)
        buttons = QHBoxLayout()
        buttons.setSpacing(M + S)
        buttons.addWidget(self.runs)
        buttons.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(L, M, L, M)
        row.setSpacing(M)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addLayout(buttons)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(XL, L, XL, 0)
        outer.addWidget(self._frame)

    @Slot()
    def _show_runs(self) -> None:
        if self._shown is not None:
            self.show_runs.emit(frozenset(self._shown.runs))

    @Slot()
    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()


def title(found: Interruption) -> str:
    """What happened to the engine."""
    if found.ends == 1:
        return "The engine ended unexpectedly"
    return f"The engine ended unexpectedly {count(found.ends)} times"


def sentence(found: Interruption) -> str:
    """What became of the runs: ``3 runs were interrupted: 2 will be tried again, 1 is a dead
    letter.``"""
    number = len(found.runs)
    again, dead, cancelled = (
        len(found.ids(state)) for state in (RunState.QUEUED, RunState.DEAD, RunState.CANCELLED)
    )
    if number == 1:
        one = "It will be tried again."
        if dead:
            one = "It had no attempts left and is a dead letter."
        elif cancelled:
            one = "It is cancelled, as it was to be."
        return f"1 run was interrupted. {one}"
    parts = []
    if again:
        parts.append(f"{count(again)} will be tried again")
    if dead:
        are = "is a dead letter" if dead == 1 else "are dead letters"
        parts.append(f"{count(dead)} {are}")
    if cancelled:
        parts.append(f"{count(cancelled)} {'is' if cancelled == 1 else 'are'} cancelled")
    return f"{counted(number, 'run')} were interrupted: {', '.join(parts)}."


def when(found: Interruption, now: datetime) -> str:
    """When it was noticed. When it happened, nobody knows."""
    return f" Noticed at the next start, {moment(found.found_at, now)}."
