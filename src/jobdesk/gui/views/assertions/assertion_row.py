"""One assertion in a form: which kind, its inputs, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from jobdesk.domain.assertions import Finding
from jobdesk.gui.models.assertions_draft import KINDS, OPERATORS, STREAMS, AssertionRow
from jobdesk.gui.theme import XS, S, Theme
from jobdesk.gui.views.job_form.fields import LineEdit, label_of

_KIND_WIDTH = 160
_ABOUT_WIDTH = 100
_OPERATOR_WIDTH = 62
_NUMBER_WIDTH = 96


class AssertionRowEdit(QWidget):
    """``changed``: by the person. ``removed`` and ``added`` are asked for by button and by
    key: Ctrl+Minus and Return."""

    changed = Signal()
    removed = Signal()
    added = Signal()

    def __init__(
        self, theme: Theme, kinds: Sequence[str], row: AssertionRow, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._theme, self._origin = theme, row.origin
        self.touched = False
        self._problem = ""
        self.kind = QComboBox()
        self.kind.setFixedWidth(_KIND_WIDTH)
        self.kind.setAccessibleName("What is looked at")
        for one in kinds:
            self.kind.addItem(KINDS[one].label, one)
        self.kind.setMaxVisibleItems(len(kinds))
        self.about, self.value = LineEdit(), LineEdit()
        self.operator, self.stream = QComboBox(), QComboBox()
        self.operator.addItems(OPERATORS)
        self.operator.setAccessibleName("Comparison")
        for stream, words in STREAMS.items():
            self.stream.addItem(words, stream)
        self.stream.setAccessibleName("Where")
        self.unit = QLabel()
        self.remove = QToolButton()
        self.remove.setToolTip("Remove (Ctrl+Minus)")
        self.remove.setAccessibleName("Remove")
        self.said = label_of("")
        self.said.setWordWrap(True)
        self.said.hide()
        self._lay_out()
        self._load(row)
        self._connect()
        self._turn()
        self._paint()

    def row(self) -> AssertionRow:
        """What it says by now."""
        kind = self.kind.currentData()
        streams = KINDS[kind].streams
        return AssertionRow(
            kind,
            about=self.stream.currentData() if streams else self.about.text(),
            operator=self.operator.currentText(),
            value=self.value.text(),
            origin=self._origin,
        )

    def show_problem(self, text: str) -> None:
        """Say what is wrong with it, or ("") nothing; a finding stays then."""
        if text == self._problem:
            return
        self._problem = text
        for edit in (self.about, self.value):
            edit.setProperty("invalid", bool(text))
            edit.style().unpolish(edit)
            edit.style().polish(edit)
        self._say(text, "error")

    def show_finding(self, finding: Finding | None) -> None:
        """Say whether it would pass, and what was found."""
        if finding is not None:
            word = "Would pass" if finding.passed else "Would fail"
            text = f"{word}: found {finding.found}{finding.limits}"
            self._say(text, "success" if finding.passed else "error")

    def forget_finding(self) -> None:
        """It was of something else."""
        if not self._problem:
            self._say("", "")

    def go_to(self) -> None:
        """Put the cursor where there is something to type."""
        first = next(each for each in (self.about, self.value, self.kind) if not each.isHidden())
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if event.key() == Qt.Key.Key_Minus and control:
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not control:
            self.added.emit()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(S)
        self.about.setFixedWidth(_ABOUT_WIDTH)
        self.stream.setFixedWidth(_ABOUT_WIDTH)
        self.operator.setFixedWidth(_OPERATOR_WIDTH)
        line.addWidget(self.kind)
        line.addWidget(self.about)
        line.addWidget(self.stream)
        line.addWidget(self.operator)
        line.addWidget(self.value, 1)
        line.addWidget(self.unit)
        self._gap = QWidget()
        line.addWidget(self._gap, 1)
        line.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        column.addLayout(line)
        column.addWidget(self.said)

    def _load(self, row: AssertionRow) -> None:
        self.kind.setCurrentIndex(max(0, self.kind.findData(row.type)))
        if KINDS[row.type].streams:
            self.stream.setCurrentIndex(self.stream.findData(row.about))
        else:
            self.about.setText(row.about)
        self.operator.setCurrentText(row.operator)
        self.value.setText(row.value)

    def _connect(self) -> None:
        self.kind.activated.connect(self._kind_chosen)
        self.stream.activated.connect(self._edited)
        self.operator.activated.connect(self._edited)
        self.about.textChanged.connect(self._edited)
        self.value.textChanged.connect(self._edited)
        self.remove.clicked.connect(self.removed)
        self._theme.changed.connect(self._paint)

    @Slot()
    def _kind_chosen(self) -> None:
        self._turn()
        self._edited()

    @Slot()
    def _edited(self) -> None:
        # What isn't filled in yet is no mistake until the person turned to something else.
        self.touched = self.touched or bool(self.value.text() or self.about.text())
        self.changed.emit()

    def _turn(self) -> None:
        """Show the inputs of the kind that is chosen."""
        words = KINDS[self.kind.currentData()]
        self.about.setVisible(bool(words.about))
        self.stream.setVisible(words.streams)
        self.operator.setVisible(words.compares)
        self.value.setVisible(bool(words.value))
        self.unit.setVisible(bool(words.unit))
        self._gap.setVisible(bool(words.unit) or not words.value)
        self.about.setPlaceholderText(words.about)
        self.value.setPlaceholderText(words.value)
        self.about.setAccessibleName(f"{words.label}: where")
        self.value.setAccessibleName(f"{words.label}: value")
        self.unit.setText(words.unit)
        self.value.setMaximumWidth(_NUMBER_WIDTH if words.unit else 16_777_215)

    def _say(self, text: str, role: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))
        self.value.setAccessibleDescription(text)
        if self.said.property("role") != role:
            self.said.setProperty("role", role)
            self.said.style().unpolish(self.said)
            self.said.style().polish(self.said)

    @Slot()
    def _paint(self) -> None:
        self.remove.setIcon(self._theme.icon("mdi6.close", "muted"))
