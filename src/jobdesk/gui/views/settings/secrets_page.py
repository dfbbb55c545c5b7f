"""The secrets: what there is, who uses it, and where it is kept; never a value."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from jobdesk.desk.secrets import SecretInfo
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.models.settings.lists import SecretsModel
from jobdesk.gui.models.settings.words import removal_words
from jobdesk.gui.questions import ask
from jobdesk.gui.theme import S
from jobdesk.gui.views.settings.parts import Remark, buttons, fit_rows, page, words
from jobdesk.gui.views.settings.value_dialog import ValueDialog
from jobdesk.gui.views.tables import Table

_HINT = (
    "Write ${secret:NAME} in a URL, a header, a body, a variable or an argument of a job."
    " The value is put there when an attempt starts, and hidden wherever it turns up again."
)


class SecretsPage(QObject):
    """``widget`` is the page. Everything here counts at once."""

    def __init__(self, context: Context, dialog: QWidget) -> None:
        super().__init__(dialog)
        self._context, self._dialog = context, dialog
        self.model = SecretsModel(context.desk.now(), self)
        self.table = Table(self.model, context.theme, context.state, "secrets")
        self.table.setAccessibleName("Secrets")
        self.table.hide()
        self.none = words("There is none yet.", "muted")
        self.none.hide()
        self.add = QPushButton("Add…")
        self.replace = QPushButton("Replace…")
        self.remove = QPushButton("Remove…")
        self.vault = words("", "small", wrap=True)
        self.trouble = Remark()
        column = QVBoxLayout()
        column.setSpacing(S)
        column.addWidget(words(_HINT, "small", wrap=True))
        column.addWidget(self.none)
        column.addWidget(self.table)
        column.addLayout(buttons(self.add, self.replace, self.remove))
        column.addWidget(self.vault)
        column.addWidget(self.trouble)
        self.widget = page("Secrets", column)
        self.add.clicked.connect(self._add)
        self.replace.clicked.connect(self._replace)
        self.remove.clicked.connect(self._ask_to_remove)
        self.table.selected.connect(self._selected)
        self.table.opened.connect(self._replace)
        context.watch.changed.connect(self._look_again)
        self._selected()
        self._read()
        context.calls.run(
            self, context.desk.secrets.describe_vault, self._vault_known, self._failed
        )

    @Slot(object)
    def _look_again(self, topics: frozenset[str]) -> None:
        if self._context.watch.concerns(topics, "secrets", "jobs"):
            self._read()

    @Slot()
    def _read(self) -> None:
        self._context.calls.run(
            self, self._context.desk.secrets.all, self._arrived, self._failed, latest="secrets"
        )

    def _arrived(self, secrets: list[SecretInfo]) -> None:
        self.model.show(secrets)
        fit_rows(self.table)
        self.none.setVisible(not secrets)
        self._selected()

    def _vault_known(self, where: str) -> None:
        self.vault.setText(f"New ones are kept in {where.partition(' (')[0]}.")
        self.vault.setToolTip(where)

    def _chosen(self) -> SecretInfo | None:
        rows = self.table.selected_rows()
        return rows[0] if rows else None

    @Slot()
    def _selected(self) -> None:
        for button in (self.replace, self.remove):
            button.setEnabled(self._chosen() is not None)

    @Slot()
    def _add(self) -> None:
        taken = frozenset(secret.name for secret in self.model.rows)
        self._open("Add a secret", None, taken)

    @Slot()
    def _replace(self) -> None:
        if secret := self._chosen():
            self._open(f"Replace “{secret.name}”", secret.name, frozenset())

    def _open(self, title: str, name: str | None, taken: frozenset[str]) -> None:
        dialog = ValueDialog(
            self._context, self._dialog, title, self._context.desk.secrets.set,
            name=name, taken=taken,
            hint="It is not shown again. From the next attempt on it is used.",
        )  # fmt: skip
        dialog.saved.connect(self._read)
        dialog.open()

    @Slot()
    def _ask_to_remove(self) -> None:
        if secret := self._chosen():
            ask(
                self._dialog,
                f"Remove the secret “{secret.name}”?",
                removal_words(secret),
                yes="Remove",
                then=lambda: self._remove(secret.name),
            )

    def _remove(self, name: str) -> None:
        desk = self._context.desk
        self._context.calls.run(
            self, lambda: desk.secrets.remove(name), lambda _: self._read(), self._failed
        )

    def _failed(self, error: Exception) -> None:
        self.trouble.setText(sentence(str(error)))
