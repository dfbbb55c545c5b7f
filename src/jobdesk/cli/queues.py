"""Commands about queues."""

from __future__ import annotations

import click

from jobdesk.cli.output import say, table
from jobdesk.cli.session import QueueCommand, Session, pass_session
from jobdesk.desk.documents import queue_document
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.queue import MAX_CONCURRENCY, Queue


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
@pass_session
def set_queue(session: Session, name: str, concurrency: str | None) -> None:
    """Set the limit of a queue, which is made if it is new."""
    limit = None
    if concurrency is None:
        known = next((one for one in session.desk.queues() if one.name == name), None)
        limit = known.concurrency if known else None
    elif concurrency.strip().lower() != "none":
        limit = check_whole(concurrency, "concurrency", least=1, most=MAX_CONCURRENCY)
    _answer(session, session.desk.set_queue(name, concurrency=limit))


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
        say(f"queue {one.name}: {'paused' if one.paused else 'running'}, {limit}")

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
