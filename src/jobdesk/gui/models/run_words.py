"""What lists and inspectors say about a run."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobdesk.domain.run import Origin, Run, RunState
from jobdesk.domain.wording import REASON_WORDS, STATE_WORDS
from jobdesk.gui import format as fmt

ORIGIN_WORDS = {
    Origin.PUSH: "Pushed",
    Origin.TRIGGER: "Schedule",
    Origin.MANUAL: "By hand",
    Origin.CALLBACK: "Callback",
    Origin.REPLAY: "Replay",
}

_AGO_FOR = timedelta(hours=1)


def attempt(run: Run) -> str:
    """``2 of 4``; nothing before the first attempt."""
    return f"{run.attempt} of {run.attempts_allowed}" if run.attempt else ""


def when_of(run: Run) -> tuple[str, datetime]:
    """The time that matters in the run's state, and what it is."""
    if run.finished_at is not None:
        return "Finished", run.finished_at
    if run.state is RunState.RUNNING:
        return "Started", run.attempt_started_at or run.created_at
    if run.state is RunState.RETRYING:
        return "Next attempt", run.available_at
    return "Due", run.due_at


def when(run: Run, now: datetime) -> str:
    """That time as a list shows it: relative just after it, else a clock time. (What lies
    ahead is counted down in :func:`detail`.)"""
    _, moment = when_of(run)
    if moment > now:
        return fmt.moment(moment, now)
    return fmt.ago(moment, now) if now - moment < _AGO_FOR else fmt.moment(moment, now)


def when_hint(run: Run) -> str:
    """Every time that is known, one a line, in full."""
    known = [("Created", run.created_at), ("Due", run.due_at), ("Started", run.started_at)]
    known.append(("Finished", run.finished_at))
    if run.state is RunState.RETRYING:
        known.append(("Next attempt", run.available_at))
    return "\n".join(f"{word}: {fmt.moment_full(at)}" for word, at in known if at is not None)


def took(run: Run, now: datetime) -> str:
    """How long it has been running, or ran from the first attempt to the end."""
    if run.state is RunState.RUNNING and run.attempt_started_at is not None:
        return fmt.elapsed(run.attempt_started_at, now)
    if run.started_at is None or run.finished_at is None:
        return ""
    return fmt.duration(round((run.finished_at - run.started_at).total_seconds() * 1000))


def detail(run: Run, now: datetime, paused: frozenset[str] = frozenset()) -> str:
    """Why it is where it is, in one line."""
    if run.state is RunState.RETRYING:
        left = fmt.countdown(run.available_at, now)
        return f"Retry in {left}" + (f" · {run.error}" if run.error else "")
    if run.state is RunState.RUNNING:
        return "Ending: its cancellation was asked for" if run.cancel_requested else ""
    if run.state in (RunState.QUEUED, RunState.SCHEDULED) and run.queue in paused:
        return f"The queue {run.queue} is paused"
    if run.state is RunState.SCHEDULED:
        return f"Runs {fmt.until(run.available_at, now)}"
    if run.state is RunState.QUEUED:
        return "Waiting for a free worker"
    if run.state is RunState.DEAD and run.replayed_by is not None:
        return f"Replayed as run {run.replayed_by}" + (f" · {run.error}" if run.error else "")
    return run.error or ""


def sentence(run: Run, paused: frozenset[str] = frozenset()) -> str:
    """The state or the reason, as a sentence; ``paused`` are the queues that are."""
    if run.state is RunState.QUEUED and run.queue in paused:
        return f"Ready, but its queue “{run.queue}” is paused."
    if run.reason is not None and run.state is not RunState.RUNNING:
        return REASON_WORDS[run.reason]
    return STATE_WORDS[run.state]
