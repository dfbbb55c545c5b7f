"""A queue's limit, and a new queue's name."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.errors import InvalidInput, JobDeskError
from jobdesk.domain.parsing import check_name
from jobdesk.domain.queue import MAX_CONCURRENCY, Queue
from jobdesk.gui.context import Context
from jobdesk.gui.theme import XL, L, M, S

_USUAL = 4
_WIDTH = 372


def _words(role: str) -> QLabel:
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(True)
    made.setFixedWidth(_WIDTH)
    return made


class QueueDialog(QDialog):
    """Edits ``queue``, or makes a new one. ``taken`` are the names that there are.

    Shown with ``open()``; ``saved`` carries the queue's name.
    """

    saved = Signal(str)

    def __init__(
        self,
        context: Context,
        parent: QWidget,
        *,
        queue: Queue | None = None,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(parent)
        self._context, self._queue, self._taken = context, queue, taken
        self.setWindowTitle("New queue" if queue is None else f"Limit of “{queue.name}”")
        self.name = QLineEdit()
        self.name.setPlaceholderText("nightly")
        self.name.setAccessibleName("Name")
        self.problem = _words("error")
        self.unlimited = QRadioButton("No limit: as many at once as there are workers")
        self.limited = QRadioButton("At most")
        self.limit = QSpinBox()
        self.limit.setRange(1, MAX_CONCURRENCY)
        self.limit.setGroupSeparatorShown(True)
        self.limit.setAccessibleName("Runs at once")
        choices = QButtonGroup(self)
        for choice in (self.unlimited, self.limited):
            choices.addButton(choice)
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Cancel)
        self.buttons.button(buttons.Cancel).setIcon(QIcon())
        self.save = self.buttons.addButton(
            "Make queue" if queue is None else "Save", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.save.setProperty("kind", "primary")
        self.save.setDefault(True)
        self._lay_out()
        self._fill()
        self.limited.toggled.connect(self.limit.setEnabled)
        self.name.textChanged.connect(self._check)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)
        self._check()
        self.problem.setText("")  # an empty name is no mistake yet

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(S)
        if self._queue is None:
            column.addWidget(QLabel("Name"))
            column.addWidget(self.name)
            column.addWidget(self.problem)
            column.addSpacing(S)
            column.addWidget(QLabel("Runs at once"))
        column.addWidget(self.unlimited)
        line = QHBoxLayout()
        line.setSpacing(S)
        line.addWidget(self.limited)
        line.addWidget(self.limit)
        line.addWidget(QLabel("runs at once"))
        line.addStretch(1)
        column.addLayout(line)
        hint = _words("muted")
        hint.setText("What runs now is left alone; the limit counts when the next one starts.")
        column.addWidget(hint)
        if self._queue is not None:
            column.addWidget(self.problem)
        column.addSpacing(M)
        column.addWidget(self.buttons)

    def _fill(self) -> None:
        concurrency = self._queue.concurrency if self._queue else None
        self.limit.setValue(concurrency or _USUAL)
        (self.unlimited if concurrency is None else self.limited).setChecked(True)
        self.limit.setEnabled(concurrency is not None)

    @Slot()
    def _check(self) -> None:
        """Say beside the field what is wrong with it, and save nothing that is."""
        problem = self._problem_of_name() if self._queue is None else ""
        self.problem.setText(problem)
        self.name.setProperty("invalid", bool(problem) and bool(self.name.text()))
        style = self.name.style()
        style.unpolish(self.name)
        style.polish(self.name)
        self.save.setEnabled(not problem)

    def _problem_of_name(self) -> str:
        try:
            name = check_name(self.name.text(), "queue")
        except InvalidInput as error:
            return f"Expected {error.problems[0].expected}."
        return "There is a queue of that name already." if name in self._taken else ""

    @Slot()
    def _save(self) -> None:
        name = self._queue.name if self._queue else self.name.text()
        concurrency = self.limit.value() if self.limited.isChecked() else None
        self.save.setEnabled(False)
        self._context.calls.run(
            self,
            partial(self._context.desk.set_queue, name, concurrency=concurrency),
            self._saved,
            self._refused,
        )

    def _saved(self, queue: Queue) -> None:
        self.saved.emit(queue.name)
        self.accept()

    def _refused(self, error: Exception) -> None:
        self.save.setEnabled(True)
        said = str(error) if isinstance(error, JobDeskError) else f"It can't be saved: {error}"
        self.problem.setText(said)
