"""Incidents, alerts, heartbeats and channels as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobdesk.domain.alert import DESKTOP, Alert, Channel, Incident
from jobdesk.domain.heartbeat import Heartbeat
from jobdesk.gui import format as fmt
from jobdesk.gui.models.alerts.words import (
    KINDS,
    delivery_words,
    expected_words,
    sent_words,
    state_words,
    where_words,
)
from jobdesk.gui.models.cells import BadgeCell, ButtonCell, Cell, TextCell, ToggleCell
from jobdesk.gui.models.list_model import ListModel
from jobdesk.gui.models.table_model import Column


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident, and until when nothing is sent about it."""

    incident: Incident
    snoozed: datetime | None


class IncidentsModel(ListModel[IncidentRow]):
    """What goes on now."""

    WHAT, TOLD, FAILURES, SINCE, RUN = range(5)
    columns = (
        Column("What", 0),
        Column("Told as", 120),
        Column("Failures", 92, rank=1),
        Column("Since", 132, live=True),
        Column("Run", 104),
    )

    def key(self, row: IncidentRow) -> int:
        return row.incident.id

    def make_cell(self, row: IncidentRow, column: int) -> Cell:
        incident = row.incident
        if column == self.WHAT:
            second = where_words(incident)
            if row.snoozed is not None:
                second = f"{second}, snoozed until {fmt.moment(row.snoozed, self._now)}"
            return TextCell(incident.title, second=second, bold=True)
        if column == self.TOLD:
            if incident.raised is None:
                return TextCell("", "muted")
            words = KINDS[incident.raised]
            return BadgeCell(words.name, words.role, words.icon)
        if column == self.FAILURES:
            many = incident.failures
            return TextCell(fmt.count(many) if many else "–", "text" if many else "muted")
        if column == self.SINCE:
            return TextCell(fmt.ago(incident.opened_at, self._now))
        return run_cell(incident.run_id)

    def hint(self, row: IncidentRow, column: int) -> str:
        if column == self.WHAT:
            return row.incident.title
        if column == self.TOLD and row.incident.raised is not None:
            return KINDS[row.incident.raised].meaning
        if column == self.SINCE:
            return fmt.moment_full(row.incident.opened_at)
        if column == self.RUN and row.incident.run_id is not None:
            return "Open the run"
        return ""


def run_cell(run_id: int | None) -> ButtonCell:
    """A way to a run."""
    return ButtonCell("" if run_id is None else str(run_id), "mdi6.arrow-top-right")


class AlertsModel(ListModel[Alert]):
    """What was told, newest first."""

    WHEN, KIND, WHAT, SENT, RUN = range(5)
    columns = (
        Column("When", 108, live=True),
        Column("Kind", 104),
        Column("What", 0),
        Column("Told", 160, rank=1),
        Column("Run", 84),
    )

    def key(self, row: Alert) -> int:
        return row.id

    def make_cell(self, row: Alert, column: int) -> Cell:
        if column == self.WHEN:
            return TextCell(fmt.moment(row.created_at, self._now))
        if column == self.KIND:
            words = KINDS[row.kind]
            return BadgeCell(words.name, words.role, words.icon)
        if column == self.WHAT:
            return TextCell(row.title)
        if column == self.SENT:
            return TextCell(*sent_words(row))
        return run_cell(row.run_id)

    def hint(self, row: Alert, column: int) -> str:
        if column == self.WHEN:
            return fmt.moment_full(row.created_at)
        if column == self.KIND:
            return KINDS[row.kind].meaning
        if column == self.WHAT:
            return row.title
        if column == self.SENT:
            return "\n".join(f"{one.channel}: {delivery_words(one)}" for one in row.deliveries)
        return "Open the run" if row.run_id is not None else ""


class HeartbeatsModel(ListModel[Heartbeat]):
    """The pings that are waited for."""

    NAME, STATE, EXPECTED, PING, OVERDUE = range(5)
    columns = (
        Column("Name", 0),
        Column("State", 112),
        Column("Expected", 184, rank=1),
        Column("Last ping", 124, live=True),
        Column("Silent from", 140, live=True, rank=2),
    )

    def key(self, row: Heartbeat) -> int:
        return row.id

    def make_cell(self, row: Heartbeat, column: int) -> Cell:
        if column == self.NAME:
            return TextCell(row.spec.name, icon="mdi6.heart-outline", bold=True)
        if column == self.STATE:
            words = state_words(row)
            return BadgeCell(words.name, words.role, words.icon)
        if column == self.EXPECTED:
            return TextCell(expected_words(row))
        if column == self.PING:
            if row.last_ping_at is None:
                return TextCell("never", "muted")
            return TextCell(fmt.ago(row.last_ping_at, self._now))
        if row.overdue_at is None:
            return TextCell("–", "muted")
        if row.silent:
            return TextCell(fmt.moment(row.overdue_at, self._now), "danger")
        return TextCell(fmt.moment(row.overdue_at, self._now))

    def hint(self, row: Heartbeat, column: int) -> str:
        when = {self.PING: row.last_ping_at, self.OVERDUE: row.overdue_at}.get(column)
        if when is not None:
            return fmt.moment_full(when)
        return state_words(row).meaning if column == self.STATE else ""


class ChannelsModel(ListModel[Channel]):
    """The ways to reach somebody, the desktop first; addresses are masked."""

    NAME, ADDRESS, TROUBLE, ON = range(4)
    columns = (
        Column("Name", 132),
        Column("Address", 0),
        Column("Last trouble", 148, rank=1),
        Column("On", 60),
    )

    def key(self, row: Channel) -> str:
        return row.name

    def make_cell(self, row: Channel, column: int) -> Cell:
        desktop = row.name == DESKTOP
        if column == self.NAME:
            icon = "mdi6.monitor" if desktop else "mdi6.send-outline"
            return TextCell(row.name, icon=icon, bold=True)
        if column == self.ADDRESS:
            if desktop:
                return TextCell("a notification on this computer", "muted")
            return TextCell(row.shown, middle=True)
        if column == self.TROUBLE:
            return TextCell(row.trouble or "none", "danger" if row.trouble else "muted")
        if desktop:
            return TextCell("always", "muted")
        return ToggleCell(row.enabled, "on" if row.enabled else "off")

    def hint(self, row: Channel, column: int) -> str:
        if column == self.ADDRESS:
            return row.shown
        return row.trouble or "" if column == self.TROUBLE else ""
