"""The page of alerts: what goes on, what was told of it, and the heartbeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from jobdesk.desk import Desk
from jobdesk.domain.alert import Alert, Incident
from jobdesk.domain.heartbeat import Heartbeat
from jobdesk.gui.context import Context
from jobdesk.gui.models.alerts.words import page_words
from jobdesk.gui.theme import XL
from jobdesk.gui.views.alerts.alerts_tab import AlertsTab
from jobdesk.gui.views.alerts.heartbeats_tab import HeartbeatsTab
from jobdesk.gui.views.page import Page, PageAction
from jobdesk.gui.widgets import ActionButton, PageHeader

SECTION = "Alerts"
"""Of the settings."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that the page shows, read at once."""

    incidents: list[Incident]
    alerts: list[Alert]
    snoozes: dict[str, datetime]
    troubled: list[str]
    heartbeats: list[Heartbeat]


class AlertsPage(Page):
    """Two tabs, which share the reading and the header."""

    name = "alerts"
    title = "Alerts"
    topics = ("alerts", "channels", "heartbeats")
    pause_ms = 200

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.channels = PageAction(
            self, context.theme, "Channels and rules", "mdi6.cog-outline", self._settings,
            tip="Who is told of what, in the settings",
        )  # fmt: skip
        self.alerts = AlertsTab(self)
        self.heartbeats = HeartbeatsTab(self)
        actions = [
            ActionButton(self.channels, "", self),
            ActionButton(self.heartbeats.new, "primary", self),
        ]
        self.header = PageHeader(self.title, "", actions)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.alerts, "Alerts")
        self.tabs.addTab(self.heartbeats, "Heartbeats")
        body = QVBoxLayout()
        body.setContentsMargins(XL, 0, XL, XL)
        body.addWidget(self.tabs, 1)
        self.column.addWidget(self.header)
        self.column.addLayout(body, 1)
        self.setFocusProxy(self.tabs)
        self.tabs.currentChanged.connect(self._tab_changed)
        self._tab_changed()
        self.alerts.wants_more.connect(self.read)
        self.alerts.empty.clicked.connect(self._settings)

    def read(self) -> None:
        desk, limit = self.context.desk, self.alerts.limit
        self.ask(lambda: _read(desk, limit), self._arrived, latest="alerts")

    def tick(self, now: datetime) -> None:
        self.alerts.tick(now)
        self.heartbeats.table.tick(now)

    def _arrived(self, found: Reading) -> None:
        self.header.set_subtitle(page_words(len(found.incidents), found.troubled))
        self.alerts.show_found(found.incidents, found.alerts, found.snoozes)
        self.heartbeats.show_found(found.heartbeats)

    @Slot()
    def _tab_changed(self) -> None:
        self.heartbeats.new.setVisible(self.tabs.currentWidget() is self.heartbeats)

    @Slot()
    def _settings(self) -> None:
        self.context.navigation.show_settings.emit(SECTION)


def _read(desk: Desk, limit: int) -> Reading:
    """Not on the GUI thread."""
    return Reading(
        desk.alerts.open(),
        desk.alerts.recent(limit=limit),
        desk.alerts.snoozes(),
        [channel.name for channel in desk.channels.all() if channel.trouble],
        desk.heartbeats.all(),
    )
