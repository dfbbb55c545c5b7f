"""The three parts of the queue dialog: limits, what runs inherit, how long they are kept."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.queue import MAX_CONCURRENCY, Rate
from jobdesk.domain.retry import MAX_RETRIES
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.models.job_form.policy_draft import PolicyDraft
from jobdesk.gui.models.queue_draft import UNITS, QueueDraft, beat_words
from jobdesk.gui.theme import M, S, Theme
from jobdesk.gui.views.job_form.fields import HEIGHT, Field, Form, LineEdit, fit_spin_boxes
from jobdesk.gui.views.queues.backoff_editor import BackoffEditor
from jobdesk.gui.widgets import InheritField

_NARROW = 110
_DAYS = 36_500


class LimitsForm(Form):
    """Fields: concurrency, rate."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.unlimited = QRadioButton("No limit: as many at once as there are workers")
        self.limited = QRadioButton("At most")
        self.limit = _number(1, MAX_CONCURRENCY)
        self.limit.setAccessibleName("Runs at once")
        words = QLabel("runs at once")
        choice = _choice(self, self.unlimited, [self.limited, self.limit, words])
        hint = "What runs now is left alone; the limit counts when the next one starts"
        field = Field(self, "concurrency", "&Runs at once", choice, hint=hint)
        field.label.setBuddy(self.unlimited)
        self.add(field).watch(self.limited.toggled, self.limit.valueChanged)
        self.any_rate = QRadioButton("No limit: as soon as there is room")
        self.rated = QRadioButton("At most")
        self.rate = _number(1, 100_000)
        self.rate.setAccessibleName("Starts")
        self.per = QComboBox()
        self.per.setAccessibleName("In each")
        for unit, name in UNITS.items():
            self.per.addItem(f"per {name}", unit)
        choice = _choice(self, self.any_rate, [self.rated, self.rate, self.per])
        field = Field(self, "rate", "S&tarts", choice, hint=" ")
        field.label.setBuddy(self.any_rate)
        self.add(field).watch(self.rated.toggled, self.rate.valueChanged, self.per.activated)
        self.column.addStretch(1)
        fit_spin_boxes(self)
        self.limited.toggled.connect(self._refresh)
        self.rated.toggled.connect(self._refresh)
        self.rate.valueChanged.connect(self._refresh)
        self.per.currentIndexChanged.connect(self._refresh)

    def load(self, draft: QueueDraft, inputs: QueueDraft) -> None:
        """Show ``draft``; ``inputs`` is what stands in what it doesn't use."""
        self.limit.setValue(inputs.concurrency or 1)
        (self.unlimited if draft.concurrency is None else self.limited).setChecked(True)
        count, per = inputs.rate or (1, "s")
        self.rate.setValue(count)
        self.per.setCurrentIndex(self.per.findData(per))
        (self.any_rate if draft.rate is None else self.rated).setChecked(True)
        self._refresh()

    def concurrency(self) -> int | None:
        return self.limit.value() if self.limited.isChecked() else None

    def rate_given(self) -> tuple[int, str] | None:
        return (self.rate.value(), self.per.currentData()) if self.rated.isChecked() else None

    @Slot()
    def _refresh(self) -> None:
        self.limit.setEnabled(self.limited.isChecked())
        self.rate.setEnabled(self.rated.isChecked())
        self.per.setEnabled(self.rated.isChecked())
        given = self.rate_given()
        words = "Retries and replays count, too"
        if given is not None:
            words = beat_words(Rate(count=given[0], per=given[1]))  # type: ignore[arg-type]
        self.fields["rate"].show_note(words)


