"""Commands about queues."""

from __future__ import annotations

from typing import Any

import click

from jobdesk.cli.alerts import alert_options, take_alerts
from jobdesk.cli.assertions import take_assertions
from jobdesk.cli.output import say, table
from jobdesk.cli.session import QueueCommand, Session, pass_session
from jobdesk.desk.answers import UNCHANGED
from jobdesk.desk.documents import queue_document
from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.queue import MAX_CONCURRENCY, Queue, QueuePolicy
from jobdesk.domain.retry import RetryPolicy, parse_backoff


@click.group("queue")
def queue() -> None:
    """Look at queues, limit, pause and resume them."""


@queue.command("list")
@pass_session
def list_queues(session: Session) -> None:
    """List all queues and what waits in them."""
    found = session.desk.queues()
    session.answer(lambda: [queue_document(one) for one in found], lambda: _show(found))


@queue.command("set")
@click.argument("name")
@click.option("--concurrency", metavar="N|none", help="How many of its runs may run at once.")
@click.option("--rate", metavar="N/s|N/m|N/h|none", help="How many of its runs may start.")
@click.option("--timeout", metavar="DURATION|none|inherit", help="For runs that name none.")
@click.option("--retries", metavar="N|inherit", help="For runs that name none.")
@click.option("--backoff", metavar="SPEC|inherit", help="Delays, for runs that name none.")
@click.option("--keep-finished-days", metavar="N|inherit", help="Days its finished runs stay.")
@click.option("--keep-finished-runs", metavar="N|inherit", help="How many of them stay.")
@click.option("--keep-dead-days", metavar="N|inherit", help="Days its dead letters stay.")
@click.option(
    "--assert",
    "assertions",
    multiple=True,
    metavar="TYPE[:NAME]=VALUE|inherit",
    help="What makes a success, for runs that say nothing of it.",
)
@alert_options
@pass_session
def set_queue(
    session: Session,
    /,
    name: str,
    concurrency: str | None,
    assertions: tuple[str, ...],
    **options: Any,
) -> None:
    """Set limits of a queue and what its runs inherit; it is made if it is new.

    Only what is named is changed; "inherit" takes a value back.
    """
    known = next((one for one in session.desk.queues() if one.name == name), None)
    limit: Any = UNCHANGED
    if concurrency is not None:
        limit = None
        if concurrency.strip().lower() != "none":
            limit = check_whole(concurrency, "concurrency", least=1, most=MAX_CONCURRENCY)
    told = take_alerts(options)
    policy = _changed(known.policy if known else QueuePolicy(), options)
    if told is not None:
        own = policy.alerts or AlertPolicy()
        changed = {field: getattr(told, field) for field in told.model_fields_set}
        policy = policy.model_copy(update={"alerts": own.model_copy(update=changed)})
    if assertions:
        said = None if assertions == ("inherit",) else take_assertions(assertions)
        policy = policy.model_copy(update={"assertions": said})
    _answer(session, session.desk.set_queue(name, concurrency=limit, policy=policy))


def _changed(policy: QueuePolicy, options: dict[str, str | None]) -> QueuePolicy:
    """The policy with what the options say."""
    values = {name: getattr(policy, name) for name in QueuePolicy.model_fields}
    given = policy.retry.model_fields_set if policy.retry is not None else ()
    retry = {name: getattr(policy.retry, name) for name in given}
    for name, text in options.items():
        if text is None:
            continue
        kept = retry if name in ("retries", "backoff") else values
        kept.pop(name, None)
        if not _takes_back(name, text):
            kept[name] = parse_backoff(text) if name == "backoff" else text
    return QueuePolicy(**values | {"retry": RetryPolicy(**retry) if retry else None})


def _takes_back(name: str, text: str) -> bool:
    word = text.strip().lower()
    return word == "inherit" or (name == "rate" and word == "none")


@queue.command(cls=QueueCommand)
@click.argument("name")
@pass_session
def pause(session: Session, name: str) -> None:
    """Start no more runs of a queue; what runs goes on."""
    _answer(session, session.desk.pause_queue(name))


@queue.command(cls=QueueCommand)
@click.argument("name")
@pass_session
def resume(session: Session, name: str) -> None:
    """Start runs of a queue again."""
    _answer(session, session.desk.pause_queue(name, False))


def _answer(session: Session, one: Queue) -> None:
    def text() -> None:
        limit = "no limit" if one.concurrency is None else f"at most {one.concurrency} at once"
        rate = f", at most {one.policy.rate} started" if one.policy.rate else ""
        say(f"queue {one.name}: {'paused' if one.paused else 'running'}, {limit}{rate}")

    session.answer(lambda: queue_document(one), text)


def _show(found: list[Queue]) -> None:
    if not found:
        say("no queues yet: a queue is made by the first run that is pushed to it")
        return
    table(
        ("NAME", "STATE", "LIMIT", "QUEUED", "RUNNING", "RETRYING", "SCHEDULED", "DEAD"),
        [
            (
                one.name,
                "paused" if one.paused else "open",
                one.concurrency,
                one.queued,
                one.running,
                one.retrying,
                one.scheduled,
                one.dead,
            )
            for one in found
        ],
    )
