"""Jobs as rows."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject

from jobdesk.domain.job import Job
from jobdesk.domain.run import RunState
from jobdesk.domain.trigger import At
from jobdesk.gui import format as fmt
from jobdesk.gui.models import run_words
from jobdesk.gui.models.cells import BadgeCell, Cell, TextCell, ToggleCell
from jobdesk.gui.models.list_model import ListModel
from jobdesk.gui.models.table_model import Column
from jobdesk.gui.theme import Theme
from jobdesk.store.rows import Unreadable

JobRow = Job | Unreadable


def schedule_words(job: Job, now: datetime) -> str:
    """When it fires: ``Every 5 minutes``, ``Once, tomorrow 12:04``, ``Only by hand``."""
    trigger = job.spec.trigger
    if trigger is None:
        return "Only by hand"
    if isinstance(trigger, At):
        return f"Once, {fmt.moment(trigger.at, now)}"
    return trigger.words


def matches(row: JobRow, text: str) -> bool:
    """Whether the name, the action or the queue has ``text`` in it, whatever its case."""
    wanted = text.casefold()
    if isinstance(row, Unreadable):
        return wanted in row.name.casefold()
    spec = row.spec
    return any(wanted in part.casefold() for part in (spec.name, spec.action.summary, spec.queue))


class JobsModel(ListModel[JobRow]):
    """All jobs, those that can't be read among them."""

    NAME, SCHEDULE, NEXT, LAST, QUEUE, ENABLED = range(6)
    columns = (
        Column("Name", 0),
        Column("Schedule", 0, rank=3),
        Column("Next fire", 116, live=True, rank=1),
        Column("Last result", 196, live=True, rank=2),
        Column("Queue", 96, rank=4),
        Column("Enabled", 76),
    )

    def __init__(self, theme: Theme, now: datetime, parent: QObject | None = None) -> None:
        super().__init__(now, parent)
        self._theme = theme

    def key(self, row: JobRow) -> tuple[bool, int]:
        return isinstance(row, Job), row.id

    def find_name(self, name: str) -> int | None:
        return next((at for at, row in enumerate(self._rows) if row.name == name), None)

    def make_cell(self, row: JobRow, column: int) -> Cell:
        if isinstance(row, Unreadable):
            return self._unreadable(row, column)
        if column == self.NAME:
            return self._name(row)
        if column == self.SCHEDULE:
            zone = row.timezone or ""
            return TextCell(schedule_words(row, self._now), second=zone)
        if column == self.NEXT:
            return self._next(row)
        if column == self.LAST:
            return self._last(row)
        if column == self.QUEUE:
            return TextCell(row.spec.queue, "muted")
        return ToggleCell(row.spec.enabled, "enabled" if row.spec.enabled else "disabled")

    def _name(self, job: Job) -> Cell:
        action = job.spec.action
        icon = "mdi6.console" if action.type == "script" else "mdi6.web"
        role = "text" if job.spec.enabled else "muted"
        return TextCell(job.name, role, " ".join(action.summary.split()), icon, bold=True)

    def _next(self, job: Job) -> Cell:
        if not job.spec.enabled:
            return TextCell("Disabled", "muted")
        if job.next_due_at is None:
            return TextCell("—", "muted")
        second = fmt.moment(job.next_due_at, self._now)
        return TextCell(fmt.until(job.next_due_at, self._now), second=second)

    def _last(self, job: Job) -> Cell:
        run = job.last_run
        if run is None:
            return TextCell("Never ran", "muted")
        theme, state = self._theme, run.state
        return BadgeCell(
            fmt.state_word(state),
            theme.state_color(state),
            theme.state_icon(state),
            "" if state is RunState.RUNNING else run_words.when(run, self._now),
        )

    def _unreadable(self, row: Unreadable, column: int) -> Cell:
        if column == self.NAME:
            return TextCell(
                row.name, "warning", "Can't be read; set aside", "mdi6.alert", "warning", bold=True
            )
        if column == self.SCHEDULE:
            return TextCell(row.problem, "muted")
        return TextCell("")

    def hint(self, row: JobRow, column: int) -> str:
        if isinstance(row, Unreadable):
            return f"{row.problem}\nIt is kept as it is, and does not run."
        if column == self.NAME:
            return f"{row.name}\n{row.spec.action.summary}"
        if column == self.SCHEDULE:
            return schedule_words(row, self._now)
        if column == self.NEXT and row.next_due_at:
            return fmt.moment_full(row.next_due_at)
        if column == self.LAST and row.last_run:
            return f"{run_words.sentence(row.last_run)}\n{run_words.when_hint(row.last_run)}"
        if column == self.ENABLED:
            return "Click to disable" if row.spec.enabled else "Click to enable"
        return ""