class DefaultsForm(Form):
    """What a queue or a job may say or leave to others. Fields: timeout, retries, backoff,
    jitter, retry_permanent."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.timeout_text = LineEdit("30s")
        self.timeout_text.setFixedWidth(_NARROW)
        self.timeout = InheritField(self.timeout_text)
        hint = "Such as 30s or 5m; none: no limit"
        self._add("timeout", "&Timeout", self.timeout, hint).watch(self.timeout_text.textChanged)
        self.retry_count = _number(0, MAX_RETRIES)
        self.retries = InheritField(self.retry_count)
        self._add("retries", "&Retries", self.retries).watch(self.retry_count.valueChanged)
        self.delays = BackoffEditor(theme)
        self.backoff = InheritField(self.delays, fill=True)
        self._add("backoff", "&Delays", self.backoff).watch(self.delays.changed)
        self.spread = _yes_or_no()
        self.jitter = InheritField(self.spread)
        self.jitter.setToolTip("So that what failed together isn't tried again all at once.")
        hint = "Growing delays: anything between nothing and the delay"
        self._add("jitter", "&Spread", self.jitter, hint).watch(self.spread.activated)
        self.stubborn = _yes_or_no()
        self.permanent = InheritField(self.stubborn)
        hint = "What can't get better by itself, such as a 404 or a program that doesn't exist"
        self._add("retry_permanent", "Retry t&he rest", self.permanent, hint).watch(
            self.stubborn.activated
        )
        self.column.addStretch(1)
        fit_spin_boxes(self)

    def load(self, draft: QueueDraft | PolicyDraft, inputs: QueueDraft | PolicyDraft) -> None:
        """Show ``draft``; ``inputs`` is what stands in what it doesn't set."""
        self.timeout_text.setText(inputs.timeout or "")
        self.retry_count.setValue(inputs.retries or 0)
        if inputs.backoff is not None:
            self.delays.load(inputs.backoff)
        self.spread.setCurrentIndex(self.spread.findData(bool(inputs.jitter)))
        self.stubborn.setCurrentIndex(self.stubborn.findData(bool(inputs.retry_permanent)))
        self.timeout.set_own(draft.timeout is not None)
        self.retries.set_own(draft.retries is not None)
        self.backoff.set_own(draft.backoff is not None)
        self.jitter.set_own(draft.jitter is not None)
        self.permanent.set_own(draft.retry_permanent is not None)

    def show_problems(self, problems: Problems) -> None:
        self.fields["timeout"].show_error(problems.get("timeout", ""))
        self.fields["backoff"].show_error(self.delays.show_problems(problems))

    def _add(self, key: str, label: str, inherit: InheritField, hint: str = "") -> Field:
        return _add(self, key, label, inherit, hint)


class HistoryForm(Form):
    """Fields: keep_finished_days, keep_finished_runs, keep_dead_days."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.days = _number(1, _DAYS, " days")
        self.finished_days = InheritField(self.days)
        _add(self, "keep_finished_days", "&Finished runs", self.finished_days).watch(
            self.days.valueChanged
        )
        self.runs = _number(1, 100_000_000, " runs")
        self.runs.setSingleStep(100)
        self.finished_runs = InheritField(self.runs)
        hint = "The newest are kept; what is older than the days above goes all the same"
        _add(self, "keep_finished_runs", "&No more than", self.finished_runs, hint).watch(
            self.runs.valueChanged
        )
        self.dead = _number(1, _DAYS, " days")
        self.dead_days = InheritField(self.dead)
        hint = "Dead letters that nobody replayed or discarded"
        _add(self, "keep_dead_days", "&Dead letters", self.dead_days, hint).watch(
            self.dead.valueChanged
        )
        self.column.addStretch(1)
        fit_spin_boxes(self)

    def load(self, draft: QueueDraft, inputs: QueueDraft) -> None:
        self.days.setValue(inputs.keep_finished_days or 1)
        self.runs.setValue(inputs.keep_finished_runs or 1)
        self.dead.setValue(inputs.keep_dead_days or 1)
        self.finished_days.set_own(draft.keep_finished_days is not None)
        self.finished_runs.set_own(draft.keep_finished_runs is not None)
        self.dead_days.set_own(draft.keep_dead_days is not None)


def _add(form: Form, key: str, label: str, inherit: InheritField, hint: str = "") -> Field:
    field = Field(form, key, label, inherit, hint=hint)
    return form.add(field).watch(inherit.changed)


def _choice(parent: QWidget, none: QRadioButton, some: Sequence[QWidget]) -> QWidget:
    """A pair of radio buttons, the second of which has inputs beside it."""
    holder = QWidget(parent)
    group = QButtonGroup(holder)
    line = QHBoxLayout()
    line.setSpacing(S)
    for widget in some:
        widget.setMinimumHeight(HEIGHT)
        line.addWidget(widget)
    line.addStretch(1)
    none.setMinimumHeight(HEIGHT)
    for button in (none, some[0]):
        if isinstance(button, QRadioButton):
            group.addButton(button)
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(none, 0, Qt.AlignmentFlag.AlignLeft)
    column.addLayout(line)
    holder.setFocusProxy(none)
    return holder


def _number(least: int, most: int, unit: str = "") -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setGroupSeparatorShown(True)
    box.setSuffix(unit)
    box.setFixedWidth(_NARROW + (2 * M if unit else 0))
    return box


def _yes_or_no() -> QComboBox:
    combo = QComboBox()
    combo.addItem("Yes", True)
    combo.addItem("No", False)
    combo.setFixedWidth(_NARROW)
    return combo
