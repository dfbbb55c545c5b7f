"""The top of a run's page: what it is, how it stands, and what can be done about it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.run import Run, RunState
from jobdesk.gui.context import Context
from jobdesk.gui.models.run.run_page_words import callback_words, live, sentence
from jobdesk.gui.theme import XL, XS, L, M, S
from jobdesk.gui.views.run.elided_label import ElidedLabel
from jobdesk.gui.views.runs.run_commands import RunCommands
from jobdesk.gui.widgets import ActionButton, Badge

_TINTS = {"danger": "danger", "warning": "warning", "info": "info"}


class RunHeader(QWidget):
    """Shows a run with :meth:`show_run`; :meth:`tick` brings what counts up to date.

    Of the commands those are offered that the run's state allows.
    """

    back = Signal()
    open_run = Signal(int)

    def __init__(
        self, context: Context, commands: RunCommands, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context, self._commands = context, commands
        self._run: Run | None = None
        theme = context.theme
        self.back_button = QToolButton()
        self.back_button.setToolTip("Back (Esc)")
        self.back_button.setAccessibleName("Back")
        self.back_button.clicked.connect(self.back)
        self._title = ElidedLabel()
        self._title.setProperty("role", "title")
        self.badge = Badge(theme)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.2)
        font.setWeight(QFont.Weight.DemiBold)
        self.badge.setFont(font)
        self.id_button = QPushButton()
        self.id_button.setProperty("kind", "quiet")
        self.id_button.setToolTip("Copy the id of this run")
        self.id_button.clicked.connect(self._copy_id)
        self.replay_of = self._link()
        self.replayed_by = self._link()
        self.about, self.callback = self._link(), self._link()
        self.cancel = ActionButton(commands.cancel, "danger")
        self.discard = ActionButton(commands.discard)
        self.retry = ActionButton(commands.retry, "primary")
        self.replay = ActionButton(commands.replay, "primary")
        # After the buttons themselves, which take the icons of their actions.
        for button in self._buttons:
            button.action.changed.connect(self._paint_icons)
        self._paused = False
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.error = QLabel()
        self.error.setProperty("role", "mono")
        self.error.setWordWrap(True)
        self.error.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.live = QLabel()
        self._lay_out()
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def show_run(self, run: Run, *, paused: bool = False, callback: Run | None = None) -> None:
        """Show a run as it is by now; ``callback`` is the newest one that tells about it."""
        self._run, self._paused = run, paused
        self._title.set_text(run.title)
        self.badge.set_state(run.state)
        self.id_button.setText(f"#{run.id}")
        _show_link(self.replay_of, f"Replay of #{run.replay_of}", run.replay_of)
        _show_link(self.replayed_by, f"Replayed by #{run.replayed_by}", run.replayed_by)
        _show_link(self.about, f"Tells about run {run.about}", run.about)
        words = callback_words(callback) if callback else ""
        _show_link(self.callback, words, callback.id if callback else None)
        self._show_buttons(run)
        self.error.setText(run.error or "")
        self.error.setVisible(bool(run.error) and run.state is not RunState.SUCCEEDED)
        role = self._context.theme.state_color(run.state)
        tint = _TINTS.get(role, "")
        if self._status.property("tint") != tint:
            self._status.setProperty("tint", tint)
            self._status.setProperty("card", not tint)
            self._status.style().unpolish(self._status)
            self._status.style().polish(self._status)
        self.tick(self._context.desk.now())

    def tick(self, now: datetime) -> None:
        """A second has passed."""
        if self._run is not None:
            run, text = self._run, live(self._run, now)
            # That it runs is all there is to say then.
            alone = run.state is RunState.RUNNING and not run.cancel_requested and bool(text)
            self.sentence.setText(text if alone else sentence(run, paused=self._paused))
            self.sentence.setFont(self.live.font() if alone else self.font())
            self.live.setText(text)
            self.live.setVisible(bool(text) and not alone)

    def _show_buttons(self, run: Run) -> None:
        self._commands.set_runs([run])
        dead = run.state is RunState.DEAD
        self._commands.replay.setText("Replay" if dead else "Run again")
        kind = "primary" if dead else ""
        if self.replay.property("kind") != kind:
            self.replay.setProperty("kind", kind)
            self.replay.style().polish(self.replay)
        for button in self._buttons:
            button.setVisible(button.action.isEnabled())
        if run.state is RunState.RUNNING and run.cancel_requested:
            self.cancel.show()  # disabled, and saying why
        self._paint_icons()

    @property
    def _buttons(self) -> tuple[ActionButton, ...]:
        return self.cancel, self.discard, self.retry, self.replay

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.back_button)
        top.addWidget(self._title)
        top.addStretch(1)
        for button in self._buttons:
            top.addWidget(button)
        second = QHBoxLayout()
        second.setSpacing(M)
        for widget in (
            self.badge, self.id_button, self.replay_of, self.replayed_by, self.about, self.callback,
        ):  # fmt: skip
            second.addWidget(widget)
        second.addStretch(1)
        self._status = QFrame()
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self.sentence)
        words.addWidget(self.error)
        status = QHBoxLayout(self._status)
        status.setContentsMargins(L, M, L, M)
        status.setSpacing(L)
        status.addLayout(words, 1)
        status.addWidget(self.live, 0, Qt.AlignmentFlag.AlignVCenter)
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        self.live.setFont(bold)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, L, XL, M)
        column.setSpacing(S)
        column.addLayout(top)
        column.addLayout(second)
        column.addWidget(self._status)

    def _link(self) -> QPushButton:
        link = QPushButton()
        link.setProperty("kind", "link")
        link.setCursor(Qt.CursorShape.PointingHandCursor)
        link.clicked.connect(self._follow)
        link.hide()
        return link

    @Slot()
    def _follow(self) -> None:
        self.open_run.emit(int(self.sender().property("run_id")))

    @Slot()
    def _copy_id(self) -> None:
        if self._run is not None:
            QGuiApplication.clipboard().setText(str(self._run.id))
            self._context.navigation.notify.emit(f"Copied {self._run.id}.", None)

    @Slot()
    def _paint_icons(self) -> None:
        icon = self._context.theme.icon
        self.back_button.setIcon(icon("mdi6.arrow-left", "muted"))
        self.id_button.setIcon(icon("mdi6.content-copy", "muted"))
        for button in self._buttons:
            if button.property("kind") in ("primary", "danger"):
                primary = button.property("kind") == "primary"
                name = {self.cancel: "mdi6.stop", self.retry: "mdi6.skip-forward"}.get(
                    button, "mdi6.replay"
                )
                button.setIcon(icon(name, "accent_text" if primary else "danger"))
            else:
                button.setIcon(button.action.icon())


def _show_link(link: QPushButton, words: str, run_id: int | None) -> None:
    link.setVisible(run_id is not None)
    if run_id is not None:
        link.setText(words)
        link.setProperty("run_id", run_id)
