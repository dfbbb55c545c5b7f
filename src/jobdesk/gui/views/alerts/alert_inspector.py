"""The panel at the right of the alerts: an incident or an alert, in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtGui import QAction

from jobdesk.domain.alert import Alert, Incident
from jobdesk.gui import format as fmt
from jobdesk.gui.models.alerts.words import KINDS, delivery_words, where_words
from jobdesk.gui.theme import S
from jobdesk.gui.views.inspector import Facts, Inspector, breakable, label


class AlertInspector(Inspector):
    """Shows what is selected in either list."""

    def __init__(self, actions: Sequence[QAction]) -> None:
        super().__init__()
        self.title = label("heading", copy=True)
        self.text = label(copy=True)
        self.facts = Facts()
        self.column.addWidget(self.title)
        self.column.addWidget(self.text)
        self.column.addWidget(self.facts)
        self._told = self.section("Told")
        self.deliveries = Facts()
        self.nobody = label("muted")
        self.nobody.setText(
            "Nobody: no channel was to hear of it, or it was snoozed when it happened."
        )
        self.column.addWidget(self.deliveries)
        self.column.addWidget(self.nobody)
        self.column.addSpacing(S)
        self.offer(actions)
        self.column.addStretch(1)

    def show_alert(self, alert: Alert) -> None:
        self.title.setText(breakable(alert.title))
        self.text.setText(breakable(alert.text))
        self.text.setVisible(bool(alert.text))
        self.facts.set(
            [
                ("Kind", KINDS[alert.kind].name, KINDS[alert.kind].meaning),
                ("When", fmt.moment_full(alert.created_at)),
                ("Run", "" if alert.run_id is None else str(alert.run_id)),
            ]
        )
        self._told.show()
        self.deliveries.set(
            [
                (one.channel, delivery_words(one), breakable(one.error or ""))
                for one in alert.deliveries
            ]
        )
        self.deliveries.setVisible(bool(alert.deliveries))
        self.nobody.setVisible(not alert.deliveries)

    def show_incident(self, incident: Incident, snoozed: datetime | None) -> None:
        self.title.setText(breakable(incident.title))
        self.text.hide()
        raised = KINDS[incident.raised] if incident.raised is not None else None
        self.facts.set(
            [
                ("What", where_words(incident)),
                ("Told as", raised.name if raised else "", raised.meaning if raised else ""),
                ("Failures", f"{incident.failures} in a row" if incident.failures else ""),
                ("Since", fmt.moment_full(incident.opened_at)),
                ("Last", fmt.moment_full(incident.updated_at)),
                ("Run", "" if incident.run_id is None else str(incident.run_id)),
                ("Snoozed", f"until {fmt.moment_full(snoozed)}" if snoozed else ""),
            ]
        )
        for part in (self._told, self.deliveries, self.nobody):
            part.hide()
