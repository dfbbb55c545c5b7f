"""Quiet hours: from when to when alerts wait, and whether failures come through."""

from __future__ import annotations

from PySide6.QtCore import QTime, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QTimeEdit, QVBoxLayout, QWidget

from jobdesk.domain.alert import QuietHours
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.theme import XL, S
from jobdesk.gui.views.job_form.fields import WheelGuard, fit_spin_boxes
from jobdesk.gui.views.settings.parts import Remark, words

QUIET = "quiet_hours"
_USUAL = QuietHours(start="22:00", end="07:00")
_WIDTH = 78
_FORMAT = "HH:mm"


class QuietField(QWidget):
    """``changed`` when the person changed something."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.on = QCheckBox("Alerts wait")
        self.start, self.end = QTimeEdit(), QTimeEdit()
        self.failures = QCheckBox("Failures come through")
        self.problem = Remark()
        line = QHBoxLayout()
        line.setSpacing(S)
        line.addWidget(self.on)
        for text, edit in (("from", self.start), ("to", self.end)):
            edit.setDisplayFormat(_FORMAT)
            edit.setFixedWidth(_WIDTH)
            edit.setAccessibleName(f"Quiet {text}")
            line.addWidget(words(text))
            line.addWidget(edit)
        line.addStretch(1)
        below = QVBoxLayout()
        below.setContentsMargins(XL, 0, 0, 0)
        below.setSpacing(S)
        below.addWidget(self.failures)
        below.addWidget(words("What has waited is told when they are over.", "small", wrap=True))
        below.addWidget(self.problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addLayout(line)
        column.addLayout(below)
        fit_spin_boxes(self)
        self._wheel = WheelGuard(self)
        self._wheel.guard(self)
        self.on.toggled.connect(self._switched)
        self.failures.toggled.connect(self.changed)
        for edit in (self.start, self.end):
            edit.timeChanged.connect(self.changed)
        self.load(None, False)

    def load(self, hours: QuietHours | None, but_failures: bool) -> None:
        shown = hours or _USUAL
        self.start.setTime(QTime.fromString(shown.start, _FORMAT))
        self.end.setTime(QTime.fromString(shown.end, _FORMAT))
        self.failures.setChecked(but_failures)
        self.on.setChecked(hours is not None)
        self._switched()

    def hours(self) -> QuietHours | None:
        if not self.on.isChecked():
            return None
        start, end = (edit.time().toString(_FORMAT) for edit in (self.start, self.end))
        return QuietHours(start=start, end=end)

    def but_failures(self) -> bool:
        return self.failures.isChecked()

    def problems(self) -> Problems:
        same = self.on.isChecked() and self.start.time() == self.end.time()
        return {QUIET: "Two different times are expected."} if same else {}

    def show_problems(self, problems: Problems) -> None:
        self.problem.setText(problems.get(QUIET, ""))

    @Slot()
    def _switched(self) -> None:
        for widget in (self.start, self.end, self.failures):
            widget.setEnabled(self.on.isChecked())
        self.changed.emit()
