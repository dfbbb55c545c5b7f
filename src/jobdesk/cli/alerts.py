"""Commands about alerts, channels and heartbeats."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from jobdesk.cli.output import local, say, table
from jobdesk.cli.session import Session, pass_session, run_id
from jobdesk.desk.alert_documents import (
    alert_document,
    channel_document,
    heartbeat_document,
    incident_document,
)
from jobdesk.domain.alert import Alert, AlertPolicy, Delivery, QuietHours, settle_alerts
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.heartbeat import Heartbeat, HeartbeatSpec
from jobdesk.domain.parsing import check_whole, iso

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = [
    click.option("--alert-channel", "alert_channels", multiple=True, metavar="NAME",
                 help="Who is told of failures (see `jobdesk channel`)."),
    click.option("--alert-on", "alert_kinds", multiple=True, metavar="KIND",
                 help="Of what: warning, failure, recovery, late, silent."),
    click.option("--alert-threshold", metavar="N", help="So many failures in a row are one."),
    click.option("--late-start", metavar="DURATION", help="Late if not started after this long."),
    click.option("--late-end", metavar="DURATION", help="Late if not ended after this long."),
    click.option("--late-factor", metavar="N", help="Late after so many times the usual."),
]  # fmt: skip


def alert_options(command: F) -> F:
    """Add the options that :func:`take_alerts` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_alerts(options: dict[str, Any]) -> AlertPolicy | None:
    """What the options say of alerts, if anything; takes them out of ``options``."""
    said: dict[str, Any] = {}
    for option, name in (("alert_channels", "channels"), ("alert_kinds", "kinds")):
        value = options.pop(option)
        if value:
            said[name] = value
    if (threshold := options.pop("alert_threshold")) is not None:
        said["threshold"] = threshold
    for name in ("late_start", "late_end", "late_factor"):
        if (value := options.pop(name)) is not None:
            said[name] = value
    return AlertPolicy(**said) if said else None


# -- alerts -----------------------------------------------------------------------


@click.group("alert")
def alert() -> None:
    """What somebody should hear of, and whether it reached them."""


@alert.command("list")
@click.option("--limit", default="50", metavar="N", help="At most so many (50).")
@pass_session
def list_alerts(session: Session, limit: str) -> None:
    """List alerts and what became of them, the newest first."""
    most = check_whole(limit, "limit", least=1, most=10_000)
    found = session.desk.alerts.recent(limit=most)
    session.answer(lambda: [alert_document(one) for one in found], lambda: _show(found))


@alert.command("set")
@alert_options
@click.option("--quiet", metavar="FROM-TO|none", help="Hours in which alerts wait: 22:00-07:00.")
@click.option("--quiet-but-failures/--quiet-all", default=None, help="Whether failures do, too.")
@pass_session
def set_alerts(
    session: Session, /, quiet: str | None, quiet_but_failures: bool | None, **options: Any
) -> None:
    """Set what holds where neither a job nor its queue says anything. Only what is named is
    changed; without options, shows it."""
    settings, told = session.desk.settings(), take_alerts(options)
    changed: dict[str, Any] = {}
    if told is not None:
        said = {name: getattr(told, name) for name in told.model_fields_set}
        changed["alerts"] = settings.alerts.model_copy(update=said)
    if quiet is not None:
        changed["quiet_hours"] = _quiet(quiet)
    if quiet_but_failures is not None:
        changed["quiet_but_failures"] = quiet_but_failures
    if changed:
        settings = settings.model_copy(update=changed)
        session.desk.save_settings(settings)
    holds = settle_alerts(settings.alerts)
    hours = settings.quiet_hours

    def text() -> None:
        click.echo(f"told of: {', '.join(holds.kinds or ())}")
        click.echo(f"over: {', '.join(holds.channels or ()) or 'nothing'}")
        waits = "all" if not settings.quiet_but_failures else "all but failures"
        click.echo(f"quiet: {f'{hours.start}-{hours.end}, {waits}' if hours else 'never'}")

    session.answer(
        lambda: {
            "alerts": holds.to_json(),
            "quiet_hours": hours.to_json() if hours else None,
            "quiet_but_failures": settings.quiet_but_failures,
        },
        text,
    )


