"""How the job dialog is laid out: the form at the left, its preview at the right."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.job import Job
from jobdesk.domain.policy import Source
from jobdesk.domain.queue import QueuePolicy
from jobdesk.gui.context import Context
from jobdesk.gui.models.alerts.policy_draft import Said, alert_words
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.models.job_form.job_draft import JobDraft
from jobdesk.gui.models.policy_words import source_words
from jobdesk.gui.theme import XL, L, M, S
from jobdesk.gui.views.alerts.policy_editor import OF_JOBS, PolicyEditor
from jobdesk.gui.views.assertions.success_form import SuccessForm
from jobdesk.gui.views.job_form.action_form import ActionForm
from jobdesk.gui.views.job_form.fields import Field, Form, LineEdit, fit_spin_boxes, label_of
from jobdesk.gui.views.job_form.opener import Opener
from jobdesk.gui.views.job_form.policy_form import PolicyForm
from jobdesk.gui.views.job_form.preview_panel import PreviewPanel
from jobdesk.gui.views.job_form.schedule_form import ScheduleForm
from jobdesk.gui.widgets import InheritField

_SIZE = (1060, 740)
_LEAST = (1024, 480)


class JobDialogLayout(QObject):
    """The widgets of the dialog, by name, and what a person sees of them."""

    edited = Signal(str)

    def __init__(self, dialog: QDialog, context: Context, zone: ZoneInfo, *, editing: bool) -> None:
        super().__init__(dialog)
        self._theme = context.theme
        self.scroll, content = _scrolling(dialog)
        side, holder = _scrolling(dialog)
        self.name_form = Form(content)
        self.name = LineEdit("Nightly backup")
        self.name_form.add(Field(self.name_form, "name", "&Name", self.name)).watch(
            self.name.textChanged
        )
        self.action = ActionForm(context.theme, content)
        self.schedule = ScheduleForm(context.theme, zone, content)
        self.success = SuccessForm(context, content)
        self.told = Opener(context.theme, "Alerts", content)
        self.alerts = PolicyEditor(content, offered=OF_JOBS)
        self.told.opens(self.alerts)
        self.options = Opener(context.theme, "More options", content)
        self.more, self.more_words = self.options.button, self.options.words
        self.policy = PolicyForm(context.theme, content)
        self.options.opens(self.policy)
        self.preview = PreviewPanel(context, holder)
        self.fields: dict[str, Field] = {}
        self._policies: dict[str, QueuePolicy] = {}
        self._usual_alerts = AlertPolicy()
        for form in self._forms():
            self.fields |= form.fields
            form.edited.connect(self._edited)
        self._buttons(editing=editing)
        self._assemble(content)
        self._assemble_side(side, holder)
        self._frame(dialog, side)

    def _forms(self) -> tuple[Form, ...]:
        return (
            self.name_form, self.action, self.schedule, self.success, self.alerts, self.policy,
        )  # fmt: skip

    def _buttons(self, *, editing: bool) -> None:
        self.trouble = label_of("", "error")
        self.trouble.setWordWrap(True)
        self.cancel = QPushButton("Cancel")
        self._save_text = "Save changes" if editing else "Create job"
        self.save = QPushButton(self._save_text)
        self.save.setProperty("kind", "primary")
        self.save.setToolTip("Ctrl+Enter")
        for button in (self.cancel, self.save):
            button.setAutoDefault(False)

    def _assemble(self, content: QWidget) -> None:
        column = QVBoxLayout(content)
        column.setContentsMargins(XL, XL, L, XL)
        column.setSpacing(M)
        column.addWidget(self.name_form)
        column.addWidget(self.action)
        for widget in (_line(), label_of("When", "heading")):
            column.addWidget(widget)
        column.addWidget(self.schedule)
        for widget in (_line(), label_of("Success", "heading")):
            column.addWidget(widget)
        column.addWidget(self.success)
        column.addWidget(_line())
        column.addWidget(self.told)
        column.addWidget(self.alerts)
        column.addWidget(_line())
        column.addWidget(self.options)
        column.addWidget(self.policy)
        column.addStretch(1)
        fit_spin_boxes(content)

    def _assemble_side(self, side: QScrollArea, holder: QWidget) -> None:
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, XL, L, XL)
        column.addWidget(self.preview)
        column.addStretch(1)
        side.setFixedWidth(self.preview.width() + L + M)

    def _frame(self, dialog: QDialog, side: QScrollArea) -> None:
        both = QHBoxLayout()
        both.setSpacing(S)
        both.addWidget(self.scroll, 1)
        both.addWidget(side)
        foot = QHBoxLayout()
        foot.setContentsMargins(XL, M, L, M)
        foot.setSpacing(S)
        foot.addWidget(self.trouble, 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.save)
        whole = QVBoxLayout(dialog)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(both, 1)
        whole.addWidget(_line())
        whole.addLayout(foot)
        QWidget.setTabOrder(self.save, self.preview.copy)
        QWidget.setTabOrder(self.preview.copy, self.preview.command)
        room = dialog.screen().availableSize()
        dialog.setMinimumSize(*_LEAST)
        dialog.resize(min(_SIZE[0], room.width() - 40), min(_SIZE[1], room.height() - 60))

    # -- content ---------------------------------------------------------------------

    def load(self, draft: JobDraft) -> None:
        with ExitStack() as stack:
            for form in self._forms():
                stack.enter_context(form.loading())
            self.name.setText(draft.name)
            self.action.load(draft.action)
            self.schedule.load(draft.schedule)
            self.success.load(draft.success)
            self.alerts.load(draft.alerts, self._asked())
            self.policy.load(draft.policy, enabled=draft.enabled)
        self._refresh()

    def draft(self, origin: Job | None) -> JobDraft:
        return JobDraft(
            schedule=self.schedule.draft(),
            name=self.name.text(),
            action=self.action.draft(),
            policy=self.policy.draft(),
            success=self.success.draft(),
            alerts=self.alerts.draft(),
            enabled=self.policy.enabled.isChecked(),
            origin=origin,
        )

    def set_name(self, name: str) -> None:
        """Put a name in, other than by the person."""
        with self.name_form.loading():
            self.name.setText(name)

    def know_queues(self, policies: dict[str, QueuePolicy]) -> None:
        """What each of the queues says, by name."""
        self._policies = policies
        self.policy.fill_queues(list(policies))
        self._refresh()

    def know_alerts(self, usual: AlertPolicy, channels: list[str]) -> None:
        """What the settings say of alerts, and the channels that there are."""
        self._usual_alerts = usual
        self.alerts.know_channels(channels)
        self._refresh()

    def _asked(self) -> Said:
        """Who says of alerts what the job leaves to others."""
        queue = self.queue_policy
        named = source_words(Source.QUEUE, self.policy.queue.currentText())
        return ((queue.alerts if queue else None, named), (self._usual_alerts, "settings"))

    @property
    def queue_policy(self) -> QueuePolicy | None:
        """What the chosen queue says; None for a new one, or one that isn't known yet."""
        return self._policies.get(self.policy.queue.currentText())

    def show_problems(self, problems: Problems, also: Collection[str] = ()) -> None:
        """Say what is wrong beside each field that the person touched, and beside ``also``."""
        said = {PolicyForm.field_of(key): text for key, text in problems.items()}
        for key, field in self.fields.items():
            shown = field.touched or key in also
            if key == "backoff":
                text = self.policy.show_delay_problems(problems if shown else {})
                field.show_error(text or (said.get(key, "") if shown else ""))
            elif key == "assertions":
                self.success.show_problems(problems, everything=key in also)
            else:
                field.show_error(said.get(key, "") if shown else "")

    def go_to(self, key: str) -> None:
        """Put the cursor into a field, wherever it is."""
        field = self.field_of(key)
        if field is None:
            return
        if field.key in self.policy.fields:
            self.more.setChecked(True)
        if field.key in self.alerts.fields:
            self.told.button.setChecked(True)
        self.scroll.ensureWidgetVisible(field)
        if field.key == "assertions":
            self.success.go_to(key)
        else:
            target = field.target
            if isinstance(target, InheritField) and target.is_own():
                target = target.editor
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def field_of(self, key: str) -> Field | None:
        """The field that shows what is wrong with ``key``, if there is one."""
        return self.fields.get(PolicyForm.field_of(key.partition(".")[0]))

    def show_trouble(self, text: str) -> None:
        self.trouble.setText(text)

    def set_busy(self, busy: bool) -> None:
        self.save.setText("Saving…" if busy else self._save_text)
        for button in (self.save, self.cancel):
            button.setEnabled(not busy)
        self.scroll.setEnabled(not busy)

    # -- look ------------------------------------------------------------------------

    @Slot(str)
    def _edited(self, key: str) -> None:
        self._refresh()
        self.edited.emit(key)

    def _refresh(self) -> None:
        kind, queue = self.action.kind.chosen()[0], self.queue_policy
        self.policy.show_inherited(queue, kind)
        self.success.show_kind(kind, queue, self.policy.queue.currentText())
        self.alerts.show_inherited(self._asked())
        self.told.words.setText(self._alert_words())
        words = self.policy.draft().changed_words
        if not self.policy.enabled.isChecked():
            words.append("disabled")
        usual = "Queue, retries, timeout, overlap, callback"
        self.more_words.setText(", ".join(words) or usual)

    def _alert_words(self) -> str:
        """What the job says of alerts, or what holds anyway."""
        draft = self.alerts.draft()
        own = "" if draft.problems() else alert_words(draft.policy())
        return own or f"of {self.alerts.own['kinds'].inherited.text()}"


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("line", True)
    return line


def _scrolling(dialog: QDialog) -> tuple[QScrollArea, QWidget]:
    """A column that scrolls up and down only, and the widget in it."""
    area = QScrollArea(dialog)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    content = QWidget(area)
    area.setWidget(content)
    return area, content
