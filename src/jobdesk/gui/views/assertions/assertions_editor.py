"""The editor of success assertions: rows, and what they would say of the last run."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from jobdesk.domain.assertions import MOST
from jobdesk.gui.context import Context
from jobdesk.gui.models.assertion_trial import Trial, try_rows
from jobdesk.gui.models.assertions_draft import (
    AssertionRow,
    AssertionsDraft,
    enough,
    kinds_for,
)
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.theme import M, S
from jobdesk.gui.views.assertions.assertion_row import AssertionRowEdit
from jobdesk.gui.views.job_form.fields import HEIGHT, WheelGuard, label_of


class AssertionsEditor(QWidget):
    """A switch, and either what holds without it or rows of assertions.

    Rows that don't fit the kind of action that is shown wait until it is chosen again.
    ``changed``: by the person.
    """

    changed = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._wheel = context, WheelGuard(self)
        self._kind: str | None = None
        self._job: str | None = None
        self._waiting: list[AssertionRow] = []
        self.rows: list[AssertionRowEdit] = []
        self.own = QCheckBox("Set here")
        self.own.setMinimumHeight(HEIGHT)
        self.inherited = label_of("", "muted")
        self.inherited.setWordWrap(True)
        self.inherited.setMinimumHeight(HEIGHT)
        self.add = QPushButton("Add")
        self.add.setToolTip("Return in a row adds another one")
        self.try_them = QPushButton("Try them")
        self.try_them.setToolTip("On what the job's last run got")
        self.told = label_of("", "small")
        self.told.setWordWrap(True)
        for button in (self.add, self.try_them):
            button.setAutoDefault(False)
        self._lay_out()
        self.setFocusProxy(self.own)
        self.own.clicked.connect(self._switched)
        self.add.clicked.connect(self._add)
        self.try_them.clicked.connect(self._try)
        context.theme.changed.connect(self._paint)
        self._paint()
        self._show()

    # -- content -------------------------------------------------------------------------

    def draft(self) -> AssertionsDraft:
        return AssertionsDraft(
            self.own.isChecked(), (*(edit.row() for edit in self.rows), *self._waiting)
        )

    def load(self, draft: AssertionsDraft) -> None:
        self.own.setChecked(draft.own)
        self._show_rows(draft)
        self._show()

    def show_kind(self, kind: str | None) -> None:
        """Offer what fits actions of a kind (http, script; None: both)."""
        if kind != self._kind:
            draft = self.draft()
            self._kind = kind
            self._show_rows(draft)
            self._show()

    def show_inherited(self, words: str) -> None:
        """What holds while nothing is set here, and who says so."""
        self.inherited.setText(words)
        self.own.setAccessibleDescription(f"Otherwise {words}")

    def try_on(self, job: str | None) -> None:
        """Whose last run rows are tried on; None: there is none."""
        self._job = job
        self._show()

    def show_problems(self, problems: Problems, *, everything: bool) -> None:
        """Say beside each row what is wrong with it; ``everything``: also where nobody has
        typed yet."""
        for number, edit in enumerate(self.rows):
            problem = problems.get(f"assertions.{number}", "")
            if problem and (edit.touched or everything):
                edit.show_problem(problem)
            else:
                edit.show_problem("")

    def go_to(self, key: str) -> None:
        """Put the cursor into the row of a problem."""
        number = key.partition(".")[2]
        if number.isdigit() and int(number) < len(self.rows):
            self.rows[int(number)].go_to()
        else:
            self.own.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- by the person -------------------------------------------------------------------

    @Slot()
    def _switched(self) -> None:
        if self.own.isChecked() and not self.rows:
            self._append(AssertionRow(kinds_for(self._kind)[0]))
            self.rows[-1].go_to()
        self._edited()

    @Slot()
    def _add(self) -> None:
        if len(self.rows) >= MOST:
            return
        used = {edit.row().type for edit in self.rows}
        kinds = kinds_for(self._kind)
        free = [one for one in kinds if one not in used]
        # One about the status says all there is to say about it.
        fresh = [one for one in free if not (one.startswith("status") and self.rows)]
        self._append(AssertionRow((fresh or kinds)[0]))
        self.rows[-1].kind.setFocus(Qt.FocusReason.OtherFocusReason)
        self._edited()

    @Slot()
    def _remove(self) -> None:
        edit = self.sender()
        if not isinstance(edit, AssertionRowEdit):
            return
        place = self.rows.index(edit)
        self.rows.remove(edit)
        edit.hide()
        edit.deleteLater()
        if self.rows:
            self.rows[min(place, len(self.rows) - 1)].go_to()
        else:
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)
        self._edited()

    @Slot()
    def _edited(self) -> None:
        for edit in self.rows:
            edit.forget_finding()
        self._show()
        self.changed.emit()

    # -- trying --------------------------------------------------------------------------

    @Slot()
    def _try(self) -> None:
        job, kind = self._job, self._kind
        if job is None or kind is None:
            self.told.setText("It hasn't run yet: save it and run it once, then try these.")
            self.told.show()
            return
        desk, rows = self._context.desk, [edit.row() for edit in self.rows]
        self.try_them.setEnabled(False)

        def shown(trial: Trial) -> None:
            self.try_them.setEnabled(True)
            if rows != [edit.row() for edit in self.rows]:
                return  # they have been edited since
            self.told.setText(trial.told)
            self.told.show()
            for edit, finding in zip(self.rows, trial.findings, strict=False):
                edit.show_finding(finding)

        def failed(error: Exception) -> None:
            self.try_them.setEnabled(True)
            self.told.setText(f"They can't be tried: {error}")
            self.told.show()

        self._context.calls.run(
            self, lambda: try_rows(desk, job, kind, rows), shown, failed, latest="trial"
        )

    # -- look ----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(M)
        top.addWidget(self.own, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.inherited, 1)
        self._list = QVBoxLayout()
        self._list.setSpacing(S)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        for button in (self.add, self.try_them):
            buttons.addWidget(button)
        buttons.addWidget(self.told, 1)
        buttons.addStretch(0)  # so that the buttons keep their size while nothing is told
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addLayout(top)
        column.addLayout(self._list)
        column.addLayout(buttons)

    def _append(self, row: AssertionRow) -> None:
        edit = AssertionRowEdit(self._context.theme, kinds_for(self._kind), row, self)
        self._wheel.guard(edit)
        edit.changed.connect(self._edited)
        edit.removed.connect(self._remove)
        edit.added.connect(self._add)
        self._list.addWidget(edit)
        before: QWidget = self.rows[-1].remove if self.rows else self.own
        for widget in (edit.kind, edit.about, edit.stream, edit.operator, edit.value, edit.remove):
            QWidget.setTabOrder(before, widget)
            before = widget
        self.rows.append(edit)

    def _show_rows(self, draft: AssertionsDraft) -> None:
        for edit in self.rows:
            edit.hide()
            edit.deleteLater()
        self.rows.clear()
        fit = draft.fitting(self._kind)
        self._waiting = [row for row in draft.rows if row not in fit]
        for row in fit:
            self._append(row)

    def _show(self) -> None:
        own = self.own.isChecked()
        self.inherited.setVisible(not own)
        for edit in self.rows:
            edit.setVisible(own)
        self.add.setVisible(own)
        self.add.setEnabled(len(self.rows) < MOST)
        self.try_them.setVisible(own and bool(self.rows) and self._kind is not None)
        nothing = f"Nothing more: {enough(self._kind)} is enough." if not self.rows else ""
        self.told.setText(nothing)
        self.told.setVisible(own and bool(nothing))

    @Slot()
    def _paint(self) -> None:
        self.add.setIcon(self._context.theme.icon("mdi6.plus", "muted"))
