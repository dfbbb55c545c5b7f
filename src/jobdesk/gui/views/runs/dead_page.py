"""The page of the dead letters: what failed for good and nobody has dealt with."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.context import Context
from jobdesk.gui.format import count, counted
from jobdesk.gui.models.runs_model import DeadModel
from jobdesk.gui.questions import ask
from jobdesk.gui.views.list_page import ListPage, bar
from jobdesk.gui.views.page import PageAction
from jobdesk.gui.views.runs.run_commands import RunCommands
from jobdesk.gui.views.runs.run_inspector import RunInspector
from jobdesk.gui.views.runs.run_table import RunTable
from jobdesk.gui.views.runs.runs_page import NewRunsPill, inspect
from jobdesk.gui.widgets import ActionButton, EmptyState, PageHeader, SearchField

_COUNTED = 10_000
_MANY = 20
"""More than this are not replayed by a slip of the mouse."""


class DeadPage(ListPage):
    """Replay one, some or all; or discard."""

    name = "dead"
    title = "Dead letters"
    topics = ("runs",)
    pause_ms = 200

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        theme, desk = context.theme, context.desk
        self._count = 0
        self._inspected: list[Run] = []
        self.model = DeadModel(context.calls, desk, theme, desk.now(), self)
        self.table: RunTable = RunTable(self.model, theme, context.state, "dead", tall=True)
        self.table.setAccessibleName("Dead letters")
        self.commands = RunCommands(self, context, dead=True)
        self.replay_all = PageAction(
            self, theme, "Replay all", "mdi6.replay", self._replay_all,
            keys="Ctrl+Shift+A", tip="Run every dead letter again", role="accent_text",
        )  # fmt: skip
        self.search = SearchField(theme, "Search name or error")
        self.searches(self.search)
        self.inspector: RunInspector = RunInspector(theme, self.commands.all)
        self.empty = EmptyState(theme, "mdi6.check-circle-outline", "", "")
        self.header = PageHeader(self.title, "", [ActionButton(self.replay_all, "primary", self)])
        buttons = [ActionButton(action, "quiet", self) for action in self.commands.all]
        self._bar = bar(self.search, None, *buttons)
        self.build([self._bar])
        self.pill = NewRunsPill(self.table)
        menu = self.commands.all
        self.offer([menu[0], None, *menu[1:]])
        self.commands.open_run.connect(context.navigation.open_run)
        self.search.searched.connect(self._searched)
        self.table.opened.connect(self._opened)
        self.table.selected.connect(self._selected)
        self.table.clicked_cell.connect(self._clicked_cell)
        self.empty.clicked.connect(self.search.clear)
        self.model.loaded.connect(self._loaded)
        self.model.newer.connect(self.pill.show_count)
        self.model.failed.connect(self.broke)
        self.pill.clicked.connect(self.table.show_newest)
        self.table.show_newest(RunFilter(attention=True))

    # -- for the window -----------------------------------------------------------------

    def read(self) -> None:
        self.model.refresh()
        which = RunFilter(attention=True)
        count_them = partial(self.context.desk.count_runs, which, most=_COUNTED)
        self.ask(count_them, self._counted, latest="count")

    def tick(self, now: datetime) -> None:
        self.table.tick(now)
        self.inspector.tick(now)

    # -- what is shown --------------------------------------------------------------------

    def _counted(self, number: int) -> None:
        self._count = number
        self.replay_all.allow(None if number else "There are no dead letters")
        more = "+" if number >= _COUNTED else ""
        verb = "needs" if number == 1 else "need"
        said = f"{count(number)}{more} {'run' if number == 1 else 'runs'} {verb} attention"
        self.header.set_subtitle(said if number else "")
        self._bar.setVisible(bool(number) or bool(self.search.text()))

    @Slot()
    def _loaded(self) -> None:
        if not self.model.rowCount() and self.search.text():
            text = self.search.text()
            self.empty.set(
                "mdi6.magnify-close", "No dead letter matches",
                f"No name or error has “{text}” in it.", "Clear search",
            )  # fmt: skip
        elif not self.model.rowCount():
            self.empty.set(
                "mdi6.check-circle-outline", "No dead letters",
                "All is well. A run whose attempts are spent would be here, with the reason and"
                " its log, until you replay or discard it.",
            )  # fmt: skip
        self.show_rows(self.model.rowCount() > 0)

    @Slot()
    def _selected(self) -> None:
        runs = self.table.selected_rows()
        if runs == self._inspected:
            return  # rows that didn't change are the same objects: this is quick
        self._inspected = runs
        self.commands.set_runs(runs)
        self.inspector.setVisible(bool(runs))
        inspect(self, self.inspector, runs)

    # -- what the person does -------------------------------------------------------------

    @Slot(str)
    def _searched(self, text: str) -> None:
        self.table.clearSelection()
        self.table.show_newest(RunFilter(attention=True, text=text.strip()))

    @Slot(object)
    def _opened(self, run: Run) -> None:
        self.context.navigation.open_run.emit(run.id)

    @Slot(object, int)
    def _clicked_cell(self, run: Run, column: int) -> None:
        if column == DeadModel.REPLAY:
            self.commands.replay_run(run)

    def _replay_all(self) -> None:
        if self._count <= _MANY:
            self.commands.replay_dead()
            return
        ask(
            self,
            f"Replay {counted(self._count, 'dead letter')}?",
            "Each of them is queued as a new run.",
            yes="Replay all",
            then=self.commands.replay_dead,
            danger=False,
        )
