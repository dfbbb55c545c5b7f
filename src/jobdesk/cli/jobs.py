"""Commands about jobs."""

from __future__ import annotations

from typing import Any

import click

from jobdesk.cli.alerts import alert_options, take_alerts
from jobdesk.cli.missing import warn
from jobdesk.cli.options import here, take_action, take_terms, what_and_how
from jobdesk.cli.output import local, say, settled_lines, table
from jobdesk.cli.session import JobCommand, Session, pass_session
from jobdesk.clock import local_zone
from jobdesk.desk.documents import job_document, run_document
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import Job
from jobdesk.domain.parsing import parse_time
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.domain.wording import STATE_WORDS


@click.group("job")
def job() -> None:
    """Set up and manage jobs."""


@job.command()
@click.argument("name")
@what_and_how
@alert_options
@click.option("--cron", metavar="EXPR", help="Fire by a cron expression.")
@click.option("--every", metavar="DURATION", help="Fire every so often, as in 5m.")
@click.option("--at", metavar="TIME", help="Fire once, at this time (ISO 8601).")
@click.option("--tz", metavar="ZONE", help="The time zone of --cron (and of --at).")
@click.option(
    "--overlap",
    default="queue",
    metavar="POLICY",
    help="While an earlier run goes on: skip, queue (default), parallel, replace.",
)
@click.option(
    "--catch-up",
    default="latest",
    metavar="POLICY",
    help="Fires missed while nobody could act: skip, latest (default), all.",
)
@pass_session
def add(session: Session, /, name: str, **options: Any) -> None:
    """Set up a job; without --cron, --every or --at it runs by hand only."""
    action, terms = take_action(options), take_terms(options)
    terms["alerts"] = take_alerts(options)
    trigger = _trigger(*(options.pop(option) for option in ("cron", "every", "at", "tz")))
    made = session.desk.add_job(name, action, trigger=trigger, folder=here(), **terms, **options)
    warn(session, made.spec.action)
    session.answer(
        lambda: job_document(made),
        lambda: say(f"added job {made.name}; next fire: {local(made.next_due_at)}"),
    )


@job.command("list")
@pass_session
def list_jobs(session: Session) -> None:
    """List all jobs."""
    found = session.desk.jobs()
    for row in session.desk.unreadable():
        say(f"warning: job {row.name!r} can't be read and was set aside: {row.problem}")

    def text() -> None:
        if not found:
            say("no jobs")
            return
        table(
            ("NAME", "SCHEDULE", "NEXT FIRE", "LAST RESULT", "QUEUE"),
            [
                (
                    one.name,
                    _words(one),
                    local(one.next_due_at) if one.spec.enabled else "disabled",
                    one.last_run.state if one.last_run else None,
                    one.spec.queue,
                )
                for one in found
            ],
        )

    session.answer(lambda: [job_document(one) for one in found], text)


@job.command(cls=JobCommand)
@click.argument("name")
@pass_session
def show(session: Session, name: str) -> None:
    """Show a job."""
    one = session.desk.job(name)

    def text() -> None:
        spec = one.spec
        click.echo(f"{one.name}: {spec.action.summary}")
        click.echo(f"when: {_words(one)}" + ("" if spec.enabled else " (disabled)"))
        click.echo(f"next fire: {local(one.next_due_at)}")
        click.echo(f"queue {spec.queue}, priority {spec.priority}")
        for line in settled_lines(one.settled):
            click.echo(line)
        click.echo(f"overlap: {spec.overlap}; catch-up: {spec.catch_up}")
        if one.last_run:
            last = one.last_run
            click.echo(f"last run: {last.id}, {last.state} ({STATE_WORDS[last.state]})")

    session.answer(lambda: job_document(one), text)


@job.command("run", cls=JobCommand)
@click.argument("name")
@pass_session
def run_job(session: Session, name: str) -> None:
    """Run a job now. Prints the run's id."""
    run = session.desk.run_job(name)
    session.answer(lambda: run_document(run), lambda: click.echo(run.id))


@job.command(cls=JobCommand)
@click.argument("name")
@pass_session
def enable(session: Session, name: str) -> None:
    """Let a job fire again; what it missed meanwhile is not made up."""
    _switch(session, name, True)


@job.command(cls=JobCommand)
@click.argument("name")
@pass_session
def disable(session: Session, name: str) -> None:
    """Stop a job from firing."""
    _switch(session, name, False)


@job.command(cls=JobCommand)
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Delete a job; its runs stay in the history."""
    session.desk.remove_job(name)
    session.answer(lambda: {"removed": name}, lambda: say(f"removed job {name}; its runs stay"))


def _switch(session: Session, name: str, enabled: bool) -> None:
    one = session.desk.enable_job(name, enabled)
    session.answer(
        lambda: job_document(one),
        lambda: say(f"{name} is {'enabled' if enabled else 'disabled'}"),
    )


def _trigger(
    cron: str | None, every: str | None, at: str | None, tz: str | None
) -> Cron | Every | At | None:
    given = {"--cron": cron, "--every": every, "--at": at}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise InvalidInput("schedule", " and ".join(named), "only one of --cron, --every and --at")
    if tz is not None and (every is not None or not named):
        raise InvalidInput("tz", tz, "to be used with --cron or --at")
    if cron is not None:
        return Cron(cron, tz=tz)
    if every is not None:
        return Every(every)
    if at is not None:
        from jobdesk.domain.cron import find_zone

        return At(parse_time(at, "at", find_zone(tz) if tz is not None else local_zone()))
    return None


def _words(one: Job) -> str:
    trigger = one.spec.trigger
    if trigger is None:
        return "by hand"
    return trigger.words + (f" ({one.timezone})" if one.timezone else "")
