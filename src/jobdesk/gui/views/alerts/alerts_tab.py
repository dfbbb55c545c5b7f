"""What goes on now, what is snoozed, and the history of what was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jobdesk.desk import Desk
from jobdesk.domain.alert import Alert, Incident
from jobdesk.domain.errors import NotFound
from jobdesk.domain.run import Run
from jobdesk.gui.format import counted, moment
from jobdesk.gui.models.alerts.rows import AlertsModel, IncidentRow, IncidentsModel
from jobdesk.gui.models.alerts.words import (
    EVERYTHING,
    SNOOZES,
    failed_deliveries,
    snooze_until,
    snoozed_until,
    subject_words,
    subjects,
    subjects_of_run,
)
from jobdesk.gui.theme import XS, M, S
from jobdesk.gui.views.alerts.alert_inspector import AlertInspector
from jobdesk.gui.views.alerts.snoozed import Snoozed
from jobdesk.gui.views.list_page import bar, card_around
from jobdesk.gui.views.page import Page, PageAction
from jobdesk.gui.views.tables import Table
from jobdesk.gui.widgets import ActionButton, EmptyState

_FIRST, _MORE = 100, 400
_ROWS = 4
"""So many incidents are seen at once; more of them scroll."""


class AlertsTab(QWidget):
    """Commands act on what is selected in either of the two lists."""

    wants_more = Signal()

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        context = page.context
        self._page, self._context = page, context
        self._snoozes: dict[str, datetime] = {}
        self._known_run: Run | None = None
        self.limit = _FIRST
        now = context.desk.now()
        self.incidents = IncidentsModel(now, self)
        self.alerts = AlertsModel(now, self)
        self.now = Table(self.incidents, context.theme, context.state, "incidents", tall=True)
        self.now.setAccessibleName("Going on")
        self.history = Table(self.alerts, context.theme, context.state, "alerts")
        self.history.setAccessibleName("History")
        self.snoozed = Snoozed(context.theme)
        self._make_actions()
        actions = [self.open_run, self.snooze, self.unsnooze, self.send_again]
        self.inspector = AlertInspector(actions)
        self.inspector.hide()
        self.older = QPushButton("Show older ones")
        self.older.setProperty("kind", "quiet")
        self.quiet = QLabel("Nothing goes on that somebody was told of.")
        self.quiet.setProperty("role", "muted")
        self.empty = EmptyState(
            context.theme, "mdi6.bell-check-outline", "No alerts yet",
            "When a job fails for good, is late, or a heartbeat falls silent, it stands here,"
            " and who is to hear of it is told: on this desktop, by mail, in a chat.",
            "Set up who is told",
        )  # fmt: skip
        self._lay_out(actions)
        for later in (self._going_on, self.quiet, self.older):
            later.hide()  # until something is known
        self._connect()
        self._selected()

    def _make_actions(self) -> None:
        def action(text: str, icon: str, then: Callable[[], None], tip: str) -> PageAction:
            return PageAction(self, self._context.theme, text, icon, then, tip=tip)

        self.open_run = action(
            "Open run", "mdi6.arrow-top-right", self._open_run, "Its attempts and its log"
        )
        self.snooze = action(
            "Snooze", "mdi6.bell-sleep-outline", self._offer_snoozes,
            "Tell nobody for a while; what happens stands here all the same",
        )  # fmt: skip
        self.unsnooze = action(
            "End snooze", "mdi6.bell-ring-outline", self._unsnooze, "Tell of it again"
        )
        self.send_again = action(
            "Send again", "mdi6.send-outline", self._send_again, "Try once more what was not sent"
        )

    def _lay_out(self, actions: Sequence[QAction]) -> None:
        self._going_on = card_around(self.now)
        lists = QVBoxLayout()
        lists.setSpacing(S)
        lists.addWidget(self.snoozed)
        lists.addSpacing(XS)
        lists.addWidget(_heading("Going on"))
        lists.addWidget(self._going_on)
        lists.addWidget(self.quiet)
        lists.addSpacing(S)
        lists.addWidget(_heading("History"))
        lists.addWidget(card_around(self.history), 1)
        foot = QHBoxLayout()
        foot.addWidget(self.older)
        foot.addStretch(1)
        lists.addLayout(foot)
        across = QHBoxLayout()
        across.setSpacing(M)
        across.addLayout(lists, 1)
        across.addWidget(self.inspector)
        whole = QWidget()
        inside = QVBoxLayout(whole)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(M)
        inside.addWidget(bar(*(ActionButton(one, "quiet", self) for one in actions), None))
        inside.addLayout(across, 1)
        self._whole = whole
        self.stack = QStackedWidget()
        self.stack.addWidget(whole)
        self.stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, M, 0, 0)
        column.addWidget(self.stack)

    def _connect(self) -> None:
        self._menus: list[QMenu] = []
        self._snooze_menu = QMenu(self)
        self._snooze_menu.triggered.connect(self._snooze)
        for table, model, other in (
            (self.now, IncidentsModel, self.history),
            (self.history, AlertsModel, self.now),
        ):
            table.selected.connect(partial(self._selected_in, table, other))
            table.opened.connect(self._opened)
            table.clicked_cell.connect(partial(self._clicked, model.RUN))
            menu = QMenu(table)
            menu.addActions([self.open_run])
            menu.addSeparator()
            menu.addActions([self.snooze, self.unsnooze])
            if table is self.history:
                menu.addActions([self.send_again])
            self._menus.append(menu)
            table.customContextMenuRequested.connect(partial(self._open_menu, table, menu))
        self.snoozed.ended.connect(self._end)
        self.older.clicked.connect(self._show_older)

    # -- what is shown --------------------------------------------------------------------

    def show_found(
        self, incidents: list[Incident], alerts: list[Alert], snoozes: dict[str, datetime]
    ) -> None:
        self._snoozes = snoozes
        self.incidents.show([IncidentRow(one, snoozed_until(one, snoozes)) for one in incidents])
        self.alerts.show(alerts)
        self.snoozed.show_snoozes(snoozes, self._context.desk.now())
        self.older.setVisible(len(alerts) >= self.limit)
        self._going_on.setVisible(bool(incidents))
        self.quiet.setVisible(not incidents)
        rows = min(len(incidents), _ROWS) * self.now.verticalHeader().defaultSectionSize()
        self.now.setFixedHeight(self.now.horizontalHeader().sizeHint().height() + rows + 2)
        anything = bool(incidents or alerts or snoozes)
        self.stack.setCurrentWidget(self._whole if anything else self.empty)
        self._selected()

    def tick(self, now: datetime) -> None:
        self.now.tick(now)
        self.history.tick(now)

    def _incident(self) -> IncidentRow | None:
        """The one that is selected, or that the selected alert is about, if it still goes on."""
        if rows := self.now.selected_rows():
            return rows[0]
        alert = self._alert()
        number = self.incidents.find(alert.incident_id) if alert else None
        return None if number is None else self.incidents.row(number)

    def _alert(self) -> Alert | None:
        rows = self.history.selected_rows()
        return rows[0] if rows else None

    def _run(self) -> int | None:
        if alert := self._alert():
            return alert.run_id
        found = self._incident()
        return found.incident.run_id if found else None

    def _selected_in(self, table: Table[Any], other: Table[Any]) -> None:
        if table.selected_rows() and other.selected_rows():
            other.clearSelection()  # which comes here, too
            return
        self._selected()

    @Slot()
    def _selected(self) -> None:
        alert, found = self._alert(), self._incident()
        if alert is not None:
            self.inspector.show_alert(alert)
        elif found is not None:
            self.inspector.show_incident(found.incident, found.snoozed)
        self.inspector.setVisible(alert is not None or found is not None)
        anything = alert is not None or found is not None
        no_run = "It is about no run" if anything else "Select something"
        self.open_run.allow(None if self._run() is not None else no_run)
        self.unsnooze.allow(None if self._ends() else "It is not snoozed")
        self.unsnooze.setVisible(bool(self._snoozes))
        failed = failed_deliveries(alert) if alert else []
        self.send_again.allow(None if failed else "Select an alert that could not be sent")
        self._ask_run()

    # -- snoozing -------------------------------------------------------------------------

    def snoozable(self) -> list[str]:
        """What the menu offers, for what is selected."""
        found, run = self._incident(), self._known_run
        if found is not None:
            return subjects(found.incident)
        return subjects_of_run(run) if run is not None and run.id == self._run() else [EVERYTHING]

    def _ask_run(self) -> None:
        """An alert whose incident is over knows its job and queue only by its run."""
        alert, desk = self._alert(), self._context.desk
        if alert is None or alert.run_id is None or self._incident() is not None:
            return
        run_id = alert.run_id
        if self._known_run is None or self._known_run.id != run_id:
            self._context.calls.run(
                self, lambda: _run(desk, run_id), self._run_known, self._page.broke, latest="run"
            )

    def _run_known(self, run: Run | None) -> None:
        self._known_run = run
        if run is not None:
            self._selected()

    def _offer_snoozes(self) -> None:
        menu = self._snooze_menu
        menu.clear()
        for subject in self.snoozable():
            of_subject = menu.addMenu(subject_words(subject))
            for choice, words in enumerate(SNOOZES):
                of_subject.addAction(words).setData((subject, choice))
        button = next(
            (one for one in self.findChildren(ActionButton) if one.action is self.snooze), self
        )
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    @Slot(QAction)
    def _snooze(self, chosen: QAction) -> None:
        subject, choice = chosen.data()
        desk = self._context.desk
        end = snooze_until(choice, desk.now())
        words = subject_words(subject)
        self._do(
            f"Snooze {words}",
            lambda: desk.alerts.snooze(subject, end),
            f"{words} is snoozed until {moment(end, desk.now())}.",
        )

    def _ends(self) -> list[str]:
        """The snoozes that the selection is under."""
        return [one for one in self.snoozable() if one in self._snoozes]

    def _unsnooze(self) -> None:
        for subject in self._ends():
            self._end(subject)

    @Slot(str)
    def _end(self, subject: str) -> None:
        desk, words = self._context.desk, subject_words(subject)
        self._do(
            f"End the snooze of {words}",
            lambda: desk.alerts.unsnooze(subject),
            f"{words}: whoever is to hear of it is told again.",
        )

    # -- what the person does -------------------------------------------------------------

    def _open_run(self) -> None:
        run_id = self._run()
        if run_id is not None:
            self._context.navigation.open_run.emit(run_id)

    @Slot(object)
    def _opened(self, row: object) -> None:
        self._open_run()

    def _clicked(self, run: int, row: IncidentRow | Alert, column: int) -> None:
        run_id = row.run_id if isinstance(row, Alert) else row.incident.run_id
        if column == run and run_id is not None:
            self._context.navigation.open_run.emit(run_id)

    def _open_menu(self, table: Table[Any], menu: QMenu, place: QPoint) -> None:
        if table.indexAt(place).isValid():
            menu.popup(table.viewport().mapToGlobal(place))

    def _send_again(self) -> None:
        alert, desk = self._alert(), self._context.desk
        if alert is None:
            return
        ids = [one.id for one in failed_deliveries(alert)]

        def work() -> None:
            for delivery_id in ids:
                desk.alerts.send_again(delivery_id)

        self._do("Send again", work, f"{counted(len(ids), 'message')} will be sent again.")

    @Slot()
    def _show_older(self) -> None:
        self.limit += _MORE
        self.wants_more.emit()

    def _do(self, what: str, work: Callable[[], object], said: str) -> None:
        navigation = self._context.navigation
        self._context.calls.run(
            self,
            work,
            lambda _: navigation.notify.emit(said, None),
            lambda error: navigation.failed.emit(what, error),
        )


def _run(desk: Desk, run_id: int) -> Run | None:
    """The run, if it is still kept. Not on the GUI thread."""
    try:
        return desk.run(run_id)
    except NotFound:
        return None


def _heading(text: str) -> QLabel:
    heading = QLabel(text)
    heading.setProperty("role", "heading")
    return heading
