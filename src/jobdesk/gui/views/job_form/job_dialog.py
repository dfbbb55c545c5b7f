"""The dialog that makes a job, changes one, or makes a copy of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from jobdesk.clock import local_zone
from jobdesk.desk import Desk
from jobdesk.desk.placing import missing, place
from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import Job
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.zones import find_zone
from jobdesk.gui.context import Context
from jobdesk.gui.format import counted
from jobdesk.gui.models.job_form.action_draft import Kind
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.models.job_form.job_draft import JobDraft
from jobdesk.gui.models.job_form.job_preview import Preview, preview_of
from jobdesk.gui.views.job_form.fields import WheelGuard
from jobdesk.gui.views.job_form.job_dialog_layout import JobDialogLayout
from jobdesk.gui.views.job_form.zone_combo import zone_names

_PAUSE_MS = 120
"""Typing faster than this makes one preview."""
EDIT, DUPLICATE, NEW = "edit", "duplicate", "new"


@dataclass(frozen=True, slots=True)
class _Known:
    """What the form is to know of the desk."""

    jobs: list[str]
    queues: dict[str, QueuePolicy]
    alerts: AlertPolicy
    channels: list[str]


class JobDialog(QDialog):
    """Shown with ``open()``. ``saved`` carries the name of the job that was stored.

    Errors stand beside a field as soon as a person has changed it, and beside all fields
    once they tried to save; what the desk refuses is shown the same way.
    """

    saved = Signal(str)

    def __init__(
        self,
        context: Context,
        parent: QWidget | None,
        *,
        job: Job | None = None,
        duplicate: bool = False,
    ) -> None:
        super().__init__(parent)
        self._context, self._zone = context, local_zone()
        self._mode = NEW if job is None else DUPLICATE if duplicate else EDIT
        self._job = job
        self._taken: frozenset[str] = frozenset()
        self._refused: Problems = {}
        self._attempted = self._busy = self._zones_asked = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(
            {NEW: "New job", DUPLICATE: "Duplicate job", EDIT: "Edit job"}[self._mode]
        )
        self.form = JobDialogLayout(self, context, self._zone, editing=self._mode == EDIT)
        self._origin = job if self._mode == EDIT else None
        self.form.success.try_on(self._origin.name if self._origin else None)
        self._initial = self._first_draft(context.desk.now())
        self._preview_timer = QTimer(self)
        self._preview_timer.setSingleShot(True)
        self._preview_timer.setInterval(_PAUSE_MS)
        self._preview_timer.timeout.connect(self._ask_preview)
        self.form.load(self._initial)
        self._initial = self.draft()
        self._connect()
        self._ask_preview()
        self._ask_names()

    def _connect(self) -> None:
        self._wheel = WheelGuard(self)
        self._wheel.guard(self)
        self.form.edited.connect(self._edited)
        self.form.schedule.zones_wanted.connect(self._ask_zones)
        if self.form.schedule.zones_needed:
            self._ask_zones()
        self.form.preview.outdated.connect(self._ask_preview)
        self.form.save.clicked.connect(self.save)
        self.form.cancel.clicked.connect(self.reject)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.save)

    def _first_draft(self, now: datetime) -> JobDraft:
        if self._job is None:
            return JobDraft.new(self._zone.key, now)
        draft = JobDraft.from_job(self._job, self._zone.key, now)
        return draft if self._mode == EDIT else draft.duplicate({self._job.name})

    def draft(self) -> JobDraft:
        """What the form holds."""
        return self.form.draft(self._origin)

    def problems(self) -> Problems:
        """What is wrong with it now, the desk's refusals included."""
        found = self.draft().problems(self._context.desk.now(), self._taken)
        return {**found, **{k: v for k, v in self._refused.items() if k not in found}}

    # -- as one types ----------------------------------------------------------------

    @Slot(str)
    def _edited(self, key: str) -> None:
        for refused in [each for each in self._refused if self._shown_by(each) == key]:
            del self._refused[refused]
        self._show_problems(self.problems())
        self._preview_timer.start()

    def _show_problems(self, problems: Problems) -> None:
        refused = set(map(self._shown_by, self._refused))
        self.form.show_problems(problems, self.form.fields if self._attempted else refused)
        if not self._attempted or not problems:
            self.form.show_trouble("")
        else:
            what = counted(len(problems), "field needs", "fields need")
            self.form.show_trouble(f"{what} another look before this can be saved.")

    @Slot()
    def _ask_preview(self) -> None:
        draft, now, zone = self.draft(), self._context.desk.now(), self._zone
        queue = self.form.queue_policy

        def work() -> tuple[Preview, str]:
            return preview_of(draft, now, zone, queue=queue), _missing(draft)

        self._context.calls.run(self, work, self._show_preview, latest="preview")
        self._ask_secrets()

    def _show_preview(self, result: tuple[Preview, str]) -> None:
        preview, warning = result
        self.form.preview.show_preview(preview, self._context.desk.now())
        if self.form.action.kind.chosen() == [Kind.SCRIPT]:
            self.form.action.show_missing(warning)

    def _ask_secrets(self) -> None:
        """By itself: a keyring may take its time, and the preview needn't wait for it."""
        desk, draft = self._context.desk, self.draft()
        show = self.form.action.show_unset
        self._context.calls.run(self, lambda: _unset(draft, desk), show, latest="secrets")

    @Slot()
    def _ask_zones(self) -> None:
        if not self._zones_asked:
            self._zones_asked = True
            self._context.calls.run(self, zone_names, self.form.schedule.zone.fill)

    def _ask_names(self) -> None:
        desk = self._context.desk

        def work() -> _Known:
            find_zone("UTC")  # The first question about zones reads many files.
            jobs = [job.name for job in desk.jobs()] + [row.name for row in desk.unreadable()]
            return _Known(
                jobs,
                {queue.name: queue.policy for queue in desk.queues()},
                desk.settings().alerts,
                [channel.name for channel in desk.channels.all()],
            )

        self._context.calls.run(self, work, self._names_known, self._names_unknown)

    def _names_known(self, known: _Known) -> None:
        self._taken = frozenset(known.jobs)
        self.form.know_queues(known.queues)
        self.form.know_alerts(known.alerts, known.channels)
        self._ask_preview()
        if self._mode == DUPLICATE and self._job and not self.form.fields["name"].touched:
            free = JobDraft.from_job(self._job, self._zone.key, self._context.desk.now())
            self.form.set_name(free.duplicate(self._taken).name)
            self._initial = self.draft()
        self._show_problems(self.problems())

    def _names_unknown(self, error: Exception) -> None:
        self.form.show_trouble(f"The names of jobs and queues can't be read: {error}")

    # -- saving ----------------------------------------------------------------------

    @Slot()
    def save(self) -> None:
        """Store the job, or show what is in the way and go there."""
        if self._busy:
            return
        self._attempted = True
        problems = self.problems()
        self._show_problems(problems)
        if problems:
            self.form.go_to(next(iter(problems)))
            return
        desk, draft, old = self._context.desk, self.draft(), self._origin
        self._set_busy(True)

        def work() -> str:
            spec = draft.spec(desk.now())
            if old is None:
                return desk.add(spec, folder=Path.home()).name
            return desk.change_job(old.name, spec, folder=Path.home()).name

        self._context.calls.run(self, work, self._stored, self._not_stored)

    def _stored(self, name: str) -> None:
        self._set_busy(False)
        self.saved.emit(name)
        done = "created" if self._origin is None else "saved"
        self._context.navigation.notify.emit(f"“{name}” is {done}.", None)
        self.accept()

    def _not_stored(self, error: Exception) -> None:
        self._set_busy(False)
        if isinstance(error, InvalidInput):
            self._refused = self.draft().refusals(error)
            known = [key for key in self._refused if self._shown_by(key)]
            self._show_problems(self.problems())
            if known:
                self.form.go_to(known[0])
                return
        self.form.show_trouble(f"It was not saved: {error}")

    def _shown_by(self, key: str) -> str:
        """The field that shows what is wrong with ``key``, "" for none."""
        return field.key if (field := self.form.field_of(key)) else ""

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.form.set_busy(busy)

    # -- leaving ---------------------------------------------------------------------

    @property
    def unsaved(self) -> bool:
        return self.draft() != self._initial

    @Slot()
    def reject(self) -> None:
        """Close; unsaved changes are asked about first."""
        if self._busy:
            return
        if not self.unsaved:
            super().reject()
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(self.windowTitle())
        box.setText("Discard what you changed?")
        box.setInformativeText("Nothing of it has been saved.")
        keep = box.addButton("Keep editing", QMessageBox.ButtonRole.RejectRole)
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        discard.setProperty("kind", "danger")
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        discard.clicked.connect(self._discard)
        box.open()

    @Slot()
    def _discard(self) -> None:
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.reject()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.form.go_to("name")


def _missing(draft: JobDraft) -> str:
    """A sentence when the program or folder isn't there now. Looks at the disk."""
    try:
        return missing(place(draft.action.action(), Path.home())) or ""
    except InvalidInput as error:
        return (
            f"the folder can't be used: {error.problems[0].expected} is expected"
            if any(problem.field == "cwd" for problem in error.problems)
            else ""
        )


def _unset(draft: JobDraft, desk: Desk) -> list[str]:
    """The secrets that it refers to and that nobody has set. May ask the keyring."""
    try:
        return desk.secrets.missing(draft.action.action())
    except InvalidInput:
        return []