def _quiet(text: str) -> QuietHours | None:
    if text.strip().lower() == "none":
        return None
    start, dash, end = text.partition("-")
    if not dash:
        raise InvalidInput("quiet", text, "two times of day such as 22:00-07:00, or none")
    return QuietHours(start=start, end=end)


@alert.command("again")
@click.argument("delivery", metavar="ID")
@pass_session
def send_again(session: Session, delivery: str) -> None:
    """Send again what was given up; ID is a delivery's, as `alert list --json` has it."""
    number = run_id(delivery, "failed delivery")
    session.desk.alerts.send_again(number)
    session.answer(lambda: {"id": number, "state": "waiting"}, lambda: say("it is tried again"))


@alert.command("open")
@pass_session
def open_incidents(session: Session) -> None:
    """List what goes on just now."""
    found = session.desk.alerts.open()

    def text() -> None:
        if not found:
            say("nothing goes on")
            return
        table(
            ("SINCE", "WHAT", "NAME", "FAILURES", "TOLD AS"),
            [
                (local(one.opened_at), one.kind, one.title, one.failures, one.raised or "")
                for one in found
            ],
        )

    session.answer(lambda: [incident_document(one) for one in found], text)


@alert.command()
@click.argument("subject")
@click.argument("until", metavar="DURATION|TIME")
@pass_session
def snooze(session: Session, subject: str, until: str) -> None:
    """Send nothing about SUBJECT (*, queue:NAME, job:NAME, heartbeat:NAME) for a while."""
    moment = session.desk.alerts.snooze(subject, until)
    session.answer(
        lambda: {"subject": subject, "until": iso(moment)},
        lambda: say(f"{subject} is snoozed until {local(moment)}"),
    )


@alert.command()
@click.argument("subject")
@pass_session
def unsnooze(session: Session, subject: str) -> None:
    """Send alerts about SUBJECT again."""
    session.desk.alerts.unsnooze(subject)
    session.answer(lambda: {"subject": subject, "until": None}, lambda: say(f"{subject}: awake"))


@alert.command()
@pass_session
def snoozes(session: Session) -> None:
    """List what is snoozed."""
    found = session.desk.alerts.snoozes()
    session.answer(
        lambda: [{"subject": one, "until": iso(until)} for one, until in found.items()],
        lambda: table(("SUBJECT", "UNTIL"), [(one, local(t)) for one, t in found.items()]),
    )


def _show(found: list[Alert]) -> None:
    if not found:
        say("no alerts")
        return
    table(
        ("WHEN", "KIND", "WHAT", "RUN", "SENT"),
        [
            (
                local(one.created_at),
                one.kind,
                one.title[:60],
                one.run_id or "",
                ", ".join(map(_delivery, one.deliveries)) or "nobody",
            )
            for one in found
        ],
    )


def _delivery(one: Delivery) -> str:
    error = f" ({one.error})" if one.error and one.ended_at is None else ""
    return f"{one.channel}: {one.state}{error}"


# -- channels ---------------------------------------------------------------------


@click.group("channel")
def channel() -> None:
    """The ways to reach somebody: mail, Slack, ntfy, webhooks and a hundred more."""


@channel.command()
@click.argument("name")
@click.argument("url", default="-")
@click.option("--replace", is_flag=True, help="Give a channel that is there another address.")
@pass_session
def add(session: Session, name: str, url: str, replace: bool) -> None:
    """Add a channel. Without URL, or with "-", it is read from stdin, where no list of
    processes shows it. See https://appriseit.com for the forms of addresses."""
    address = sys.stdin.readline().strip() if url == "-" else url
    channels = session.desk.channels
    made = channels.change(name, address) if replace else channels.add(name, address)
    session.answer(
        lambda: channel_document(made), lambda: say(f"channel {made.name}: {made.shown}")
    )


