"""The heartbeats: what others say regularly, and how they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from jobdesk.domain.heartbeat import Heartbeat
from jobdesk.gui.models.alerts.rows import HeartbeatsModel
from jobdesk.gui.questions import ask
from jobdesk.gui.theme import M
from jobdesk.gui.views.list_page import bar, card_around
from jobdesk.gui.views.page import Page, PageAction
from jobdesk.gui.views.tables import Table
from jobdesk.gui.widgets import ActionButton, EmptyState


class HeartbeatsTab(QWidget):
    """``new`` is the page's primary action."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        context = page.context
        self._page, self._context = page, context
        self.model = HeartbeatsModel(context.desk.now(), self)
        self.table = Table(self.model, context.theme, context.state, "heartbeats")
        self.table.setAccessibleName("Heartbeats")
        self._wanted: str | None = None
        self._make_actions()
        self.empty = EmptyState(
            context.theme, "mdi6.heart-pulse", "No heartbeats yet",
            "Something that runs elsewhere, such as a backup on a server, says here that it"
            " went well. When it falls silent, you are told.",
            "New heartbeat",
        )  # fmt: skip
        actions = (self.how, self.edit, self.ping, self.remove)
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(M)
        inside.addWidget(bar(*(ActionButton(one, "quiet", self) for one in actions), None))
        inside.addWidget(card_around(self.table), 1)
        self._body = body
        self.stack = QStackedWidget()
        self.stack.addWidget(body)
        self.stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, M, 0, 0)
        column.addWidget(self.stack)
        self._menu = QMenu(self)
        self._menu.addActions(list(actions))
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.selected.connect(self._selected)
        self.table.opened.connect(self._opened)
        self.empty.clicked.connect(self._new)
        self._selected()

    def _make_actions(self) -> None:
        theme = self._context.theme

        def action(
            text: str, icon: str, then: Callable[[], None], tip: str, keys: str = ""
        ) -> PageAction:
            return PageAction(self, theme, text, icon, then, tip=tip, keys=keys)

        self.new = PageAction(
            self._page, theme, "New heartbeat", "mdi6.plus", self._new,
            tip="Wait for a ping", role="accent_text",
        )  # fmt: skip
        self.how = action(
            "How to ping", "mdi6.console", self._show_how, "What to call, to copy from there"
        )
        self.edit = action("Edit", "mdi6.pencil-outline", self._edit, "How often it comes", "F2")
        self.ping = action(
            "Ping now", "mdi6.heart-pulse", self._ping, "Say yourself that it is well"
        )
        self.remove = action(
            "Remove", "mdi6.trash-can-outline", self._remove, "Wait for it no longer", "Del"
        )

    # -- what is shown --------------------------------------------------------------------

    def show_found(self, heartbeats: list[Heartbeat]) -> None:
        self.model.show(heartbeats)
        self.stack.setCurrentWidget(self._body if heartbeats else self.empty)
        if self._wanted is not None:
            named = [one for one in heartbeats if one.spec.name == self._wanted]
            if named:
                self._wanted = None
                self.table.select(named[0].id)
        self._selected()

    def _chosen(self) -> Heartbeat | None:
        rows = self.table.selected_rows()
        return rows[0] if rows else None

    @Slot()
    def _selected(self) -> None:
        why = None if self._chosen() else "Select a heartbeat"
        for action in (self.how, self.edit, self.ping, self.remove):
            action.allow(why)

    @Slot(QPoint)
    def _open_menu(self, place: QPoint) -> None:
        if self.table.indexAt(place).isValid():
            self._menu.popup(self.table.viewport().mapToGlobal(place))

    # -- what the person does -------------------------------------------------------------

    @Slot(object)
    def _opened(self, heartbeat: Heartbeat) -> None:
        self._open_dialog(heartbeat)

    @Slot()
    def _new(self) -> None:
        self._open_dialog(None)

    def _edit(self) -> None:
        if heartbeat := self._chosen():
            self._open_dialog(heartbeat)

    def _open_dialog(self, heartbeat: Heartbeat | None) -> None:
        from jobdesk.gui.views.alerts.heartbeat_dialog import HeartbeatDialog

        taken = frozenset(one.spec.name for one in self.model.rows)
        dialog = HeartbeatDialog(self._context, self, heartbeat, taken)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.saved.connect(self._saved)
        if heartbeat is None:
            dialog.saved.connect(self._how_to)
        dialog.open()

    @Slot(str)
    def _saved(self, name: str) -> None:
        self._wanted = name
        self._page.read()

    def _show_how(self) -> None:
        if heartbeat := self._chosen():
            self._how_to(heartbeat.spec.name)

    @Slot(str)
    def _how_to(self, name: str) -> None:
        from jobdesk.gui.views.alerts.ping_dialog import PingDialog

        PingDialog(self._context, self, name).open()

    def _ping(self) -> None:
        if heartbeat := self._chosen():
            name = heartbeat.spec.name
            work = partial(self._context.desk.heartbeats.ping, name)
            self._do(f"Ping “{name}”", work, f"“{name}” is heard.")

    def _remove(self) -> None:
        if heartbeat := self._chosen():
            name = heartbeat.spec.name
            work = partial(self._context.desk.heartbeats.remove, name)
            ask(
                self,
                f"Remove the heartbeat “{name}”?",
                "Nobody is told any more when it falls silent, and its pings are refused.",
                yes="Remove",
                then=lambda: self._do(f"Remove “{name}”", work, f"“{name}” is removed."),
            )

    def _do(self, what: str, work: Callable[[], object], said: str) -> None:
        navigation = self._context.navigation
        self._context.calls.run(
            self,
            work,
            lambda _: navigation.notify.emit(said, None),
            lambda error: navigation.failed.emit(what, error),
        )
