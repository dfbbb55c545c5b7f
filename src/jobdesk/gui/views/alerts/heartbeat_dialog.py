"""A heartbeat: its name, how often its ping is expected, and who is told of its silence."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from jobdesk.desk import Desk
from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.heartbeat import Heartbeat, HeartbeatSpec
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.models.alerts.heartbeat_draft import HeartbeatDraft
from jobdesk.gui.models.job_form.field_problems import problems_of
from jobdesk.gui.theme import XL, L, M
from jobdesk.gui.views.alerts.policy_editor import PolicyEditor
from jobdesk.gui.views.job_form.fields import Field, Form, LineEdit, label_of

_WIDTH = 560
_NARROW = 110


class HeartbeatDialog(QDialog):
    """Edits ``heartbeat``, or makes a new one. Shown with ``open()``; ``saved`` carries its
    name."""

    saved = Signal(str)

    def __init__(
        self,
        context: Context,
        parent: QWidget,
        heartbeat: Heartbeat | None,
        taken: frozenset[str],
    ) -> None:
        super().__init__(parent)
        self._context, self._heartbeat = context, heartbeat
        self._taken = taken - {heartbeat.spec.name} if heartbeat else taken
        first = HeartbeatDraft.of(heartbeat.spec) if heartbeat else HeartbeatDraft()
        self._first = first
        self.setWindowTitle(f"Heartbeat “{heartbeat.spec.name}”" if heartbeat else "New heartbeat")
        self.form = Form(self)
        self.name = LineEdit("backup of the shop")
        self.every, self.grace = LineEdit("1d"), LineEdit("1m")
        for edit in (self.every, self.grace):
            edit.setFixedWidth(_NARROW)
        self.enabled = QCheckBox("Tell when it falls silent")
        self._add("name", "&Name", self.name)
        self._add("every", "&Every", self.every, "Such as 1h or 1d: how often a ping is expected")
        self._add("grace", "&Grace", self.grace, "So much later it may come")
        box = Field(self.form, "enabled", "", self.enabled, fill=False)
        self.form.add(box).watch(self.enabled.clicked)
        self.alerts = PolicyEditor(self, only=("channels",))
        self.problem = label_of("", "error")
        self.problem.setWordWrap(True)
        self._make_buttons()
        self._lay_out()
        self._load(first)
        for form in (self.form, self.alerts):
            form.edited.connect(self._check)
        self._check()
        self.name.setFocus()
        context.calls.run(self, lambda: _known(context.desk), self._settings_known)

    def draft(self) -> HeartbeatDraft:
        return replace(
            self._first,
            name=self.name.text(),
            every=self.every.text(),
            grace=self.grace.text(),
            enabled=self.enabled.isChecked(),
            alerts=self.alerts.draft(),
        )

    def _add(self, key: str, label: str, edit: LineEdit, hint: str = "") -> None:
        self.form.add(Field(self.form, key, label, edit, hint=hint, fill=key == "name")).watch(
            edit.textChanged
        )

    def _make_buttons(self) -> None:
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Cancel)
        self.buttons.button(standard.Cancel).setIcon(QIcon())
        self.save = self.buttons.addButton(
            "Save" if self._heartbeat else "Make heartbeat", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.save.setProperty("kind", "primary")
        self.save.setDefault(True)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(M)
        column.addWidget(self.form)
        column.addWidget(self.alerts)
        column.addStretch(1)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)
        self.setMinimumWidth(_WIDTH)

    def _load(self, draft: HeartbeatDraft) -> None:
        with self.form.loading(), self.alerts.loading():
            self.name.setText(draft.name)
            self.every.setText(draft.every)
            self.grace.setText(draft.grace)
            self.enabled.setChecked(draft.enabled)
            self.alerts.load(draft.alerts)

    def _settings_known(self, known: tuple[AlertPolicy, list[str]]) -> None:
        settings, channels = known
        self.alerts.know_channels(channels)
        self.alerts.show_inherited(((settings, "settings"),))

    @Slot()
    def _check(self) -> None:
        found = self.draft().problems(self._taken)
        for key, field in self.form.fields.items():
            # An empty name is no mistake yet.
            field.show_error(found.get(key, "") if field.touched or self._heartbeat else "")
        self.save.setEnabled(not found)

    @Slot()
    def _save(self) -> None:
        spec, old = self.draft().spec(), self._heartbeat
        desk = self._context.desk
        self.save.setEnabled(False)

        def work() -> Heartbeat:
            if old is None:
                return desk.heartbeats.add(spec)
            if spec == old.spec:
                return old  # a change would begin the wait anew
            return desk.heartbeats.change(old.spec.name, spec)

        self._context.calls.run(self, work, self._saved, self._refused)

    def _saved(self, heartbeat: Heartbeat) -> None:
        spec: HeartbeatSpec = heartbeat.spec
        self.saved.emit(spec.name)
        self.accept()

    def _refused(self, error: Exception) -> None:
        self.save.setEnabled(True)
        if isinstance(error, InvalidInput):
            found = problems_of(error)
            for key, field in self.form.fields.items():
                field.show_error(found.get(key, ""))
            if any(key in self.form.fields for key in found):
                return
        self.problem.setText(sentence(str(error)))


def _known(desk: Desk) -> tuple[AlertPolicy, list[str]]:
    """What the settings say, and the channels that there are. Not on the GUI thread."""
    return desk.settings().alerts, [channel.name for channel in desk.channels.all()]