@channel.command("list")
@pass_session
def list_channels(session: Session) -> None:
    """List the channels, their addresses masked."""
    found = session.desk.channels.all()
    session.answer(
        lambda: [channel_document(one) for one in found],
        lambda: table(
            ("NAME", "ON", "ADDRESS", "LAST TROUBLE"),
            [(o.name, "yes" if o.enabled else "no", o.shown, o.trouble or "") for o in found],
        ),
    )


def _switch(name: str, enabled: bool, text: str) -> None:
    @channel.command(name, help=text)
    @click.argument("name")
    @pass_session
    def command(session: Session, name: str) -> None:
        made = session.desk.channels.enable(name, enabled)
        said = "on" if made.enabled else "off"
        session.answer(lambda: channel_document(made), lambda: say(f"channel {name}: {said}"))


_switch("enable", True, "Switch a channel on.")
_switch("disable", False, "Switch a channel off; what waits for it is given up.")


@channel.command()
@click.argument("name")
@pass_session
def test(session: Session, name: str) -> None:
    """Send a message over a channel now; says why it couldn't be sent."""
    session.desk.channels.test(name)
    session.answer(lambda: {"name": name, "sent": True}, lambda: say(f"sent over {name}"))


@channel.command()
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Forget a channel and its address."""
    session.desk.channels.remove(name)
    session.answer(lambda: {"name": name, "removed": True}, lambda: say(f"removed {name}"))


# -- heartbeats -------------------------------------------------------------------


@click.group("heartbeat")
def heartbeat() -> None:
    """What others say regularly; silence is an alert."""


@heartbeat.command("add")
@click.argument("name")
@click.option("--every", required=True, metavar="DURATION", help="How often a ping is expected.")
@click.option("--grace", default="1m", metavar="DURATION", help="How much later it may be (1m).")
@alert_options
@pass_session
def add_heartbeat(session: Session, /, name: str, every: str, grace: str, **options: Any) -> None:
    """Wait for a ping, such as `curl -X POST …/api/v1/heartbeats/NAME` at the end of a backup."""
    values: dict[str, Any] = {"name": name, "every": every, "grace": grace}
    made = session.desk.heartbeats.add(HeartbeatSpec(**values, alerts=take_alerts(options)))
    session.answer(
        lambda: heartbeat_document(made),
        lambda: say(f"heartbeat {name}; silent from {local(made.overdue_at)} on"),
    )


@heartbeat.command()
@click.argument("name")
@pass_session
def ping(session: Session, name: str) -> None:
    """Say that all is well."""
    made = session.desk.heartbeats.ping(name)
    session.answer(lambda: heartbeat_document(made), lambda: say(f"heartbeat {name}: heard"))


@heartbeat.command("list")
@pass_session
def list_heartbeats(session: Session) -> None:
    """List the heartbeats."""
    found = session.desk.heartbeats.all()
    session.answer(
        lambda: [heartbeat_document(one) for one in found], lambda: _show_heartbeats(found)
    )


@heartbeat.command("remove")
@click.argument("name")
@pass_session
def remove_heartbeat(session: Session, name: str) -> None:
    """Wait for it no longer."""
    session.desk.heartbeats.remove(name)
    session.answer(lambda: {"name": name, "removed": True}, lambda: say(f"removed {name}"))


def _show_heartbeats(found: list[Heartbeat]) -> None:
    if not found:
        say("no heartbeats")
        return
    table(
        ("NAME", "STATE", "LAST PING", "OVERDUE FROM"),
        [
            (
                one.spec.name,
                "silent" if one.silent else "fine" if one.last_ping_at else "waiting",
                local(one.last_ping_at) if one.last_ping_at else "never",
                local(one.overdue_at) if one.overdue_at else "-",
            )
            for one in found
        ],
    )
