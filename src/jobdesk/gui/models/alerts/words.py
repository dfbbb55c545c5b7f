"""Alerts, incidents and heartbeats in words. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import quote

from jobdesk.clock import local_zone
from jobdesk.domain.alert import Alert, AlertKind, Channel, Delivery, DeliveryState, Incident
from jobdesk.domain.heartbeat import Heartbeat
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.run import Run
from jobdesk.gui import format as fmt
from jobdesk.gui.models.job_form.command_text import join_command

EVERYTHING = "*"
_MORNING = time(8)
_HEARTBEAT = "Heartbeat "


@dataclass(frozen=True, slots=True)
class KindWords:
    """How a kind of alert is called, looks, and what it means in a sentence."""

    name: str
    role: str
    icon: str
    meaning: str


KINDS = {
    AlertKind.WARNING: KindWords(
        "Warning", "warning", "mdi6.alert-outline", "The first failed attempt after a success."
    ),
    AlertKind.FAILURE: KindWords(
        "Failure",
        "danger",
        "mdi6.alert-octagon",
        "A run died, or so many attempts in a row have failed.",
    ),
    AlertKind.RECOVERY: KindWords(
        "Recovery", "success", "mdi6.check-circle", "A success after something was told."
    ),
    AlertKind.LATE: KindWords(
        "Late", "warning", "mdi6.clock-alert-outline", "A run didn't start, or end, in time."
    ),
    AlertKind.SILENT: KindWords(
        "Silent", "danger", "mdi6.heart-off-outline", "A heartbeat didn't come."
    ),
}

_STATES = {
    DeliveryState.WAITING: "waiting",
    DeliveryState.SENT: "sent",
    DeliveryState.SUMMED_UP: "summed up",
    DeliveryState.FAILED: "not sent",
}

SNOOZES = ("30 minutes", "2 hours", "Until tomorrow 8:00", "A week")
"""What is offered, in the order of :func:`snooze_until`."""


def snooze_until(choice: int, now: datetime) -> datetime:
    """The end of one of :data:`SNOOZES`; the morning is the computer's own zone's."""
    if choice == SNOOZES.index("Until tomorrow 8:00"):
        zone = local_zone()
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, _MORNING, zone).astimezone(now.tzinfo)
    spans = (timedelta(minutes=30), timedelta(hours=2), timedelta(), timedelta(weeks=1))
    return now + spans[choice]


def subjects(incident: Incident) -> list[str]:
    """What can be snoozed because of it, from the narrowest on."""
    found = []
    if incident.job is not None:
        found.append(f"job:{incident.job}")
    if incident.subject.startswith("heartbeat:"):
        found.append(f"heartbeat:{incident.title.removeprefix(_HEARTBEAT)}")
    if incident.queue is not None:
        found.append(f"queue:{incident.queue}")
    return [*found, EVERYTHING]


def subjects_of_run(run: Run) -> list[str]:
    """The same for what a run was about."""
    job = [f"job:{run.job}"] if run.job is not None else []
    return [*job, f"queue:{run.queue}", EVERYTHING]


def subject_words(subject: str) -> str:
    """``Job “Nightly backup”``."""
    if subject == EVERYTHING:
        return "Everything"
    kind, _, name = subject.partition(":")
    return f"{kind.capitalize()} “{name}”"


def snoozed_until(incident: Incident, snoozes: dict[str, datetime]) -> datetime | None:
    """Until when nothing is sent about it, if anything says so."""
    ends = [snoozes[subject] for subject in subjects(incident) if subject in snoozes]
    return max(ends, default=None)


def where_words(incident: Incident) -> str:
    """``Job in queue nightly``."""
    if incident.subject.startswith("heartbeat:"):
        return "Heartbeat"
    what = "Job" if incident.job is not None else "Pushed run"
    return f"{what} in queue {incident.queue}" if incident.queue else what


def delivery_words(delivery: Delivery) -> str:
    """How a message got on: ``sent``, ``waiting, 2 tries so far``."""
    said = _STATES[delivery.state]
    if delivery.state is DeliveryState.WAITING and delivery.attempts:
        return f"{said}, {fmt.counted(delivery.attempts, 'try', 'tries')} so far"
    if delivery.state is DeliveryState.FAILED and delivery.attempts > 1:
        return f"{said}, {delivery.attempts} tries"
    return said


def sent_words(alert: Alert) -> tuple[str, str]:
    """All channels in a line, and the role of its colour: the worst comes first."""
    if not alert.deliveries:
        return "nobody", "muted"
    by_state: dict[DeliveryState, list[str]] = {}
    for delivery in alert.deliveries:
        by_state.setdefault(delivery.state, []).append(delivery.channel)
    order = (
        DeliveryState.FAILED,
        DeliveryState.WAITING,
        DeliveryState.SENT,
        DeliveryState.SUMMED_UP,
    )
    said = [f"{_STATES[one]}: {', '.join(by_state[one])}" for one in order if one in by_state]
    role = "danger" if DeliveryState.FAILED in by_state else "text"
    return "; ".join(said), role


def failed_deliveries(alert: Alert) -> list[Delivery]:
    return [one for one in alert.deliveries if one.state is DeliveryState.FAILED]


def page_words(incidents: int, troubled: Iterable[str]) -> str:
    """The line beneath the page's title."""
    verb = "goes" if incidents == 1 else "go"
    goes_on = f"{fmt.counted(incidents, 'thing')} {verb} on" if incidents else "Nothing goes on"
    names = ", ".join(f"“{name}”" for name in troubled)
    return f"{goes_on}; the last message over {names} was not sent" if names else goes_on


def last_words(channel: Channel) -> str:
    """Why its last message was not sent, in full; "" if it was."""
    if not channel.trouble:
        return ""
    return f"The last message over “{channel.name}” was not sent: {channel.trouble}"


# -- heartbeats -----------------------------------------------------------------------


def expected_words(heartbeat: Heartbeat) -> str:
    """``every 1d, 1m grace``."""
    spec = heartbeat.spec
    said = f"every {span(spec.every)}"
    return f"{said}, {span(spec.grace)} grace" if spec.grace else said


def state_words(heartbeat: Heartbeat) -> KindWords:
    """How a heartbeat is."""
    if not heartbeat.spec.enabled:
        return KindWords("Off", "neutral", "mdi6.pause-circle-outline", "Nobody waits for it.")
    if heartbeat.silent:
        return KindWords(
            "Silent", "danger", "mdi6.heart-off-outline", "Its ping did not come in time."
        )
    if heartbeat.last_ping_at is None:
        return KindWords("Waiting", "neutral", "mdi6.timer-sand", "It has not been pinged yet.")
    return KindWords("Fine", "success", "mdi6.heart-pulse", "Its last ping came in time.")


def ping_command(name: str) -> str:
    """The command line that pings, to copy."""
    end_of_options = "-- " if name.startswith("-") else ""
    return f"jobdesk heartbeat ping {end_of_options}{join_command([name])}"


def ping_curl(name: str, base: str) -> str:
    """The same over HTTP, with a place for a token."""
    return f"curl -X POST -H 'Authorization: Bearer TOKEN' {base}/api/v1/heartbeats/{quote(name)}"


def span(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))
