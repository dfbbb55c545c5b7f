"""What can't wait for somebody to look at the status bar: above the page, until it's over."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from jobdesk import __version__
from jobdesk.gui.engine_process import EngineStatus, Phase
from jobdesk.gui.format import sentence
from jobdesk.gui.theme import XL, XS, L, M, Theme
from jobdesk.gui.widgets import IconLabel


class Banner(QWidget):
    """Shown while the engine needs a person: it keeps dying, can't store anything, or is of
    another version."""

    start_again = Signal()
    restart = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._restarts = False
        self._frame = QFrame(self)
        self._icon = IconLabel(theme, "mdi6.alert-octagon", "danger", 20)
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._words = QLabel()
        self._words.setProperty("role", "mono")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.button.setProperty("kind", "primary")
        self.button.clicked.connect(self._clicked)
        self._lay_out()
        self.hide()

    @Slot(object)
    def show_status(self, status: EngineStatus) -> None:
        if status.phase is Phase.GIVEN_UP:
            self._show_given_up(status)
        elif status.stuck:
            self._say("danger", "Nothing can be stored at the moment", "")
            self._text.setText(
                f"{sentence(status.stuck)} Nothing new is started meanwhile; what has ended is"
                " kept in memory. JobDesk goes on by itself as soon as it can."
            )
        elif status.other_version and status.info is not None:
            version = status.info.version
            self._say("warning", "The engine is of another version", "Restart the engine")
            self._text.setText(
                f"It is JobDesk {version}, and this window is {__version__}. Restart it to have"
                " both the same; running jobs are given time to finish."
            )
        else:
            self.hide()

    def _show_given_up(self, status: EngineStatus) -> None:
        self._say("danger", "The engine keeps stopping", "Start again")
        self._text.setText(
            f"{status.trouble} It was started again several times, so now JobDesk waits for"
            " you. Nothing runs meanwhile; nothing is lost."
            + (" The last it said:" if status.words else "")
        )
        self._words.setText(status.words)
        self._words.setVisible(bool(status.words))

    def _say(self, tint: str, title: str, button: str) -> None:
        self._frame.setProperty("tint", tint)
        self._frame.style().unpolish(self._frame)
        self._frame.style().polish(self._frame)
        self._icon.set("mdi6.alert-octagon" if tint == "danger" else "mdi6.alert-circle", tint)
        self._title.setText(title)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._words.hide()
        self._restarts = tint == "warning"
        self.show()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addWidget(self._words)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(L, M, L, M)
        row.setSpacing(M)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(XL, L, XL, 0)
        outer.addWidget(self._frame)

    @Slot()
    def _clicked(self) -> None:
        if self._restarts:
            self.restart.emit()
        else:
            self.start_again.emit()
