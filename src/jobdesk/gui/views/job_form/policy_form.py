"""How the job runs: queue, retries, timeout, and what happens when runs collide."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget

from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.job import MAX_PRIORITY, Overlap
from jobdesk.domain.retry import MAX_RETRIES
from jobdesk.gui.models.backoff_draft import BackoffKind
from jobdesk.gui.models.job_form.policy_draft import (
    CATCH_UP_WORDS,
    OVERLAP_WORDS,
    PolicyDraft,
)
from jobdesk.gui.theme import Theme
from jobdesk.gui.views.job_form.fields import Field, Form, LineEdit, Segmented

_NARROW = 110


class PolicyForm(Form):
    """Fields: queue, priority, timeout, retries, backoff, base, factor, cap, jitter,
    fixed, delays, retry_permanent, overlap, catch_up, enabled."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._follows = False
        self._said: frozenset[str] = frozenset()
        self._lane()
        self._retries()
        self._collisions()
        self.edited.connect(self._edited)
        self._refresh()

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
        self.timeout = _short("none")
        field = Field(self, "timeout", "Time&out", self.timeout, fill=False, hint=" ")
        self.add(field).watch(self.timeout.textChanged)

    def _retries(self) -> None:
        self.retries = _number(0, MAX_RETRIES)
        self.add(Field(self, "retries", "&Retries", self.retries, fill=False)).watch(
            self.retries.valueChanged
        )
        self.backoff = Segmented(
            self._theme,
            [
                (BackoffKind.EXPONENTIAL, "Growing"),
                (BackoffKind.FIXED, "Always the same"),
                (BackoffKind.LIST, "A list"),
            ],
        )
        self.add(Field(self, "backoff", "Delays", self.backoff, fill=False)).watch(
            self.backoff.changed
        )
        self.base, self.factor, self.cap = _short("10s"), _short("2"), _short("1h")
        for key, label, edit in (
            ("base", "First delay", self.base),
            ("factor", "Then times", self.factor),
            ("cap", "At most", self.cap),
        ):
            self.add(Field(self, key, label, edit, fill=False)).watch(edit.textChanged)
        self.jitter = QCheckBox("Spread at random between nothing and the delay")
        self.jitter.setToolTip("So that what failed together isn't tried again all at once.")
        self.add(Field(self, "jitter", "", self.jitter, fill=False)).watch(self.jitter.clicked)
        self.fixed = _short("30s")
        self.add(Field(self, "fixed", "Delay", self.fixed, fill=False)).watch(
            self.fixed.textChanged
        )
        self.delays = LineEdit("10s, 1m, 10m")
        hint = "One for each retry; the last one serves any more"
        field = Field(self, "delays", "List", self.delays, hint=hint)
        self.add(field).watch(self.delays.textChanged)
        self.permanent = QCheckBox("Also retry what can't get better by itself")
        self.permanent.setToolTip("Such as a 404, or a program that doesn't exist.")
        field = Field(self, "retry_permanent", "", self.permanent, fill=False)
        self.add(field).watch(self.permanent.clicked)

    def _collisions(self) -> None:
        self.overlap, self.catch_up = QComboBox(), QComboBox()
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
        self.enabled = QCheckBox("Enabled: fires when its time comes")
        self.add(Field(self, "enabled", "", self.enabled, fill=False)).watch(self.enabled.clicked)

    def draft(self) -> PolicyDraft:
        return PolicyDraft(
            queue=self.queue.currentText(),
            priority=str(self.priority.value()),
            timeout=self.timeout.text(),
            retries=str(self.retries.value()),
            backoff=BackoffKind(self.backoff.chosen()[0]),
            base=self.base.text(),
            factor=self.factor.text(),
            cap=self.cap.text(),
            jitter=self.jitter.isChecked(),
            fixed=self.fixed.text(),
            delays=self.delays.text(),
            retry_permanent=self.permanent.isChecked(),
            overlap=Overlap(self.overlap.currentData()),
            catch_up=CatchUp(self.catch_up.currentData()),
            said=self._said,
        )

    def load(self, draft: PolicyDraft, *, enabled: bool) -> None:
        self._said = draft.said
        self.queue.setCurrentText(draft.queue)
        self.priority.setValue(int(draft.priority))
        self.timeout.setText(draft.timeout)
        self.retries.setValue(int(draft.retries))
        self.backoff.choose(draft.backoff)
        self.base.setText(draft.base)
        self.factor.setText(draft.factor)
        self.cap.setText(draft.cap)
        self.jitter.setChecked(draft.jitter)
        self.fixed.setText(draft.fixed)
        self.delays.setText(draft.delays)
        self.permanent.setChecked(draft.retry_permanent)
        self.overlap.setCurrentIndex(self.overlap.findData(str(draft.overlap)))
        self.catch_up.setCurrentIndex(self.catch_up.findData(str(draft.catch_up)))
        self.enabled.setChecked(enabled)
        self._follows = False
        self._refresh()

    def fill_queues(self, names: list[str]) -> None:
        """Offer these queues; what is typed stays."""
        text = self.queue.currentText()
        blocked = self.queue.blockSignals(True)
        self.queue.clear()
        self.queue.addItems(names)
        self.queue.setCurrentText(text)
        self.queue.blockSignals(blocked)

    def show_usual_timeout(self, *, http: bool) -> None:
        """What an empty timeout means depends on what runs."""
        self.timeout.setPlaceholderText("30s" if http else "none")
        usual = "30s in total" if http else "none"
        self.fields["timeout"].show_note(f"Such as 30s or 5m; empty: {usual}")

    @Slot(str)
    def _edited(self, key: str) -> None:
        if key == "backoff":
            self._follows = True
        elif key == "retries":
            self._follows = False
        if self._follows and key in ("backoff", "delays") and self._listing:
            # As `--backoff list:…` does without `--retries`.
            given = sum(bool(part.strip()) for part in self.delays.text().split(","))
            blocked = self.retries.blockSignals(True)
            self.retries.setValue(given)
            self.retries.blockSignals(blocked)
        self._refresh()

    @property
    def _listing(self) -> bool:
        return self.backoff.chosen() == [BackoffKind.LIST]

    def _refresh(self) -> None:
        some = self.retries.value() > 0 or self._listing
        kind = self.backoff.chosen()[:1] or [BackoffKind.EXPONENTIAL]
        self.fields["backoff"].setVisible(some)
        self.fields["retry_permanent"].setVisible(some)
        for key in ("base", "factor", "cap", "jitter"):
            self.fields[key].setVisible(some and kind == [BackoffKind.EXPONENTIAL])
        self.fields["fixed"].setVisible(some and kind == [BackoffKind.FIXED])
        self.fields["delays"].setVisible(some and kind == [BackoffKind.LIST])


def _short(placeholder: str) -> LineEdit:
    edit = LineEdit(placeholder)
    edit.setFixedWidth(_NARROW)
    return edit


def _number(least: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setFixedWidth(_NARROW)
    return box


def _add_choice(combo: QComboBox, value: StrEnum, words: tuple[str, str]) -> None:
    combo.addItem(f"{words[0]}: {words[1][:1].lower()}{words[1][1:-1]}", str(value))
    combo.setItemData(combo.count() - 1, words[1], Qt.ItemDataRole.ToolTipRole)
