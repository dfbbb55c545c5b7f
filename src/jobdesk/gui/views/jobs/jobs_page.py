"""The page of all jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QWidget

from jobdesk.desk import Desk
from jobdesk.domain.job import Job
from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui import format as fmt
from jobdesk.gui.actions import JobActions
from jobdesk.gui.context import Context
from jobdesk.gui.format import counted
from jobdesk.gui.models.jobs_model import JobRow, JobsModel, matches
from jobdesk.gui.theme import M
from jobdesk.gui.views.inspector import label
from jobdesk.gui.views.jobs.job_inspector import JobInspector
from jobdesk.gui.views.list_page import ListPage, bar
from jobdesk.gui.views.page import PageAction
from jobdesk.gui.views.tables import Table
from jobdesk.gui.widgets import ActionButton, EmptyState, PageHeader, SearchField
from jobdesk.store.rows import Unreadable

LAST_RUNS = 10


class JobsPage(ListPage):
    """A list with its commands, and the selected job at the right."""

    name = "jobs"
    title = "Jobs"
    topics = ("jobs", "runs")
    pause_ms = 400

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._all: list[JobRow] = []
        self._read_once = False
        self._wanted: str | None = None
        self._text = ""
        self._commands = JobActions(context, self)
        theme = context.theme
        self.model = JobsModel(theme, context.desk.now(), self)
        self.table = Table(self.model, theme, context.state, "jobs", tall=True)
        self.table.setAccessibleName("Jobs")
        self._make_actions()
        self.search = SearchField(theme, "Search jobs")
        self.inspector: JobInspector = JobInspector(
            theme, [self.run_now, self.edit, self.duplicate, self.show_runs]
        )
        self.empty = EmptyState(theme, "mdi6.briefcase-outline", "", "", "New job")
        self.warning = self._make_warning()
        new = ActionButton(self.new, "primary", self)
        self.header = PageHeader(self.title, "", [new])
        buttons = [
            ActionButton(action, "quiet", self)
            for action in (self.run_now, self.edit, self.toggle, self.delete)
        ]
        self.build([self.warning, bar(self.search, None, *buttons)])
        self.offer(
            [
                self.run_now, self.show_runs, None, self.edit, self.duplicate, self.toggle,
                None, self.delete,
            ]
        )  # fmt: skip
        self.searches(self.search)
        self.search.searched.connect(self._searched)
        self.empty.clicked.connect(self._empty_clicked)
        self.table.selected.connect(self._selected)
        self.table.opened.connect(self._opened)
        self.table.clicked_cell.connect(self._clicked_cell)
        self.inspector.ticks.clicked.connect(context.navigation.open_run)
        self._selected()

    def _make_actions(self) -> None:
        theme = self.context.theme

        def action(
            text: str, icon: str, then: Callable[[], None], keys: str, tip: str
        ) -> PageAction:
            return PageAction(self, theme, text, icon, then, keys=keys, tip=tip)

        self.new = PageAction(
            self, theme, "New job", "mdi6.plus", self._new, tip="Set up a job", role="accent_text"
        )
        # The File menu has it already.
        self.removeAction(self.new)
        self.run_now = action(
            "Run now", "mdi6.play", self._run_now, "Ctrl+R", "Run it now, whatever its schedule"
        )
        self.edit = action("Edit", "mdi6.pencil-outline", self._edit, "F2", "Change the job")
        self.duplicate = action(
            "Duplicate", "mdi6.content-copy", self._duplicate, "Ctrl+D", "Make another like it"
        )
        self.toggle = action("Disable", "mdi6.toggle-switch-outline", self._toggle, "Ctrl+E", "")
        self.delete = action(
            "Delete", "mdi6.delete-outline", self._delete, "Del",
            "Delete the job; its runs stay in the history",
        )  # fmt: skip
        self.show_runs = action(
            "Show runs", "mdi6.format-list-bulleted", self._show_runs, "", "Its runs in the history"
        )

    def _make_warning(self) -> QLabel:
        warning = label()
        warning.setContentsMargins(M, M, M, M)
        warning.setProperty("role", "error")
        warning.setVisible(False)
        return warning

    # -- for the window -----------------------------------------------------------------

    def select(self, job_name: str) -> None:
        """Show the job with this name, also when a search would hide it."""
        self._wanted = job_name
        self.search.clear()
        self._show()

    def read(self) -> None:
        self.ask(partial(_read, self.context.desk), self._arrived, latest="jobs")

    def tick(self, now: datetime) -> None:
        self.table.tick(now)
        self.inspector.tick(now)

    # -- what is shown --------------------------------------------------------------------

    def _arrived(self, rows: list[JobRow]) -> None:
        self._all, self._read_once = rows, True
        unreadable = [row for row in rows if isinstance(row, Unreadable)]
        self.warning.setVisible(bool(unreadable))
        self.warning.setText(
            f"{counted(len(unreadable), 'job')} can't be read and"
            f" {'was' if len(unreadable) == 1 else 'were'} set aside."
            " Nothing is lost; select it to see what is wrong."
        )
        self._show()

    def _show(self) -> None:
        if not self._read_once:
            return
        self.model.tick(self.context.desk.now())
        shown = [row for row in self._all if not self._text or matches(row, self._text)]
        self.model.show(shown)
        jobs = [row for row in self._all if isinstance(row, Job)]
        enabled = sum(job.spec.enabled for job in jobs)
        off = len(jobs) - enabled
        said = f"{counted(enabled, 'job')} enabled" + (f", {off} disabled" if off else "")
        self.header.set_subtitle(said if jobs else "")
        if not shown:
            self._say_empty()
        self.show_rows(bool(shown))
        if self._wanted is not None:
            at = self.model.find_name(self._wanted)
            self._wanted = None
            if at is not None:
                self.table.select(self.model.key(self.model.row(at)))
                self.table.setFocus()

    def _say_empty(self) -> None:
        if self._all:
            self.empty.set(
                "mdi6.magnify-close", "No job matches",
                f"No name, action or queue has “{self._text}” in it.", "Clear search",
            )  # fmt: skip
        else:
            self.empty.set(
                "mdi6.briefcase-outline", "No jobs yet",
                "A job runs a script or calls an HTTP endpoint: by hand, at a time, every so"
                " often, or on a cron schedule.", "New job",
            )  # fmt: skip

    def _chosen(self) -> JobRow | None:
        rows = self.table.selected_rows()
        return rows[0] if rows else None

    def _job(self) -> Job | None:
        row = self._chosen()
        return row if isinstance(row, Job) else None

    @Slot()
    def _selected(self) -> None:
        row, job = self._chosen(), self._job()
        why = None if job else ("This job can't be read" if row else "Select a job")
        for action in (self.run_now, self.edit, self.duplicate, self.toggle):
            action.allow(why)
        self.delete.allow(None if row else "Select a job")
        self.show_runs.allow(None if row else "Select a job")
        enabled = job is None or job.spec.enabled
        self.toggle.setText("Disable" if enabled else "Enable")
        self.inspector.setVisible(row is not None)
        if row is not None:
            self.inspector.show_row(row, self.context.desk.now())
        if job is not None:
            which = RunFilter(job=job.name)
            self.ask(
                partial(self.context.desk.runs, which, limit=LAST_RUNS),
                partial(self._runs_arrived, job.id),
                latest="last runs",
            )

    def _runs_arrived(self, job_id: int, runs: list[Run]) -> None:
        shown = self.inspector.job
        if shown is not None and shown.id == job_id:
            self.inspector.show_runs(runs)

    # -- what the person does -------------------------------------------------------------

    @Slot(str)
    def _searched(self, text: str) -> None:
        self._text = text.strip()
        self._show()

    @Slot()
    def _empty_clicked(self) -> None:
        if self._all:
            self.search.clear()
        else:
            self._new()

    @Slot(object)
    def _opened(self, row: JobRow) -> None:
        if isinstance(row, Job):
            self.context.navigation.edit_job.emit(row.name)

    @Slot(object, int)
    def _clicked_cell(self, row: JobRow, column: int) -> None:
        if isinstance(row, Job) and column == JobsModel.ENABLED:
            self._commands.set_enabled(row.name, not row.spec.enabled)

    def _new(self) -> None:
        self.context.navigation.new_job.emit()

    def _run_now(self) -> None:
        if job := self._job():
            self._commands.run_now(job.name)

    def _edit(self) -> None:
        if job := self._job():
            self.context.navigation.edit_job.emit(job.name)

    def _duplicate(self) -> None:
        if job := self._job():
            self.context.navigation.duplicate_job.emit(job.name)

    def _toggle(self) -> None:
        if job := self._job():
            self._commands.set_enabled(job.name, not job.spec.enabled)

    def _delete(self) -> None:
        if row := self._chosen():
            self._commands.remove(row.name)

    def _show_runs(self) -> None:
        if row := self._chosen():
            self.context.navigation.show_runs.emit(RunFilter(job=row.name))


def _read(desk: Desk) -> list[JobRow]:
    """All jobs by name, those that can't be read among them."""
    rows: list[JobRow] = [*desk.jobs(), *desk.unreadable()]
    return sorted(rows, key=lambda row: fmt.by_name(row.name))
