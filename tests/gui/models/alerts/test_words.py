"""Alerts in the words of the window."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta

import pytest

from jobdesk.clock import local_zone
from jobdesk.domain.alert import Alert, AlertKind, Delivery, DeliveryState, Incident
from jobdesk.domain.heartbeat import Heartbeat, HeartbeatSpec
from jobdesk.gui.models.alerts.words import (
    KINDS,
    SNOOZES,
    failed_deliveries,
    page_words,
    ping_command,
    ping_curl,
    sent_words,
    snooze_until,
    snoozed_until,
    state_words,
    subject_words,
    subjects,
)

NOW = datetime(2026, 3, 28, 21, 30, tzinfo=UTC)


def incident(subject: str, title: str, *, queue: str | None, job: str | None) -> Incident:
    return Incident(
        1, subject, "failures", title, queue, job, 2, AlertKind.FAILURE, 847, NOW, NOW
    )  # fmt: skip


def delivery(channel: str, state: DeliveryState) -> Delivery:
    error = "connection refused" if state is DeliveryState.FAILED else None
    return Delivery(7, channel, state, 1, NOW, None, error)


def alert(*deliveries: Delivery) -> Alert:
    return Alert(1, 1, AlertKind.FAILURE, "“x” failed for good", "", 847, NOW, deliveries)


def test_every_kind_of_alert_has_its_words() -> None:
    assert set(KINDS) == set(AlertKind)


def test_a_snooze_until_the_morning_ends_at_eight_on_the_wall() -> None:
    end = snooze_until(SNOOZES.index("Until tomorrow 8:00"), NOW)
    wall, today = end.astimezone(local_zone()), NOW.astimezone(local_zone())
    assert (wall.hour, wall.minute) == (8, 0)
    assert (wall.date() - today.date()).days == 1


@pytest.mark.parametrize(
    ("choice", "span"),
    [
        ("30 minutes", timedelta(minutes=30)),
        ("2 hours", timedelta(hours=2)),
        ("A week", timedelta(days=7)),
    ],
)
def test_other_snoozes_last_as_long_as_they_say(choice: str, span: timedelta) -> None:
    assert snooze_until(SNOOZES.index(choice), NOW) - NOW == span


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (incident("job:3", "Backup", queue="nightly", job="Backup"),
         ["job:Backup", "queue:nightly", "*"]),
        (incident("run:847", "POST …", queue="web", job=None), ["queue:web", "*"]),
        (incident("heartbeat:3", "Heartbeat off-site", queue=None, job=None),
         ["heartbeat:off-site", "*"]),
    ],
)  # fmt: skip
def test_what_can_be_snoozed_begins_with_the_narrowest(
    given: Incident, expected: list[str]
) -> None:
    assert subjects(given) == expected


def test_an_incident_is_snoozed_as_long_as_anything_says_so() -> None:
    one = incident("job:3", "Backup", queue="nightly", job="Backup")
    later = NOW + timedelta(hours=2)
    assert snoozed_until(one, {"job:Backup": NOW, "queue:nightly": later, "job:x": NOW}) == later
    assert snoozed_until(one, {"job:x": later}) is None
    assert [subject_words(subject) for subject in subjects(one)] == [
        "Job “Backup”", "Queue “nightly”", "Everything",
    ]  # fmt: skip


def test_the_worst_of_the_deliveries_is_said_first() -> None:
    told = alert(
        delivery("desktop", DeliveryState.SENT),
        delivery("mail", DeliveryState.FAILED),
        delivery("chat", DeliveryState.SENT),
    )
    assert sent_words(told) == ("not sent: mail; sent: desktop, chat", "danger")
    assert [one.channel for one in failed_deliveries(told)] == ["mail"]
    assert sent_words(alert()) == ("nobody", "muted")


def test_the_page_says_how_much_goes_on_and_which_channel_is_in_trouble() -> None:
    assert page_words(0, []) == "Nothing goes on"
    assert page_words(1, []) == "1 thing goes on"
    assert page_words(2, ["mail"]) == "2 things go on; the last message over “mail” was not sent"


def test_a_heartbeat_is_off_silent_waiting_or_fine() -> None:
    def named(ping: datetime | None, *, silent: bool = False, enabled: bool = True) -> str:
        spec = HeartbeatSpec(name="x", every=60, enabled=enabled)
        return state_words(Heartbeat(1, spec, NOW, ping, NOW, silent)).name

    assert named(None) == "Waiting"
    assert named(NOW) == "Fine"
    assert named(NOW, silent=True) == "Silent"
    assert named(NOW, silent=True, enabled=False) == "Off"


@pytest.mark.parametrize("name", ["backup", "-x", "it's a day & a night", "a/b?c#d"])
def test_what_is_copied_pings_this_heartbeat(name: str) -> None:
    words = shlex.split(ping_command(name))
    assert words[:3] == ["jobdesk", "heartbeat", "ping"]
    assert words[-1] == name
    assert name[0] != "-" or words[3] == "--"
    url = shlex.split(ping_curl(name, "http://127.0.0.1:8127"))[-1]
    assert not set(url) & set(" ?#&'")
