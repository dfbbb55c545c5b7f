"""Alerts, channels and heartbeats as JSON documents."""

from __future__ import annotations

from typing import Any

from jobdesk.domain.alert import Alert, Channel, Incident
from jobdesk.domain.heartbeat import Heartbeat
from jobdesk.domain.parsing import iso


def alert_document(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "title": alert.title,
        "text": alert.text,
        "run": alert.run_id,
        "created_at": iso(alert.created_at),
        "deliveries": [
            {
                "id": one.id,
                "channel": one.channel,
                "state": one.state,
                "attempts": one.attempts,
                "due_at": iso(one.due_at),
                "ended_at": iso(one.ended_at),
                "error": one.error,
            }
            for one in alert.deliveries
        ],
    }


def incident_document(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "subject": incident.subject,
        "kind": incident.kind,
        "title": incident.title,
        "job": incident.job,
        "queue": incident.queue,
        "failures": incident.failures,
        "raised": incident.raised,
        "run": incident.run_id,
        "opened_at": iso(incident.opened_at),
    }


def channel_document(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "kind": channel.kind,
        "address": channel.shown,
        "enabled": channel.enabled,
        "trouble": channel.trouble,
    }


def heartbeat_document(heartbeat: Heartbeat) -> dict[str, Any]:
    spec = heartbeat.spec
    return {
        "name": spec.name,
        "every": spec.every,
        "grace": spec.grace,
        "enabled": spec.enabled,
        "silent": heartbeat.silent,
        "last_ping_at": iso(heartbeat.last_ping_at),
        "overdue_at": iso(heartbeat.overdue_at),
        "alerts": spec.alerts.to_json() if spec.alerts else None,
    }
