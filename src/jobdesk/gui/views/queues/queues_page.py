"""The page of all queues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QWidget

from jobdesk.domain.queue import Queue
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.actions import QueueActions, RunActions
from jobdesk.gui.context import Context
from jobdesk.gui.format import counted
from jobdesk.gui.models.queues_model import QueuesModel
from jobdesk.gui.views.list_page import ListPage, bar
from jobdesk.gui.views.page import PageAction
from jobdesk.gui.views.tables import Table
from jobdesk.gui.widgets import ActionButton, EmptyState, PageHeader


class QueuesPage(ListPage):
    """Depths, limits, pauses and policies."""

    name = "queues"
    title = "Queues"
    topics = ("queues", "runs")
    pause_ms = 250

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        theme = context.theme
        self._queues: list[Queue] = []
        self._wanted: str | None = None
        self._commands = QueueActions(context, self)
        self._runs = RunActions(context, self)
        self.model = QueuesModel(context.desk.now(), self)
        self.table = Table(self.model, theme, context.state, "queues", tall=True)
        self.table.setAccessibleName("Queues")
        self._make_actions()
        self.empty = EmptyState(
            theme, "mdi6.tray-full", "No queues yet",
            "A queue is a lane with a limit of its own. The first job or push makes the queue"
            " “default”.", "New queue",
        )  # fmt: skip
        self.header = PageHeader(
            self.title, "",
            [
                ActionButton(self.pause_all, "", self),
                ActionButton(self.resume_all, "", self),
                ActionButton(self.new, "primary", self),
            ],
        )  # fmt: skip
        actions = (self.pause, self.edit, self.show_runs, self.replay)
        self.build([bar(*(ActionButton(action, "quiet", self) for action in actions), None)])
        self.offer([self.show_runs, None, self.pause, self.edit, None, self.replay])
        self.table.selected.connect(self._selected)
        self.table.opened.connect(self._opened)
        self.empty.clicked.connect(self._new)
        self._selected()

    def _make_actions(self) -> None:
        theme = self.context.theme

        def action(
            text: str, icon: str, then: Callable[[], None], keys: str, tip: str
        ) -> PageAction:
            return PageAction(self, theme, text, icon, then, keys=keys, tip=tip)

        self.new = PageAction(
            self, theme, "New queue", "mdi6.plus", self._new, tip="Make a queue",
            role="accent_text",
        )  # fmt: skip
        self.pause = action("Pause", "mdi6.pause", self._pause, "Ctrl+P", "")
        self.edit = action(
            "Edit", "mdi6.pencil-outline", self._edit, "F2", "Its limits, and what its runs inherit"
        )
        self.show_runs = action(
            "Show runs", "mdi6.format-list-bulleted", self._show_runs, "", "Its runs in the history"
        )
        self.replay = action(
            "Replay dead", "mdi6.replay", self._replay, "Ctrl+R", "Replay its dead letters"
        )
        self.pause_all = action(
            "Pause all", "mdi6.pause-circle-outline", self._pause_all, "",
            "Start nothing new in any queue",
        )  # fmt: skip
        self.resume_all = action(
            "Resume all", "mdi6.play-circle-outline", self._resume_all, "",
            "Go on in every queue",
        )  # fmt: skip
        for of_menu in (self.pause_all, self.resume_all):
            self.removeAction(of_menu)  # the Run menu has them already

    # -- for the window -----------------------------------------------------------------

    def read(self) -> None:
        self.ask(self.context.desk.queues, self._arrived, latest="queues")

    def tick(self, now: datetime) -> None:
        self.table.tick(now)

    # -- what is shown --------------------------------------------------------------------

    def _arrived(self, queues: list[Queue]) -> None:
        self._queues = queues
        self.model.show(queues)
        self.show_rows(bool(queues))
        paused = sum(queue.paused for queue in queues)
        said = counted(len(queues), "queue") + (f", {paused} paused" if paused else "")
        self.header.set_subtitle(said if queues else "")
        self.pause_all.allow(None if paused < len(queues) else "No queue is active")
        self.resume_all.allow(None if paused else "No queue is paused")
        if self._wanted is not None:
            named = [queue for queue in queues if queue.name == self._wanted]
            if named:
                self._wanted = None
                self.table.select(named[0].id)
        self._selected()

    def _chosen(self) -> Queue | None:
        rows = self.table.selected_rows()
        return rows[0] if rows else None

    @Slot()
    def _selected(self) -> None:
        queue = self._chosen()
        why = None if queue else "Select a queue"
        for action in (self.pause, self.edit, self.show_runs):
            action.allow(why)
        paused = queue is not None and queue.paused
        if paused:
            self.pause.show_as("Resume", "mdi6.play")
        else:
            self.pause.show_as("Pause", "mdi6.pause")
        no_dead = "It has no dead letters" if queue and not queue.dead else why
        self.replay.allow(no_dead)

    # -- what the person does -------------------------------------------------------------

    @Slot(object)
    def _opened(self, queue: Queue) -> None:
        self.context.navigation.show_runs.emit(RunFilter(queue=queue.name))

    def _show_runs(self) -> None:
        if queue := self._chosen():
            self._opened(queue)

    def _pause(self) -> None:
        if queue := self._chosen():
            self._commands.set_paused(queue.name, not queue.paused)

    def _pause_all(self) -> None:
        self._commands.set_all_paused(True)

    def _resume_all(self) -> None:
        self._commands.set_all_paused(False)

    def _replay(self) -> None:
        if queue := self._chosen():
            self._runs.replay_dead(queue.name)

    def _edit(self) -> None:
        if queue := self._chosen():
            self._open_dialog(queue)

    @Slot()
    def _new(self) -> None:
        self._open_dialog(None)

    def _open_dialog(self, queue: Queue | None) -> None:
        # When first wanted: a window that opens doesn't wait for its forms.
        from jobdesk.gui.views.queues.queue_dialog import QueueDialog

        taken = frozenset(queue.name for queue in self._queues)
        dialog = QueueDialog(self.context, self, queue=queue, taken=taken)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.saved.connect(self._saved)
        dialog.open()

    @Slot(str)
    def _saved(self, name: str) -> None:
        self._wanted = name
        self.read()
