"""What a run's page says in words. No Qt."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, RetryPolicy
from jobdesk.domain.run import Attempt, Origin, Run, RunState
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.domain.wording import REASON_WORDS, STATE_WORDS
from jobdesk.gui.format import countdown, duration, elapsed, until

ORIGIN_WORDS: dict[Origin, str] = {
    Origin.PUSH: "Pushed",
    Origin.TRIGGER: "Its schedule",
    Origin.MANUAL: "Run by hand",
    Origin.REPLAY: "Replay",
    Origin.CALLBACK: "Callback",
}

OUTCOME_WORDS: dict[Outcome, tuple[str, str, str]] = {
    Outcome.SUCCEEDED: ("Succeeded", "success", "mdi6.check-circle"),
    Outcome.FAILED: ("Failed", "danger", "mdi6.close-circle"),
    Outcome.CANCELLED: ("Cancelled", "neutral", "mdi6.cancel"),
    Outcome.INTERRUPTED: ("Interrupted", "warning", "mdi6.pause-circle"),
}
"""Word, colour role and icon."""

RUNNING_WORDS = ("Running", "info", "mdi6.play-circle")


def sentence(run: Run, *, paused: bool = False) -> str:
    """What state the run is in and why, in a sentence or two; ``paused``: its queue is."""
    state = STATE_WORDS[run.state]
    if paused and run.state is RunState.QUEUED:
        return f"Ready, but its queue “{run.queue}” is paused. Resume it on the page Queues."
    if run.state is RunState.RUNNING and run.cancel_requested:
        return "Being cancelled: its processes are being ended."
    if run.state is RunState.SUCCEEDED and run.started_at and run.finished_at:
        tries = "at the first attempt" if run.attempt == 1 else f"after {run.attempt} attempts"
        took = duration(round((run.finished_at - run.started_at).total_seconds() * 1000))
        return f"{state} It took {took} and succeeded {tries}."
    if run.reason is None or run.state in (RunState.SUCCEEDED, RunState.RUNNING):
        return state
    if run.state is RunState.CANCELLED and run.reason is Reason.CANCELLED:
        return state
    return f"{REASON_WORDS[run.reason]} {state}"


def live(run: Run, now: datetime) -> str:
    """What changes from second to second; empty when nothing does."""
    of = f"attempt {max(1, run.attempt)} of {run.attempts_allowed}"
    if run.state is RunState.RUNNING and run.attempt_started_at is not None:
        return f"Running for {elapsed(run.attempt_started_at, now)} · {of}"
    if run.state is RunState.RETRYING:
        coming = f"attempt {run.attempt + 1} of {run.attempts_allowed}"
        left = countdown(run.available_at, now)
        return f"Next try in {left} ({coming})" if left != "0:00" else f"Due now ({coming})"
    if run.state is RunState.SCHEDULED:
        return f"Starts {until(run.available_at, now)}"
    return ""


def retry_words(policy: RetryPolicy) -> str:
    """A retry policy as a sentence: ``3 retries, after 10s, 20s, 40s; spread at random``."""
    if policy.retries == 0:
        return "No retries"
    many = "1 retry" if policy.retries == 1 else f"{policy.retries:,} retries"
    backoff = policy.backoff
    if isinstance(backoff, FixedBackoff):
        return f"{many}, each after {_span(backoff.seconds)}" + _stubborn(policy)
    delays = [format_duration(delay) for delay in policy.preview()[:4]]
    more = ", …" if policy.retries > len(delays) else ""
    up_to = "up to " if policy.jitter and isinstance(backoff, ExponentialBackoff) else ""
    return f"{many}, after {up_to}{', '.join(delays)}{more}" + _stubborn(policy)


def timeout_words(run: Run, action: ScriptAction | HttpAction) -> str:
    if run.timeout == NO_LIMIT:
        return "None"
    if run.timeout is not None:
        return _span(run.timeout)
    return "30s in total" if isinstance(action, HttpAction) else "None"


def assertion_words(run: Run) -> str:
    """What makes the run a success besides the usual, a line each; "" for nothing."""
    return "\n".join(one.words[:1].upper() + one.words[1:] for one in run.policy.assertions)


def callback_words(callback: Run) -> str:
    """What became of telling somebody about a run: ``Callback: run 848, succeeded``."""
    return f"Callback: run {callback.id}, {callback.state}"


def run_duration(run: Run, now: datetime) -> str | None:
    """From the first start to the end, or to now; None before it."""
    if run.started_at is None:
        return None
    span = (run.finished_at or now) - run.started_at
    return (
        duration(round(span.total_seconds() * 1000))
        if run.finished_at
        else elapsed(run.started_at, now)
    )


def attempt_words(attempt: Attempt) -> tuple[str, str, str]:
    """Word, colour role and icon of an attempt's badge."""
    return RUNNING_WORDS if attempt.outcome is None else OUTCOME_WORDS[attempt.outcome]


def attempt_line(attempt: Attempt) -> str:
    """What an attempt came to, in short: the error, the status, or the exit code."""
    if attempt.error:
        return attempt.error.splitlines()[0]
    if attempt.http_status is not None:
        return f"HTTP {attempt.http_status}"
    if attempt.exit_code is not None:
        return f"exit code {attempt.exit_code}"
    return "in progress" if attempt.outcome is None else ""


def _span(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))


def _stubborn(policy: RetryPolicy) -> str:
    return "; also what can't get better by itself" if policy.retry_permanent else ""
