"""A new token: its name and its right, and then the token itself, this once."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_name
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.theme import XL, L, S
from jobdesk.gui.views.settings.parts import Remark, footer, notice, stacked, words

_WIDTH = 460


class TokenDialog(QDialog):
    """Shown with ``open()``; ``made`` when there is one token more."""

    made = Signal()

    def __init__(self, context: Context, parent: QWidget, taken: frozenset[str]) -> None:
        super().__init__(parent)
        self._context, self._taken = context, taken
        self.setWindowTitle("New token")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = QLineEdit()
        self.name.setPlaceholderText("web shop")
        self.name.setAccessibleName("Name")
        self.scripts = QCheckBox("It may run scripts, too")
        said = "Whoever has this token can run any program as you on this computer."
        self.warning = notice(words(said, wrap=True))
        self.problem = Remark()
        self.create_button = QPushButton("Create token")
        self.create_button.setProperty("kind", "primary")
        self.token = QLineEdit()
        self.token.setReadOnly(True)
        self.token.setAccessibleName("The token")
        self.token.setFont(context.theme.mono_font())
        self.copy = QPushButton("Copy")
        self.copied = Remark("small")
        self.pages = QStackedWidget()
        self.pages.addWidget(self._asking())
        self.pages.addWidget(self._showing())
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.addWidget(self.pages)
        self.setFixedWidth(_WIDTH)
        self.setMinimumHeight(column.totalHeightForWidth(_WIDTH))  # with the warning
        self.warning.hide()
        self.create_button.setEnabled(False)
        self.scripts.toggled.connect(self.warning.setVisible)
        self.name.textChanged.connect(self._check)
        self.create_button.clicked.connect(self._create)
        self.copy.clicked.connect(self._copy)

    def _asking(self) -> QWidget:
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.create_button.setDefault(True)
        holder, column = stacked()
        column.addWidget(words("Name"))
        column.addWidget(self.name)
        column.addWidget(words("What it is for, to know it again in the list", "small"))
        column.addWidget(self.problem)
        column.addWidget(self.scripts)
        column.addWidget(self.warning)
        column.addStretch(1)
        column.addLayout(footer(cancel, self.create_button))
        return holder

    def _showing(self) -> QWidget:
        done = QPushButton("Done")
        done.clicked.connect(self.accept)
        self.copy.setProperty("kind", "primary")
        line = QHBoxLayout()
        line.setSpacing(S)
        line.addWidget(self.token, 1)
        line.addWidget(self.copy)
        holder, column = stacked()
        column.addWidget(words("The token is made", "heading"))
        said = "Copy it now. It can't be shown again: only its fingerprint is kept."
        column.addWidget(words(said, wrap=True))
        column.addLayout(line)
        column.addWidget(self.copied)
        column.addStretch(1)
        column.addLayout(footer(done))
        return holder

    @Slot()
    def _check(self) -> None:
        name = self.name.text()
        problem = ""
        if name:
            try:
                check_name(name, "name")
            except InvalidInput as error:
                problem = f"Expected {error.problems[0].expected}."
            if name in self._taken:
                problem = "There is a token of that name already."
        self.problem.setText(problem)
        self.create_button.setEnabled(bool(name.strip()) and not problem)

    @Slot()
    def _create(self) -> None:
        self.create_button.setEnabled(False)
        create = self._context.desk.tokens.create
        work = partial(create, self.name.text(), allow_scripts=self.scripts.isChecked())
        self._context.calls.run(self, work, self._created, self._refused)

    def _created(self, token: str) -> None:
        self.token.setText(token)
        self.token.setCursorPosition(0)
        self.pages.setCurrentIndex(1)
        self.copy.setDefault(True)
        self.copy.setFocus(Qt.FocusReason.OtherFocusReason)
        self.made.emit()

    def _refused(self, error: Exception) -> None:
        self.create_button.setEnabled(True)
        self.problem.setText(sentence(str(error)))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.token.text())
        self.copied.setText("Copied.")
