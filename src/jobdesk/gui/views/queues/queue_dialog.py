"""A queue's limits, what its runs inherit, how long they are kept; and a new queue's name."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from jobdesk.desk import Desk
from jobdesk.domain.errors import InvalidInput, JobDeskError
from jobdesk.domain.parsing import check_name
from jobdesk.domain.queue import Queue
from jobdesk.domain.settings import EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.models.queue_draft import QueueDraft, starting
from jobdesk.gui.theme import XL, L, S
from jobdesk.gui.views.alerts.policy_editor import OF_JOBS, PolicyEditor
from jobdesk.gui.views.assertions.success_form import SuccessForm
from jobdesk.gui.views.job_form.fields import WheelGuard, label_of
from jobdesk.gui.views.queues.queue_forms import DefaultsForm, HistoryForm, LimitsForm

_SIZE = (660, 500)


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
        self._settings: EngineSettings | None = None
        self._first = QueueDraft() if queue is None else QueueDraft.of(queue)
        self.setWindowTitle("New queue" if queue is None else f"Queue “{queue.name}”")
        self.name = QLineEdit()
        self.name.setPlaceholderText("nightly")
        self.name.setAccessibleName("Name")
        self.problem = label_of("", "error")
        self.problem.setWordWrap(True)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.limits = LimitsForm(self)
        self.defaults = DefaultsForm(context.theme, self)
        self.success = SuccessForm(context, self)
        self.success.column.addStretch(1)
        self.alerts = PolicyEditor(self, offered=OF_JOBS)
        self.alerts.column.addStretch(1)
        self.history = HistoryForm(self)
        self._make_buttons()
        self._lay_out()
        self._load()
        self.name.textChanged.connect(self._check)
        for form in (self.limits, self.defaults, self.success, self.alerts, self.history):
            form.edited.connect(self._check)
        self._check()
        self.problem.setText("")  # an empty name is no mistake yet
        limits = self.limits
        first = limits.limited if limits.limited.isChecked() else limits.unlimited
        (self.name if queue is None else first).setFocus()
        context.calls.run(self, lambda: _known(context.desk), self._settings_known)

    def draft(self) -> QueueDraft:
        """What the dialog says by now."""
        limits, defaults, history = self.limits, self.defaults, self.history
        return QueueDraft(
            concurrency=limits.concurrency(),
            rate=limits.rate_given(),
            timeout=defaults.timeout_text.text() if defaults.timeout.is_own() else None,
            retries=defaults.retry_count.value() if defaults.retries.is_own() else None,
            backoff=defaults.delays.draft() if defaults.backoff.is_own() else None,
            jitter=defaults.spread.currentData() if defaults.jitter.is_own() else None,
            retry_permanent=(
                defaults.stubborn.currentData() if defaults.permanent.is_own() else None
            ),
            keep_finished_days=history.days.value() if history.finished_days.is_own() else None,
            keep_finished_runs=history.runs.value() if history.finished_runs.is_own() else None,
            keep_dead_days=history.dead.value() if history.dead_days.is_own() else None,
            success=self.success.draft(),
            alerts=self.alerts.draft(),
            kept=self._first.kept,
        )

    def _make_buttons(self) -> None:
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Cancel)
        self.buttons.button(buttons.Cancel).setIcon(QIcon())
        self.save = self.buttons.addButton(
            "Make queue" if self._queue is None else "Save",
            QDialogButtonBox.ButtonRole.AcceptRole,
        )
        self.save.setProperty("kind", "primary")
        self.save.setDefault(True)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, L, XL, L)
        column.setSpacing(S)
        if self._queue is None:
            column.addWidget(QLabel("Name"))
            column.addWidget(self.name)
        for title, form in (
            ("Limits", self.limits),
            ("Defaults for its runs", self.defaults),
            ("Success", self.success),
            ("Alerts", self.alerts),
            ("History", self.history),
        ):
            self.tabs.addTab(_scrolling(form), title)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.problem)
        column.addSpacing(S)
        column.addWidget(self.buttons)
        WheelGuard(self).guard(self)
        self.resize(*_SIZE)

    def _load(self) -> None:
        settings = self._settings or EngineSettings()
        inputs = starting(self._first, settings)
        for form in (self.limits, self.defaults, self.history):
            with form.loading():
                form.load(self._first, inputs)
        with self.success.loading():
            self.success.show_kind(None, None, "")
            self.success.load(self._first.success)
        with self.alerts.loading():
            self.alerts.load(self._first.alerts)

    def _settings_known(self, known: tuple[EngineSettings, list[str]]) -> None:
        settings, channels = known
        self._settings = settings
        self.alerts.know_channels(channels)
        self.alerts.show_inherited(((settings.alerts, "settings"),))
        # What a switch would start from; nothing that is set here changes by it.
        inputs, history = starting(self.draft(), settings), self.history
        with history.loading():
            history.load(self.draft(), inputs)
        self._show_inherited()

    def _show_inherited(self) -> None:
        words = self.draft().inherited(self._settings)
        for form in (self.defaults, self.history):
            for key, field in form.fields.items():
                field.target.show_inherited(words[key])  # type: ignore[attr-defined]

    @Slot()
    def _check(self) -> None:
        """Say beside the field what is wrong with it, and save nothing that is."""
        problem = self._problem_of_name() if self._queue is None else ""
        self.problem.setText(problem)
        self.name.setProperty("invalid", bool(problem) and bool(self.name.text()))
        style = self.name.style()
        style.unpolish(self.name)
        style.polish(self.name)
        found = self.draft().problems()
        self.defaults.show_problems(found)
        self.success.show_problems(found, everything=True)
        self.alerts.show_problems(found)
        # The tab that isn't shown may be what keeps Save grey: point to it.
        alert = self._context.theme.icon("mdi6.alert-circle", "danger")
        asserted = [key for key in found if key.startswith("assertions.")]
        told = [key for key in found if key in self.alerts.fields]
        rest = len(found) - len(asserted) - len(told)
        for tab, wrong in ((1, rest), (2, asserted), (3, told)):
            self.tabs.setTabIcon(tab, alert if wrong else QIcon())
        self._show_inherited()
        self.save.setEnabled(not problem and not found)

    def _problem_of_name(self) -> str:
        try:
            name = check_name(self.name.text(), "queue")
        except InvalidInput as error:
            return f"Expected {error.problems[0].expected}."
        return "There is a queue of that name already." if name in self._taken else ""

    @Slot()
    def _save(self) -> None:
        draft = self.draft()
        name = self._queue.name if self._queue else self.name.text()
        self.save.setEnabled(False)
        self._context.calls.run(
            self,
            partial(
                self._context.desk.set_queue,
                name,
                concurrency=draft.concurrency,
                policy=draft.policy(),
            ),
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


def _known(desk: Desk) -> tuple[EngineSettings, list[str]]:
    """The settings, and the channels that there are. Not on the GUI thread."""
    return desk.settings(), [channel.name for channel in desk.channels.all()]


def _scrolling(form: QWidget) -> QScrollArea:
    """What is wrong takes room beneath the fields: then a part scrolls."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, L, S, 0)
    column.addWidget(form)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(holder)
    return area
