"""The page of all runs, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from jobdesk.domain.run import Attempt, Run
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.context import Context
from jobdesk.gui.format import by_name, count
from jobdesk.gui.models.paging import MOST_COUNTED
from jobdesk.gui.models.runs_model import RunsModel
from jobdesk.gui.theme import M
from jobdesk.gui.views.list_page import ListPage
from jobdesk.gui.views.runs.filter_bar import FilterBar
from jobdesk.gui.views.runs.run_commands import RunCommands
from jobdesk.gui.views.runs.run_inspector import RunInspector
from jobdesk.gui.views.runs.run_table import RunTable
from jobdesk.gui.watch import Watch
from jobdesk.gui.widgets import ActionButton, EmptyState, PageHeader

if TYPE_CHECKING:
    from jobdesk.desk import Desk
    from jobdesk.domain.run_filter import Counted

_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class _Around:
    """What the page shows besides the runs."""

    jobs: list[str]
    queues: list[str]
    paused: frozenset[str]


class RunsPage(ListPage):
    """A list that follows what happens, its filters, and the selected run at the right."""

    name = "runs"
    title = "Runs"
    topics = ("runs", "queues", "jobs")

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        theme, desk = context.theme, context.desk
        self._around_is_old = False
        self._count_of, self._counting = RunFilter(), False
        self._inspected: tuple[list[Run], frozenset[str]] = [], frozenset()
        self.model = RunsModel(context.calls, desk, theme, desk.now(), self)
        self.table: RunTable = RunTable(self.model, theme, context.state, "runs")
        self.table.setAccessibleName("Runs")
        self.commands = RunCommands(self, context)
        buttons = [
            ActionButton(action, "quiet", self)
            for action in (
                self.commands.replay, self.commands.retry,
                self.commands.cancel, self.commands.discard,
            )
        ]  # fmt: skip
        self.filters = FilterBar(theme)
        self.inspector: RunInspector = RunInspector(theme, self.commands.all)
        self.empty = EmptyState(theme, "mdi6.format-list-bulleted", "", "", "New job")
        self.header = PageHeader(self.title, "", buttons)
        self.build([self.filters])
        self.searches(self.filters.search)
        self.pill = NewRunsPill(self.table)
        menu = self.commands.all
        self.offer([menu[0], None, *menu[1:]])
        self.commands.open_run.connect(context.navigation.open_run)
        self.table.opened.connect(self._opened)
        self.table.selected.connect(self._selected)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.filters.changed.connect(self._filtered)
        self.empty.clicked.connect(self._empty_clicked)
        self.model.loaded.connect(self._loaded)
        self.model.newer.connect(self.pill.show_count)
        self.model.failed.connect(self.broke)
        self.pill.clicked.connect(self.table.show_newest)

    # -- for the window -----------------------------------------------------------------

    def set_filter(self, which: RunFilter) -> None:
        """Show the runs that match."""
        self.filters.set_filter(which)
        self._filtered(which)

    def read(self) -> None:
        self.model.refresh()
        self._read_around()

    def read_again(self, topics: frozenset[str]) -> None:
        if Watch.concerns(topics, "runs"):
            self.model.refresh()
        # Names and counts are a scan: once a second will do.
        self._around_is_old = True

    def _read_around(self) -> None:
        self._around_is_old = False
        self.ask(partial(_read_around, self.context.desk), self._around_arrived, latest="around")
        if self._count_of != self.model.filter or not self._counting:
            self._count(self.model.filter, None, 0)

    def _count(self, which: RunFilter, before: int | None, sofar: int) -> None:
        """Count on from where the last piece ended. Not anew while it is going on: else it
        would never come to its end while runs come in."""
        self._count_of, self._counting = which, True
        most = _COUNTED - sofar
        work = partial(self.context.desk.count_some, which, before=before, most=most)
        done = partial(self._counted, which, sofar)
        self.context.calls.run(self, work, done, self._not_counted, latest="count")

    def _not_counted(self, error: Exception) -> None:
        self._counting = False
        self.broke(error)

    def tick(self, now: datetime) -> None:
        self.table.tick(now)
        self.inspector.tick(now)
        if self._around_is_old:
            self._read_around()

    # -- what is shown --------------------------------------------------------------------

    def _around_arrived(self, around: _Around) -> None:
        self.filters.set_names(around.jobs, around.queues)
        if around.paused != self.model.paused:
            self.model.set_paused(around.paused)
            self._selected()

    def _counted(self, which: RunFilter, sofar: int, counted: Counted) -> None:
        if which != self.model.filter:
            return
        number = sofar + counted.number
        self._counting = counted.edge is not None and number < _COUNTED
        more = "+" if number >= _COUNTED or self._counting else ""
        unit = "run" if number == 1 and not more else "runs"
        matching = "" if which == RunFilter() else " match"
        if matching and unit == "run":
            matching = " matches"
        self.header.set_subtitle(f"{count(number)}{more} {unit}{matching}")
        if self._counting:
            self._count(which, counted.edge, number)

    @Slot()
    def _loaded(self) -> None:
        any_rows = self.model.rowCount() > 0
        if not any_rows:
            self._say_empty()
        self.show_rows(any_rows)

    def _say_empty(self) -> None:
        if self.model.filter == RunFilter():
            self.empty.set(
                "mdi6.format-list-bulleted", "No runs yet",
                "Every time a job fires, or something is pushed, a run appears here.", "New job",
            )  # fmt: skip
        else:
            self.empty.set(
                "mdi6.filter-off-outline", "No run matches",
                "Nothing in the history fits these filters.", "Clear filters",
            )  # fmt: skip

    @Slot()
    def _selected(self) -> None:
        runs, paused = self.table.selected_rows(), self.model.paused
        if (runs, paused) == self._inspected:
            return  # rows that didn't change are the same objects: this is quick
        self._inspected = runs, paused
        self.commands.set_runs(runs)
        self.inspector.setVisible(bool(runs))
        inspect(self, self.inspector, runs, paused)

    # -- what the person does -------------------------------------------------------------

    @Slot(object)
    def _filtered(self, which: RunFilter) -> None:
        self.table.clearSelection()
        self.table.show_newest(which)
        self._read_around()

    @Slot(object)
    def _opened(self, run: Run) -> None:
        self.context.navigation.open_run.emit(run.id)

    @Slot()
    def _empty_clicked(self) -> None:
        if self.model.filter == RunFilter():
            self.context.navigation.new_job.emit()
        else:
            self.filters.reset()


def inspect(
    page: ListPage,
    inspector: RunInspector,
    runs: Sequence[Run],
    paused: frozenset[str] = frozenset(),
) -> None:
    """Show the selected run, with its attempts as soon as they are read, or how many
    are selected. ``paused`` are the queues that are."""
    desk = page.context.desk
    if len(runs) > 1:
        inspector.show_many(runs)
    elif runs:
        run_id = runs[0].id
        inspector.show_run(runs[0], desk.now(), paused)

        def arrived(attempts: list[Attempt]) -> None:
            if inspector.run is not None and inspector.run.id == run_id:
                inspector.show_attempts(attempts)

        page.ask(partial(desk.attempts, run_id), arrived, latest="attempts")


class NewRunsPill(QPushButton):
    """Lies over the top of a table and says how many new runs wait above."""

    def __init__(self, table: RunTable) -> None:
        super().__init__(table)
        self._table = table
        self.setProperty("kind", "primary")
        self.setToolTip("Go to the newest runs")
        self.setVisible(False)
        table.installEventFilter(self)

    @Slot(int)
    def show_count(self, number: int) -> None:
        """Nothing is shown for none."""
        some = "99+" if number >= MOST_COUNTED else str(number)
        self.setText(f"↑  {some} new {'run' if number == 1 else 'runs'}")
        self.adjustSize()
        self._place()
        self.setVisible(number > 0)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        header = self._table.horizontalHeader().height()
        self.move((self._table.width() - self.width()) // 2, header + M)


def _read_around(desk: Desk) -> _Around:
    queues = desk.queues()
    return _Around(
        sorted(desk.job_names(), key=by_name),
        sorted((queue.name for queue in queues), key=by_name),
        frozenset(queue.name for queue in queues if queue.paused),
    )
