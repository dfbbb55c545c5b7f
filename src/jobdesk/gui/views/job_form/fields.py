"""The parts that forms are made of: labelled fields with their errors, and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject, Qt, Signal, SignalInstance, Slot
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from jobdesk.gui.theme import XS, M, S, Theme

HEIGHT = 30
"""Of an input of one line, and of the label beside it."""

_INDENT = 7


def label_of(text: str, role: str = "") -> QLabel:
    """A label; ``role`` as the style sheet knows them. Never taken for rich text."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    return label


class Field(QWidget):
    """One line of a form: a label, the input, a hint, and what is wrong beneath it.

    ``key`` is the field's name in a draft's problems. ``target`` takes the focus and the
    red border. A field is *touched* once the person changed something in it.
    """

    edited = Signal()

    def __init__(
        self,
        parent: QWidget,
        key: str,
        label: str,
        target: QWidget,
        *,
        beside: Iterable[QWidget] = (),
        before: Iterable[QWidget] = (),
        fill: bool = True,
        hint: str = "",
    ) -> None:
        # With its parent from the start: every move costs a pass of the style sheet.
        super().__init__(parent)
        self.key, self.target = key, target
        self.touched = False
        self.label = QLabel(label)
        self.label.setBuddy(target)
        self.label.setFixedWidth(label_width(self))
        self.label.setMinimumHeight(HEIGHT)
        self._hint, self._note = hint, ""
        self.hint = label_of(hint, "small")
        self.error = label_of("", "error")
        for text in (self.hint, self.error):
            text.setWordWrap(True)
            text.setVisible(bool(text.text()))
        target.setAccessibleName(label.replace("&", ""))
        inputs = QHBoxLayout()
        inputs.setSpacing(S)
        for widget in before:
            inputs.addWidget(widget)
        inputs.addWidget(target, 1 if fill else 0)
        for widget in beside:
            inputs.addWidget(widget)
        if not fill:
            inputs.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(XS)
        column.addLayout(inputs)
        column.addWidget(self.hint)
        column.addWidget(self.error)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(M)
        row.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)

    def watch(self, *signals: SignalInstance) -> Field:
        """Take these signals of its input for the person's edits."""
        for signal in signals:
            signal.connect(self._edited)
        return self

    def show_error(self, text: str) -> None:
        """Say what is wrong, or ("") nothing."""
        if text == self.error.text():
            return
        self.error.setText(text)
        self.error.setVisible(bool(text))
        self.hint.setVisible(not text and bool(self.hint.text()))
        self.target.setAccessibleDescription(text)
        self.target.setProperty("invalid", bool(text))
        self.target.style().unpolish(self.target)
        self.target.style().polish(self.target)

    def show_note(self, text: str) -> None:
        """Say something worth knowing, instead of the usual hint."""
        self.hint.setText(text or self._hint)
        self.hint.setVisible(bool(self.hint.text()) and not self.error.text())

    @Slot()
    def _edited(self) -> None:
        self.touched = True
        self.edited.emit()


def label_width(widget: QWidget) -> int:
    """The width of the column of labels, in every form the same."""
    return widget.fontMetrics().horizontalAdvance("Working directory") + S


class Form(QWidget):
    """A column of fields. ``edited`` carries the key of the field that was changed."""

    edited = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        self._loading = False
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(M)

    def add(self, field: Field) -> Field:
        self.fields[field.key] = field
        self.column.addWidget(field)
        field.edited.connect(self._field_edited)
        return field

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Meanwhile nothing is an edit."""
        self._loading = True
        try:
            yield
        finally:
            self._loading = False
            for field in self.fields.values():
                field.touched = False

    @Slot()
    def _field_edited(self) -> None:
        if self._loading:
            return
        field = self.sender()
        self.edited.emit(field.key if isinstance(field, Field) else "")


class Segmented(QFrame):
    """A row of buttons that are one control: one of them is on, or, for ``several``, any."""

    changed = Signal()

    def __init__(
        self, theme: Theme, choices: Sequence[tuple[str, str]], *, several: bool = False
    ) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("segmented")
        self._group = QButtonGroup(self)
        self._group.setExclusive(not several)
        self._on = ("accent", "accent_text") if several else ("surface", "text")
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        for value, text in choices:
            button = QPushButton(text)
            button.setCheckable(True)
            button.setAutoDefault(False)
            self._group.addButton(button)
            self.buttons[value] = button
            row.addWidget(button)
        # Clicked and toggled by keyboard alike, but not by `choose`.
        self._group.buttonClicked.connect(self._clicked)
        theme.changed.connect(self._paint)
        self._paint()
        first = choices[0][0]
        self.setFocusProxy(self.buttons[first])
        if not several:
            self.choose(first)

    def chosen(self) -> list[str]:
        return [value for value, button in self.buttons.items() if button.isChecked()]

    def choose(self, *values: str) -> None:
        for value, button in self.buttons.items():
            button.setChecked(value in values)
        if self._group.exclusive() and values:
            self.setFocusProxy(self.buttons[values[0]])

    @Slot()
    def _clicked(self) -> None:
        self.choose(*self.chosen())
        self.changed.emit()

    @Slot()
    def _paint(self) -> None:
        names = ("neutral_tint", "border", "muted", "text", "accent", "danger")
        c = {name: self._theme.color(name).name() for name in names}
        on, on_text = (self._theme.color(name).name() for name in self._on)
        focus = c["text" if self._on[0] == "accent" else "accent"]
        self.setStyleSheet(f"""
            QFrame#segmented {{ background: {c["neutral_tint"]}; border-radius: 7px;
                border: 1px solid transparent; }}
            QFrame#segmented[invalid="true"] {{ border-color: {c["danger"]}; }}
            QPushButton {{ background: transparent; color: {c["muted"]}; border-radius: 5px;
                border: 1px solid transparent; padding: 2px 12px; min-height: 18px; }}
            QPushButton:hover {{ color: {c["text"]}; }}
            QPushButton:checked {{ background: {on}; color: {on_text};
                border-color: {c["border"]}; }}
            QPushButton:focus {{ border-color: {c["accent"]}; }}
            QPushButton:checked:focus {{ border: 2px solid {focus}; padding: 1px 11px; }}
        """)


def fit_spin_boxes(form: QWidget) -> None:
    """Give the spin boxes of a form the height and indent of its other inputs."""
    for box in form.findChildren(QAbstractSpinBox):
        box.setFixedHeight(HEIGHT)
        box.lineEdit().setTextMargins(_INDENT, 0, 0, 0)


class WheelGuard(QObject):
    """Lets the wheel scroll the form instead of changing the value it happens to pass."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget):
            event.ignore()
            return True
        return False

    def guard(self, form: QWidget) -> None:
        for kind in (QComboBox, QAbstractSpinBox):
            for widget in form.findChildren(kind):
                widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                widget.installEventFilter(self)


class LineEdit(QLineEdit):
    """One line: the line ends of what is pasted become spaces, so that none is hidden."""

    def __init__(self, placeholder: str = "") -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.textEdited.connect(self._flatten)

    @Slot(str)
    def _flatten(self, text: str) -> None:
        if len(lines := text.splitlines()) > 1 or (lines and lines[0] != text):
            self.setText(" ".join(line.strip() for line in lines if line.strip()))
