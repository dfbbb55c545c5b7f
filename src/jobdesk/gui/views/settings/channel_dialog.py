"""A way to reach somebody: its name, and its address, which is hidden like a secret."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_name
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.theme import XL, XS, L, M, S
from jobdesk.gui.views.settings.parts import Remark, footer, words
from jobdesk.gui.views.settings.value_dialog import HiddenLine

_WIDTH = 560
_EXAMPLES = (
    ("Mail", "mailto://user:password@mail.example?to=me@example.com"),
    ("ntfy", "ntfy://my-topic"),
    ("Slack", "slack://TokenA/TokenB/TokenC/#channel"),
    ("Telegram", "tgram://BotToken/ChatID"),
    ("Webhook", "json://localhost:8080/path"),
)


class ChannelDialog(QDialog):
    """Adds a channel, or gives the one called ``name`` another address. Shown with
    ``open()``; ``saved`` when the desk has kept it."""

    saved = Signal()

    def __init__(
        self, context: Context, parent: QWidget, name: str | None, taken: frozenset[str]
    ) -> None:
        super().__init__(parent)
        self._context, self._given, self._taken = context, name, taken
        self.setWindowTitle(f"Another address for “{name}”" if name else "Add a channel")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = QLineEdit(name or "")
        self.name.setPlaceholderText("mail")
        self.name.setAccessibleName("Name")
        self.address = HiddenLine()
        self.address.setAccessibleName("Address")
        self.problem = Remark()
        self.fine = Remark("success")
        self.test = QPushButton("Send test")
        self.test.setAutoDefault(False)
        self.keep = QPushButton("Save")
        self.keep.setProperty("kind", "primary")
        self.keep.setDefault(True)
        self._lay_out()
        for edit in (self.name, self.address):
            edit.textChanged.connect(self._check)
        self.address.several_lines.connect(self._too_many_lines)
        self.test.clicked.connect(self._send_test)
        self.keep.clicked.connect(self._keep)
        self._check()

    def _lay_out(self) -> None:
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(S)
        if self._given is None:
            column.addWidget(words("Name"))
            column.addWidget(self.name)
            column.addSpacing(S)
        column.addWidget(words("Address"))
        column.addWidget(self.address)
        hint = "It is kept like a secret, and not shown again. Some forms of it:"
        column.addWidget(words(hint, "small", wrap=True))
        column.addLayout(self._examples())
        more = words("A hundred more stand at appriseit.com.", "small", wrap=True)
        column.addWidget(more)
        column.addWidget(self.problem)
        column.addWidget(self.fine)
        column.addStretch(1)
        foot = footer(cancel, self.keep)
        foot.insertWidget(0, self.test)
        column.addLayout(foot)
        self.setFixedWidth(_WIDTH)
        (self.address if self._given else self.name).setFocus()

    def _examples(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(XS)
        grid.setColumnStretch(1, 1)
        for row, (what, form) in enumerate(_EXAMPLES):
            shown = words(form, "mono")
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(words(what, "small"), row, 0)
            grid.addWidget(shown, row, 1)
        return grid

    @Slot()
    def _check(self) -> None:
        name, address = self.name.text(), self.address.text().strip()
        problem = ""
        if self._given is None and name:
            try:
                check_name(name, "name")
            except InvalidInput as error:
                problem = f"Expected {error.problems[0].expected}."
            if name in self._taken:
                problem = "There is a channel of that name already."
        self.problem.setText(problem)
        self.fine.setText("")
        self.test.setEnabled(bool(address))
        self.keep.setEnabled(bool(name and address) and not problem)

    @Slot()
    def _too_many_lines(self) -> None:
        self.problem.setText("An address is one line.")

    @Slot()
    def _send_test(self) -> None:
        self.problem.setText("")
        self.fine.setText("")
        self.test.setEnabled(False)
        self.test.setText("Sending…")
        address, desk = self.address.text().strip(), self._context.desk
        self._context.calls.run(
            self, lambda: desk.channels.test_address(address), self._sent, self._not_sent
        )

    def _sent(self, _: None) -> None:
        self._tested()
        self.fine.setText("Sent.")

    def _not_sent(self, error: Exception) -> None:
        self._tested()
        self._refused(error)

    def _tested(self) -> None:
        self.test.setText("Send test")
        self.test.setEnabled(bool(self.address.text().strip()))

    @Slot()
    def _keep(self) -> None:
        self.keep.setEnabled(False)
        name, address = self._given or self.name.text(), self.address.text()
        channels = self._context.desk.channels
        put = channels.add if self._given is None else channels.change
        self._context.calls.run(self, lambda: put(name, address), self._kept, self._refused)

    def _kept(self, _: object) -> None:
        self.address.clear()
        self.saved.emit()
        self.accept()

    def _refused(self, error: Exception) -> None:
        self._check()
        if isinstance(error, InvalidInput):
            self.problem.setText(f"Expected {error.problems[0].expected}.")
        else:
            self.problem.setText(sentence(str(error)))
