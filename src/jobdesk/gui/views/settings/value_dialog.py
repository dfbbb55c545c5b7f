"""A value that is typed once and never shown: a secret, with its name, or what signs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.references import MAX_SECRET
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.theme import XL, L, S
from jobdesk.gui.views.settings.parts import Remark, footer, words

_WIDTH = 460

Save = Callable[[str, str], object]
"""Keeps a value under a name; may raise what the desk raises."""


class HiddenLine(QLineEdit):
    """Shows dots. What has several lines can't be typed here, and isn't bent to fit."""

    several_lines = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setMaxLength(MAX_SECRET)
        # Its menu could paste past the check below, and has nothing else to offer.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDragEnabled(False)
        self.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            text = QGuiApplication.clipboard().text().removesuffix("\n").removesuffix("\r")
            if len(text.splitlines()) > 1:
                self.several_lines.emit()
                return
            self.insert(text)
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        # The middle button would paste past it, too.
        if event.button() != Qt.MouseButton.MiddleButton:
            super().mouseReleaseEvent(event)


class ValueDialog(QDialog):
    """Shown with ``open()``; ``saved`` when the desk has kept it.

    ``name`` None asks for one, none of those ``taken``. ``remark`` says what is to be said
    of a value while it is typed.
    """

    saved = Signal()

    def __init__(
        self,
        context: Context,
        parent: QWidget,
        title: str,
        save: Save,
        *,
        name: str | None,
        taken: frozenset[str] = frozenset(),
        hint: str = "",
        remark: Callable[[str], str] = lambda _: "",
    ) -> None:
        super().__init__(parent)
        self._context, self._save, self._remark = context, save, remark
        self._taken, self._given = taken, name
        self._of_file: str | None = None
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = QLineEdit(name or "")
        self.name.setPlaceholderText("SMTP_PASSWORD")
        self.name.setAccessibleName("Name")
        self.value = HiddenLine()
        self.value.setAccessibleName("Value")
        self.file = QPushButton("From a file…")
        self.file.setAutoDefault(False)
        self.note = Remark("small")
        self.problem = Remark()
        self.keep = QPushButton("Save")
        self.keep.setProperty("kind", "primary")
        self.keep.setDefault(True)
        self.keep.setEnabled(False)
        self._lay_out(hint)
        self.name.textChanged.connect(self._check)
        self.value.textChanged.connect(self._typed)
        self.value.several_lines.connect(self._too_many_lines)
        self.file.clicked.connect(self._choose_file)
        self.keep.clicked.connect(self._keep)

    def _lay_out(self, hint: str) -> None:
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
        line = QHBoxLayout()
        line.setSpacing(S)
        line.addWidget(self.value, 1)
        line.addWidget(self.file)
        column.addWidget(words("Value"))
        column.addLayout(line)
        column.addWidget(self.note)
        column.addWidget(words(hint, "small", wrap=True))
        column.addWidget(self.problem)
        column.addStretch(1)
        column.addLayout(footer(cancel, self.keep))
        self.setFixedWidth(_WIDTH)
        (self.value if self._given is not None else self.name).setFocus()

    def _text(self) -> str:
        return self.value.text() if self._of_file is None else self._of_file

    @Slot()
    def _typed(self) -> None:
        self._of_file = None
        self.note.setText("")
        self._check()

    @Slot()
    def _check(self) -> None:
        name, text = self.name.text(), self._text()
        clash = self._given is None and name in self._taken
        self.problem.setText("There is a secret of that name already." if clash else "")
        if self._of_file is None:
            self.note.setText(self._remark(text))
        self.keep.setEnabled(bool(text and (name or self._given is not None)) and not clash)

    @Slot()
    def _too_many_lines(self) -> None:
        self.problem.setText("It has several lines: save it to a file, and take it from there.")

    @Slot()
    def _choose_file(self) -> None:
        chooser = QFileDialog(self, "The file that holds the value")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(self.take_file)
        chooser.open()

    @Slot(str)
    def take_file(self, path: str) -> None:
        """Take the value from a file, without the line break at its end."""
        self._context.calls.run(
            self, lambda: (Path(path).name, _read(path)), self._file_read, self._refused
        )

    def _file_read(self, found: tuple[str, str]) -> None:
        name, text = found
        self.value.clear()
        self._of_file = text
        self.note.setText(f"{len(text):,} characters from {name}. {self._remark(text)}".strip())
        self._check()

    @Slot()
    def _keep(self) -> None:
        self.keep.setEnabled(False)
        name, text, save = self.name.text().strip(), self._text(), self._save
        self._context.calls.run(self, lambda: save(name, text), self._kept, self._refused)

    def _kept(self, _: object) -> None:
        self.value.clear()
        self._of_file = None
        self.saved.emit()
        self.accept()

    def _refused(self, error: Exception) -> None:
        self._check()
        if isinstance(error, InvalidInput):
            self.problem.setText(f"Expected {error.problems[0].expected}.")
        else:
            self.problem.setText(sentence(str(error)))


def _read(path: str) -> str:
    with Path(path).open("rb") as file:
        data = file.read(MAX_SECRET + 3)
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("value", f"{len(data):,} bytes", "text in UTF-8") from None
