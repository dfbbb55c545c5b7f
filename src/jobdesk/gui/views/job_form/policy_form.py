"""How the job runs: queue, retries, timeout, and what happens when runs collide."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget

from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.job import MAX_PRIORITY, Overlap
from jobdesk.domain.queue import QueuePolicy
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.models.job_form.policy_draft import (
    CATCH_UP_WORDS,
    OVERLAP_WORDS,
    PolicyDraft,
)
from jobdesk.gui.theme import Theme
from jobdesk.gui.views.job_form.fields import Field, Form, LineEdit
from jobdesk.gui.views.queues.queue_forms import DefaultsForm

_NARROW = 110
_DELAYS = ("base", "factor", "cap", "fixed", "delays")


class PolicyForm(Form):
    """Fields: queue, priority; timeout, retries, backoff, jitter, retry_permanent, each of
    them left to the queue or set here; overlap, catch_up, callback_url, enabled."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._lane()
        self.terms = DefaultsForm(theme, self)
        self.column.addWidget(self.terms)
        self.fields |= self.terms.fields
        self.terms.edited.connect(self._terms_edited)
        self._collisions()

    def _lane(self) -> None:
        self.queue = QComboBox()
        self.queue.setEditable(True)
        self.queue.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.queue.setLineEdit(LineEdit())
        self.queue.setMinimumWidth(220)
        hint = "A queue that doesn't exist yet is made"
        field = Field(self, "queue", "&Queue", self.queue, fill=False, hint=hint)
        self.add(field).watch(self.queue.editTextChanged)
        self.priority = _number(-MAX_PRIORITY, MAX_PRIORITY)
        field = Field(
            self, "priority", "Pr&iority", self.priority, fill=False, hint="Higher runs first"
        )
        self.add(field).watch(self.priority.valueChanged)

    def _collisions(self) -> None:
        self.overlap, self.catch_up = QComboBox(), QComboBox()
        for combo in (self.overlap, self.catch_up):
            # Their longest words would make the form wider than its place.
            combo.setMinimumContentsLength(20)
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        for overlap, words in OVERLAP_WORDS.items():
            _add_choice(self.overlap, overlap, words)
        for catch_up, words in CATCH_UP_WORDS.items():
            _add_choice(self.catch_up, catch_up, words)
        hint = "When it is time and an earlier run of this job isn't finished"
        field = Field(self, "overlap", "O&verlap", self.overlap, hint=hint)
        self.add(field).watch(self.overlap.activated)
        hint = "When its time passed while nothing could run, such as with the computer off"
        field = Field(self, "catch_up", "&Missed times", self.catch_up, hint=hint)
        self.add(field).watch(self.catch_up.activated)
        self.callback = LineEdit("https://example.com/done")
        hint = (
            "Told by a POST when a run has ended: its ids, state, attempt, response status,"
            " duration and error, as JSON. The call is a run of the queue “callbacks”"
        )
        field = Field(self, "callback_url", "Callback", self.callback, hint=hint)
        self.add(field).watch(self.callback.textChanged)
        self.enabled = QCheckBox("Enabled: fires when its time comes")
        self.add(Field(self, "enabled", "", self.enabled, fill=False)).watch(self.enabled.clicked)

    def draft(self) -> PolicyDraft:
        terms = self.terms
        return PolicyDraft(
            queue=self.queue.currentText(),
            priority=str(self.priority.value()),
            timeout=terms.timeout_text.text() if terms.timeout.is_own() else None,
            retries=terms.retry_count.value() if terms.retries.is_own() else None,
            backoff=terms.delays.draft() if terms.backoff.is_own() else None,
            jitter=terms.spread.currentData() if terms.jitter.is_own() else None,
            retry_permanent=terms.stubborn.currentData() if terms.permanent.is_own() else None,
            overlap=Overlap(self.overlap.currentData()),
            catch_up=CatchUp(self.catch_up.currentData()),
            callback_url=self.callback.text(),
        )

    def load(self, draft: PolicyDraft, *, enabled: bool) -> None:
        self.queue.setCurrentText(draft.queue)
        self.priority.setValue(int(draft.priority))
        with self.terms.loading():
            self.terms.load(draft, draft.starting(None, ""))
        self.overlap.setCurrentIndex(self.overlap.findData(str(draft.overlap)))
        self.catch_up.setCurrentIndex(self.catch_up.findData(str(draft.catch_up)))
        self.callback.setText(draft.callback_url)
        self.enabled.setChecked(enabled)

    def fill_queues(self, names: list[str]) -> None:
        """Offer these queues; what is typed stays."""
        text = self.queue.currentText()
        blocked = self.queue.blockSignals(True)
        self.queue.clear()
        self.queue.addItems(names)
        self.queue.setCurrentText(text)
        self.queue.blockSignals(blocked)

    def show_inherited(self, queue: QueuePolicy | None, kind: str) -> None:
        """Say what holds where nothing is set here: by what the queue says, and by what runs
        (script, http). A switch that is turned on starts from there."""
        draft = self.draft()
        touched = {key: field.touched for key, field in self.terms.fields.items()}
        with self.terms.loading():
            self.terms.load(draft, draft.starting(queue, kind))
        words = draft.inherited(queue, kind)
        for key, field in self.terms.fields.items():
            field.touched = touched[key]
            field.target.show_inherited(words[key])  # type: ignore[attr-defined]

    def show_delay_problems(self, problems: Problems) -> str:
        """Redden the delays that are wrong; what to say about them."""
        return self.terms.delays.show_problems(problems)

    @staticmethod
    def field_of(key: str) -> str:
        """The field that shows what is wrong with ``key``."""
        return "backoff" if key in _DELAYS else key

    @Slot(str)
    def _terms_edited(self, key: str) -> None:
        self.edited.emit(key)


def _number(least: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setFixedWidth(_NARROW)
    return box


def _add_choice(combo: QComboBox, value: StrEnum, words: tuple[str, str]) -> None:
    combo.addItem(f"{words[0]}: {words[1][:1].lower()}{words[1][1:-1]}", str(value))
    combo.setItemData(combo.count() - 1, words[1], Qt.ItemDataRole.ToolTipRole)
