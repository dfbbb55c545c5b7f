"""Commands about runs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import click

from jobdesk.cli.missing import warn
from jobdesk.cli.options import here, take_action, take_terms, what_and_how
from jobdesk.cli.output import lasted, local, print_json, say, table
from jobdesk.cli.session import RunCommand, Session, pass_session, run_id
from jobdesk.desk.documents import chunk_documents, full_run_document, run_document
from jobdesk.domain.errors import InvalidInput, Unavailable
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.run import Run, RunState
from jobdesk.domain.wording import REASON_WORDS, STATE_WORDS
from jobdesk.store.runs import RunFilter

_FOLLOW_CHECK = 0.5


@click.command(context_settings={"allow_interspersed_args": False})
@what_and_how
@click.option("--delay", metavar="DURATION", help="Run after this long, as in 30s.")
@click.option("--at", metavar="TIME", help="Run at this time (ISO 8601).")
@click.option("--key", metavar="KEY", help="The same key again returns the run it made first.")
@click.option("--wait", is_flag=True, help="Wait for the end; 1 unless it succeeded.")
@pass_session
def push(session: Session, /, wait: bool, **options: Any) -> None:
    """Run something once: now, after a delay, or at a time. Prints the run's id."""
    action, terms = take_action(options), take_terms(options)
    run = session.desk.push(action, folder=here(), **terms, **options)
    warn(session, run.action)
    if not wait:
        session.answer(lambda: run_document(run), lambda: click.echo(run.id))
        return
    try:
        ended = session.desk.wait(run.id)
    except Unavailable:
        session.answer(lambda: run_document(run), lambda: click.echo(run.id))
        raise
    session.answer(lambda: run_document(ended), lambda: click.echo(ended.id))
    if ended.state is not RunState.SUCCEEDED:
        say(f"run {ended.id} is {ended.state}: {ended.error or STATE_WORDS[ended.state]}")
        sys.exit(1)


@click.command("runs")
@click.option("--state", "states", multiple=True, metavar="STATE", help="Only these states.")
@click.option("--job", metavar="NAME", help="Only runs of this job.")
@click.option("--queue", metavar="NAME", help="Only runs of this queue.")
@click.option("--limit", default="50", metavar="N", help="At most so many (50).")
@pass_session
def list_runs(
    session: Session, states: Sequence[str], job: str | None, queue: str | None, limit: str
) -> None:
    """List runs, the newest first."""
    which = RunFilter(states=frozenset(map(_state, states)), job=job, queue=queue)
    most = check_whole(limit, "limit", least=1, most=100_000)
    if queue is not None:
        session.desk.queue(queue)
    found = session.desk.runs(which, limit=most)
    if job is not None and not found and not session.desk.count_runs(RunFilter(job=job), most=1):
        session.desk.job(job)  # NotFound, unless it simply has not run yet
    session.answer(lambda: [run_document(run) for run in found], lambda: _show_runs(found))


@click.command(cls=RunCommand)
@click.argument("run")
@pass_session
def show(session: Session, run: str) -> None:
    """Show a run and its attempts."""
    found = session.desk.run(run_id(run))
    attempts = session.desk.attempts(found.id)

    def text() -> None:
        click.echo(f"run {found.id}: {found.title}")
        click.echo(f"{found.state}: {STATE_WORDS[found.state]}")
        if found.reason:
            click.echo(f"{found.reason}: {REASON_WORDS[found.reason]} ({found.error})")
        if found.state is RunState.RETRYING:
            click.echo(f"next attempt: {local(found.available_at)}")
        for label, other in (("replay of", found.replay_of), ("replayed by", found.replayed_by)):
            if other:
                click.echo(f"{label} run {other}")
        click.echo(f"queue {found.queue}, priority {found.priority}, due {local(found.due_at)}")
        if attempts:
            click.echo()
            table(
                ("ATTEMPT", "OUTCOME", "STARTED", "MS", "ERROR"),
                [
                    (a.number, a.outcome or "running", local(a.started_at), a.duration_ms, a.error)
                    for a in attempts
                ],
            )

    session.answer(lambda: full_run_document(found, attempts), text)


@click.command(cls=RunCommand)
@click.argument("run")
@click.option("--attempt", metavar="N", help="This attempt instead of the latest.")
@click.option("--stream", metavar="NAME", help="Only stdout, stderr or system.")
@click.option("--follow", is_flag=True, help="Go on until the run is finished.")
@pass_session
def log(session: Session, run: str, attempt: str | None, stream: str | None, follow: bool) -> None:
    """Print what an attempt wrote, in order."""
    number = None if attempt is None else check_whole(attempt, "attempt", least=1, most=10**9)
    only = None if stream is None else _stream(stream)
    found = session.desk.run(run_id(run))
    if follow:
        if session.as_json:
            raise InvalidInput("--follow", "--json", "one of the two: JSON is a whole document")
        _follow(session, found, number, only)
        return
    chunks = session.desk.log(found.id, attempt=number, stream=only)
    if session.as_json:
        print_json(
            {
                "run": found.id,
                "attempt": number or found.attempt,
                "chunks": chunk_documents(chunks),
            }
        )
        return
    printer = _Printer(apart=only is None)
    for chunk in chunks:
        printer.print(chunk)


