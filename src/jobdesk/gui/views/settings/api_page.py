"""The settings of the HTTP API: whether and where it listens, and who may come in."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from jobdesk.domain.token import Token
from jobdesk.gui.api_probe import Answer, probe
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.models.settings.lists import TokensModel
from jobdesk.gui.models.settings.settings_fields import API_RATE, ORIGINS
from jobdesk.gui.models.settings.words import base_url, exposure
from jobdesk.gui.questions import ask
from jobdesk.gui.theme import XL, S
from jobdesk.gui.views.settings.listen_field import ListenField
from jobdesk.gui.views.settings.parts import (
    FieldGrid,
    Remark,
    buttons,
    fit_rows,
    notice,
    page,
    words,
)
from jobdesk.gui.views.settings.token_dialog import TokenDialog
from jobdesk.gui.views.tables import Table

_ANSWERS = {
    Answer.OTHERS: "Another program answers at {base}. Choose another port.",
    Answer.NOBODY: "Nothing answers at {base}: the engine isn't running, or the address"
    " can't be used.",
}


class ApiPage(QObject):
    """``widget`` is the page. The fields are saved by the dialog; tokens are made and
    revoked at once."""

    def __init__(self, context: Context, dialog: QWidget) -> None:
        super().__init__(dialog)
        self._context, self._dialog = context, dialog
        self._saved = ""
        self._answer: Answer | None = None
        self._refused = ""
        self.listen = ListenField()
        self.listen_error = Remark()
        self.warning = words("", wrap=True)
        self._notice = notice(self.warning)
        self.status = Remark("small")
        self.refusal = Remark()
        self.listens = QWidget()
        self.docs = QPushButton()
        self.docs.setToolTip("Open its documentation in your browser")
        self.docs.setProperty("kind", "link")
        self.docs.setAutoDefault(False)
        self.docs.setCursor(Qt.CursorShape.PointingHandCursor)
        self.grid = FieldGrid()
        self.grid.add_number(API_RATE)
        self.grid.add_text(
            ORIGINS, "Allowed origins", "none",
            "Web pages that may call it from a browser, such as https://example.com",
        )  # fmt: skip
        self.model = TokensModel(context.desk.now(), self)
        self.table = Table(self.model, context.theme, context.state, "tokens")
        self.table.setAccessibleName("Tokens")
        self.table.hide()
        self.none = words("There is none yet, so nobody can come in.", "muted")
        self.none.hide()
        self.new = QPushButton("New token…")
        self.revoke = QPushButton("Revoke…")
        self.trouble = Remark()
        self.widget = page("HTTP API", self._listening(), self.grid, self._tokens())
        self.listen.textChanged.connect(self._listen_changed)
        self.docs.clicked.connect(self._open_docs)
        self.new.clicked.connect(self._new)
        self.revoke.clicked.connect(self._ask_to_revoke)
        self.table.selected.connect(self._selected)
        context.watch.changed.connect(self._look_again)
        self._listen_changed()
        self._selected()
        self._read()

    def show_saved(self, listen: str) -> None:
        """What is in force by now: see whether it is true."""
        self._saved = listen
        self._listen_changed()
        self._ask()

    def _ask(self) -> None:
        """Ask both: whoever answers there may be another JobDesk, while ours can't listen."""
        if not self._saved:
            return
        base, desk = base_url(self._saved), self._context.desk

        def work() -> tuple[Answer, str]:
            health = desk.engine_health()
            return probe(base), (health.api if health else None) or ""

        self._context.calls.run(self, work, lambda found: self._answered(*found), latest="probe")

    def _listening(self) -> QVBoxLayout:
        below = QVBoxLayout()
        below.setContentsMargins(XL, 0, 0, 0)
        below.setSpacing(S)
        below.addWidget(self.listen_error)
        below.addWidget(self._notice)
        below.addWidget(self.status)
        below.addWidget(self.refusal)
        below.addWidget(self.listens)
        line = QHBoxLayout(self.listens)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(S)
        line.addWidget(words("It listens. How to call it:", "small"))
        line.addWidget(self.docs)
        line.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(S)
        column.addWidget(self.listen)
        column.addLayout(below)
        return column

    def _tokens(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(S)
        column.addWidget(words("Tokens", "heading"))
        hint = "A program shows its token to come in. Changes here count at once."
        column.addWidget(words(hint, "small", wrap=True))
        column.addWidget(self.none)
        column.addWidget(self.table)
        column.addLayout(buttons(self.new, self.revoke))
        column.addWidget(self.trouble)
        return column

    # -- whether it listens -----------------------------------------------------------

    @Slot()
    def _listen_changed(self) -> None:
        text = self.listen.text()
        said = exposure(text)
        self.warning.setText(said)
        self._notice.setVisible(bool(said))
        kept = bool(text) and text == self._saved
        well = kept and self._answer is Answer.OURS and not self._refused
        self.docs.setText(f"{base_url(self._saved)}/docs" if well else "")
        self.listens.setVisible(well)
        if text != self._saved:
            said = "Takes effect when you save."
        elif well or not kept:
            said = ""
        elif self._answer is None:
            said = f"Asking {base_url(text)}…"
        elif self._refused and self._answer is not Answer.OTHERS:
            said = ""
        else:
            said = _ANSWERS[self._answer].format(base=base_url(text))
        self.status.setText(said)
        self.refusal.setText(sentence(self._refused) if kept else "")

    def _answered(self, answer: Answer, refusal: str = "") -> None:
        """``refusal`` is why the engine says that it doesn't serve."""
        self._answer, self._refused = answer, refusal
        self._listen_changed()

    @Slot()
    def _open_docs(self) -> None:
        QDesktopServices.openUrl(QUrl(f"{base_url(self._saved)}/docs"))

    # -- tokens -----------------------------------------------------------------------

    @Slot(object)
    def _look_again(self, topics: frozenset[str]) -> None:
        if self._context.watch.concerns(topics, "tokens"):
            self._read()
        if self._context.watch.concerns(topics, "engine"):
            self._ask()

    def _read(self) -> None:
        self._context.calls.run(
            self, self._context.desk.tokens.all, self._arrived, self._failed, latest="tokens"
        )

    def _arrived(self, tokens: list[Token]) -> None:
        self.model.show(tokens)
        fit_rows(self.table)
        self.none.setVisible(not tokens)
        self._selected()

    def _chosen(self) -> Token | None:
        rows = self.table.selected_rows()
        return rows[0] if rows else None

    @Slot()
    def _selected(self) -> None:
        self.revoke.setEnabled(self._chosen() is not None)

    @Slot()
    def _new(self) -> None:
        taken = frozenset(token.name for token in self.model.rows)
        dialog = TokenDialog(self._context, self._dialog, taken)
        dialog.made.connect(self._read)
        dialog.open()

    @Slot()
    def _ask_to_revoke(self) -> None:
        token = self._chosen()
        if token is None:
            return
        ask(
            self._dialog,
            f"Revoke the token “{token.name}”?",
            "What shows it is refused within a second. It can't be given back.",
            yes="Revoke",
            then=lambda: self._revoke(token.name),
        )

    def _revoke(self, name: str) -> None:
        desk = self._context.desk
        self._context.calls.run(
            self, lambda: desk.tokens.revoke(name), lambda _: self._read(), self._failed
        )

    def _failed(self, error: Exception) -> None:
        self.trouble.setText(sentence(str(error)))
