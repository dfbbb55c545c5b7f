"""Signing of what is sent: whether, with which headers, and the change of the secret."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from jobdesk.desk.signing import SigningStatus
from jobdesk.domain.settings import EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.models.settings.settings_fields import SIGNING
from jobdesk.gui.models.settings.words import signing_words, weakness
from jobdesk.gui.questions import ask
from jobdesk.gui.theme import S
from jobdesk.gui.views.settings.parts import FieldGrid, Remark, buttons, page, words
from jobdesk.gui.views.settings.value_dialog import ValueDialog

_HINT = (
    "With a secret that the receivers know, every request carries a signature: the hex"
    " HMAC-SHA256 of “{timestamp}.{body}”, and the time in Unix seconds."
)


class SigningPage(QObject):
    """``widget`` is the page. The headers' names are saved by the dialog; the secret is
    set, changed and removed at once."""

    def __init__(self, context: Context, dialog: QWidget) -> None:
        super().__init__(dialog)
        self._context, self._dialog = context, dialog
        self._status: SigningStatus | None = None
        self.state = words("", wrap=True)
        self.set = QPushButton("Set secret…")
        self.finish = QPushButton("Finish the change…")
        self.remove = QPushButton("Remove…")
        self.trouble = Remark()
        self.grid = FieldGrid()
        signature, timestamp = SIGNING
        usual = EngineSettings()
        self.grid.add_text(
            signature, "Signature", usual.signing_header, "The header with the signature"
        )
        self.grid.add_text(
            timestamp, "Time", usual.signing_timestamp_header, "The header with the time of sending"
        )
        column = QVBoxLayout()
        column.setSpacing(S)
        column.addWidget(words(_HINT, "small", wrap=True))
        column.addWidget(self.state)
        column.addLayout(buttons(self.set, self.finish, self.remove))
        column.addWidget(self.trouble)
        self.widget = page("Signing", column, words("Headers", "heading"), self.grid)
        self.set.clicked.connect(self._set)
        self.finish.clicked.connect(self._ask_to_finish)
        self.remove.clicked.connect(self._ask_to_remove)
        for button in (self.set, self.finish, self.remove):
            button.setEnabled(False)
        self.finish.hide()
        context.watch.changed.connect(self._look_again)
        self._read()

    @Slot(object)
    def _look_again(self, topics: frozenset[str]) -> None:
        if self._context.watch.concerns(topics, "secrets"):
            self._read()

    @Slot()
    def _read(self) -> None:
        self._context.calls.run(
            self, self._context.desk.signing.status, self._arrived, self._failed, latest="signing"
        )

    def _arrived(self, status: SigningStatus) -> None:
        self._status = status
        self.state.setText(signing_words(status, self._context.desk.now()))
        self.set.setText("Change secret…" if status.on else "Set secret…")
        # One change at a time: the one before is finished first.
        self.set.setEnabled(not status.rotating)
        self.finish.setVisible(status.rotating)
        self.finish.setEnabled(status.rotating)
        self.remove.setEnabled(status.on)

    @Slot()
    def _set(self) -> None:
        changing = self._status is not None and self._status.on
        desk = self._context.desk
        hint = "It is not shown again. Tell it to those who receive your requests."
        if changing:
            hint += " The present one signs beside it until you finish the change."
        dialog = ValueDialog(
            self._context,
            self._dialog,
            "Change the signing secret" if changing else "Set the signing secret",
            lambda _, value: desk.signing.set(value),
            name="",
            hint=hint,
            remark=weakness,
        )
        dialog.saved.connect(self._read)
        dialog.open()

    @Slot()
    def _ask_to_finish(self) -> None:
        ask(
            self._dialog,
            "Drop the old secret?",
            "Receivers that don't know the new one yet will refuse what is sent.",
            yes="Finish the change",
            then=lambda: self._do(self._context.desk.signing.finish),
        )

    @Slot()
    def _ask_to_remove(self) -> None:
        ask(
            self._dialog,
            "Sign no more?",
            "The secret is forgotten. Receivers that check signatures will refuse what is sent.",
            yes="Remove",
            then=lambda: self._do(self._context.desk.signing.remove),
        )

    def _do(self, work: Callable[[], SigningStatus]) -> None:
        self._context.calls.run(self, work, self._arrived, self._failed)

    def _failed(self, error: Exception) -> None:
        self.trouble.setText(sentence(str(error)))
