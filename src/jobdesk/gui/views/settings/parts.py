"""What the pages of the settings are made of."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from jobdesk.gui.models.settings.settings_fields import Field
from jobdesk.gui.theme import ROW_HEIGHT, XS, L, M, S
from jobdesk.gui.views.tables import Table

_FIELD_WIDTH = 110
_ROWS = 4


def words(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A label in one of the style sheet's roles, never taken for markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


class Remark(QLabel):
    """Says what is wrong, or worth knowing, and takes no room while that is nothing."""

    def __init__(self, role: str = "error") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", role)
        self.hide()

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setVisible(bool(text))


class FieldGrid(QGridLayout):
    """Fields beneath each other: label, input, unit and hint, and what is wrong below."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, QLineEdit] = {}
        self.errors: dict[str, QLabel] = {}
        self.setHorizontalSpacing(M)
        self.setVerticalSpacing(XS)
        self.setColumnStretch(3, 1)

    def add_number(self, field: Field) -> None:
        edit = QLineEdit()
        edit.setFixedWidth(_FIELD_WIDTH)
        edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        row = self._begin(field.name, field.label, edit, field.hint)
        edit.setAccessibleName(f"{field.label}, {field.unit}")
        self.addWidget(edit, row, 1)
        self.addWidget(words(field.unit, "muted"), row, 2)
        self.addWidget(words(field.hint, "small", wrap=True), row, 3)
        self._end(field.name, row + 1, words("", "error", wrap=True))

    def add_text(self, name: str, label: str, placeholder: str, hint: str) -> None:
        edit = QLineEdit()
        edit.setPlaceholderText(placeholder)
        row = self._begin(name, label, edit, "")
        self.addWidget(edit, row, 1, 1, 3)
        self.addWidget(words(hint, "small", wrap=True), row + 1, 1, 1, 3)
        self._end(name, row + 2, Remark())

    def _begin(self, name: str, label: str, edit: QLineEdit, tip: str) -> int:
        row = self.rowCount()
        title = QLabel(label)
        title.setBuddy(edit)
        title.setToolTip(tip)
        edit.setAccessibleName(label)
        self.addWidget(title, row, 0)
        self.fields[name] = edit
        return row

    def _end(self, name: str, row: int, error: QLabel) -> None:
        self.errors[name] = error
        self.addWidget(self.errors[name], row, 1, 1, 3)
        self.setRowMinimumHeight(row + 1, XS)


def buttons(*made: QPushButton) -> QHBoxLayout:
    """Buttons in a line, the first at the left."""
    row = QHBoxLayout()
    row.setSpacing(S)
    for button in made:
        button.setAutoDefault(False)  # Return in a field saves, and makes no token
        row.addWidget(button)
    row.addStretch(1)
    return row


def footer(*made: QPushButton) -> QHBoxLayout:
    """The buttons that end a dialog, at the right."""
    row = QHBoxLayout()
    row.setContentsMargins(0, M, 0, 0)
    row.setSpacing(S)
    row.addStretch(1)
    for button in made:
        row.addWidget(button)
    return row


def notice(label: QLabel) -> QFrame:
    """A warning that is not to be missed."""
    frame = QFrame()
    frame.setProperty("tint", "warning")
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(M, S, M, S)
    inside.addWidget(label)
    return frame


def stacked() -> tuple[QWidget, QVBoxLayout]:
    """A part of a dialog, and the column to fill in it."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(S)
    return holder, column


def fit_rows(table: Table[Any]) -> None:
    """Room for the rows that there are, up to a few; more of them scroll in the table."""
    rows = min(table.cells.rowCount(), _ROWS)
    table.setFixedHeight(table.horizontalHeader().sizeHint().height() + rows * ROW_HEIGHT + 2)
    table.setVisible(rows > 0)


def page(title: str, *content: QLayout | QWidget) -> QScrollArea:
    """A page under its heading, which scrolls where it is longer than the dialog is high."""
    holder = QWidget()
    heading = words(title, "heading")
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, S, 0)
    column.setSpacing(L)
    column.addWidget(heading)
    for part in content:
        if isinstance(part, QWidget):
            column.addWidget(part)
        else:
            column.addLayout(part)
    column.addStretch(1)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(holder)
    return area