@click.command(cls=RunCommand)
@click.argument("runs", nargs=-1, metavar="RUN...")
@click.option("--dead", is_flag=True, help="All dead letters instead.")
@click.option("--queue", metavar="NAME", help="With --dead: only those of this queue.")
@pass_session
def replay(session: Session, runs: Sequence[str], dead: bool, queue: str | None) -> None:
    """Make new runs of finished ones; prints their ids."""
    if bool(runs) == dead:
        raise InvalidInput("RUN", "both" if dead else "nothing", "ids of runs, or --dead")
    if queue is not None and not dead:
        raise InvalidInput("--queue", queue, "to be used with --dead")
    if dead:
        replayed = session.desk.replay_dead(queue)
    else:
        replayed = session.desk.replay([run_id(run) for run in runs])
    for one in replayed:
        if one.new_id is None:
            earlier = session.desk.run(one.run_id).replayed_by
            say(f"run {one.run_id} was replayed before, as run {earlier}; skipped")
    new_ids = [one.new_id for one in replayed if one.new_id is not None]
    session.answer(
        lambda: [run_document(session.desk.run(new_id)) for new_id in new_ids],
        lambda: click.echo("".join(f"{new_id}\n" for new_id in new_ids), nl=False),
    )


def _verb(name: str, act: Callable[[Session], Callable[[Sequence[int]], None]], text: str) -> Any:
    """A command that does one thing to several runs, all or none."""

    @click.command(name, cls=RunCommand, help=text)
    @click.argument("runs", nargs=-1, required=True, metavar="RUN...")
    @pass_session
    def command(session: Session, runs: Sequence[str]) -> None:
        ids = list(dict.fromkeys(run_id(run) for run in runs))
        act(session)(ids)
        after = [session.desk.run(i) for i in ids]
        session.answer(
            lambda: [run_document(run) for run in after],
            lambda: _show_runs(after),
        )

    return command


cancel = _verb("cancel", lambda s: s.desk.cancel, "Cancel runs; running ones are ended.")
retry = _verb("retry", lambda s: s.desk.retry, "Retry now instead of at the end of the countdown.")
discard = _verb("discard", lambda s: s.desk.discard, "Put dead letters away.")


def _show_runs(found: Sequence[Run]) -> None:
    if not found:
        say("no runs")
        return
    table(
        ("ID", "STATE", "NAME", "QUEUE", "ATTEMPT", "DUE", "TOOK", "ERROR"),
        [
            (
                run.id,
                run.state,
                run.title[:60],
                run.queue,
                f"{run.attempt}/{run.attempts_allowed}",
                local(run.due_at),
                lasted(run),
                run.error,
            )
            for run in found
        ],
    )


def _state(text: str) -> RunState:
    try:
        return RunState(text.strip().lower())
    except ValueError:
        raise InvalidInput("state", text, f"one of {', '.join(RunState)}") from None


def _stream(text: str) -> Stream:
    try:
        return Stream(text)
    except ValueError:
        raise InvalidInput("stream", text, f"one of {', '.join(Stream)}") from None


class _Printer:
    """Writes chunks to stdout as the bytes they are.

    With all streams together (``apart``) a sentence of ours begins on a line of its own.
    """

    def __init__(self, *, apart: bool) -> None:
        self._apart, self._ended = apart, True

    def print(self, chunk: LogChunk) -> None:
        out = sys.stdout.buffer
        if self._apart and chunk.stream is Stream.SYSTEM and not self._ended:
            out.write(b"\n")
        out.write(chunk.data)
        self._ended = chunk.data.endswith(b"\n")

    @staticmethod
    def flush() -> None:
        sys.stdout.buffer.flush()


def _follow(session: Session, run: Run, number: int | None, only: Stream | None) -> None:
    """Print as it comes, over all further attempts unless one was named."""
    look = threading.Event()
    stop = session.desk.listen(lambda topics: look.set())
    printer = _Printer(apart=only is None)
    attempt, after = number or max(1, run.attempt), -1
    try:
        while True:
            look.clear()
            now = session.desk.run(run.id)
            if now.attempt >= attempt:
                for chunk in session.desk.log(run.id, attempt=attempt, stream=only, after=after):
                    printer.print(chunk)
                    after = chunk.seq
                printer.flush()
            if number is None and now.attempt > attempt:
                attempt, after = attempt + 1, -1
            elif now.finished or (number is not None and now.attempt > number):
                return
            elif session.desk.engine() is None:
                raise Unavailable(f"no engine is running; run {run.id} is {now.state}")
            else:
                look.wait(_FOLLOW_CHECK)
    finally:
        stop()
