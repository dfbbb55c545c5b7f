"""The life of a run: every legal transition, and nothing else.

Pure functions of (run, verdict, policy, now). Whoever changes a state in the database
asks here first; the store's bulk statements take their ``WHERE state IN`` from
:data:`EDGES` by way of :func:`sources`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jobdesk.domain.errors import NotAllowed
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import FINISHED, UNFINISHED, Run, RunState

S = RunState


class Event(StrEnum):
    """What moves a run from one state to another."""

    DUE = "due"
    CLAIM = "claim"
    CONCLUDE = "conclude"
    RESCUE = "rescue"
    RETRY_NOW = "retry now"
    CANCEL = "cancel"
    DISCARD = "discard"
    SET_ASIDE = "set aside"


EDGES: frozenset[tuple[RunState, Event, RunState]] = frozenset(
    {
        (S.SCHEDULED, Event.DUE, S.QUEUED),
        (S.RETRYING, Event.DUE, S.QUEUED),
        (S.QUEUED, Event.CLAIM, S.RUNNING),
        (S.RUNNING, Event.CONCLUDE, S.SUCCEEDED),
        (S.RUNNING, Event.CONCLUDE, S.RETRYING),
        (S.RUNNING, Event.CONCLUDE, S.DEAD),
        (S.RUNNING, Event.CONCLUDE, S.CANCELLED),
        (S.RUNNING, Event.CONCLUDE, S.QUEUED),
        (S.RUNNING, Event.RESCUE, S.QUEUED),
        (S.RUNNING, Event.RESCUE, S.DEAD),
        (S.RUNNING, Event.RESCUE, S.CANCELLED),
        (S.RETRYING, Event.RETRY_NOW, S.QUEUED),
        (S.SCHEDULED, Event.CANCEL, S.CANCELLED),
        (S.QUEUED, Event.CANCEL, S.CANCELLED),
        (S.RETRYING, Event.CANCEL, S.CANCELLED),
        (S.DEAD, Event.DISCARD, S.DISCARDED),
        (S.SCHEDULED, Event.SET_ASIDE, S.DEAD),
        (S.QUEUED, Event.SET_ASIDE, S.DEAD),
        (S.RETRYING, Event.SET_ASIDE, S.DEAD),
        (S.RUNNING, Event.SET_ASIDE, S.DEAD),
    }
)
"""A push, a fire or a replay makes a run ``scheduled``, ``queued`` or ``skipped``; a
running run is not cancelled by the command but by the end of its attempt."""


def sources(event: Event) -> frozenset[RunState]:
    """The states in which ``event`` can happen."""
    return frozenset(source for source, happening, _ in EDGES if happening is event)


@dataclass(frozen=True, slots=True)
class Transition:
    """The new values of a run's row."""

    state: RunState
    available_at: datetime
    finished_at: datetime | None
    reason: Reason | None
    error: str | None
    uncounted: int


def first_state(available_at: datetime, now: datetime) -> RunState:
    """The state in which a run begins."""
    return S.SCHEDULED if available_at > now else S.QUEUED


def conclude(run: Run, verdict: Verdict, now: datetime, rng: random.Random) -> Transition:
    """What an attempt's verdict makes of a running run."""
    _require(run, Event.CONCLUDE, "conclude")
    if verdict.outcome is Outcome.SUCCEEDED:
        return _end(run, S.SUCCEEDED, None, None, now)
    if verdict.outcome is Outcome.CANCELLED or run.cancel_requested:
        return _end(run, S.CANCELLED, Reason.CANCELLED, verdict.error, now)
    if verdict.outcome is Outcome.INTERRUPTED:
        return _interrupted(run, verdict.counted, verdict.error, now)
    try:
        policy = run.retry
    except ValueError:
        error = f"{verdict.error}; it can't be tried again: its retry policy can't be read"
        return _end(run, S.DEAD, verdict.reason, error, now)
    counted = run.attempt - run.uncounted
    if counted >= run.max_attempts or _is_final(run, verdict, policy):
        return _end(run, S.DEAD, verdict.reason, verdict.error, now)
    delay = policy.delay(counted, retry_after=verdict.retry_after, rng=rng)
    waits = policy.words_for_wait(delay, verdict.retry_after)
    said = f"{verdict.error}; {waits}" if waits else verdict.error
    return Transition(S.RETRYING, now + delay, None, verdict.reason, said, run.uncounted)


def rescue(run: Run, now: datetime) -> Transition:
    """What becomes of a run whose engine died under it: the attempt counts."""
    _require(run, Event.RESCUE, "rescue")
    error = "the engine ended before the attempt did"
    if run.cancel_requested:
        return _end(run, S.CANCELLED, Reason.CANCELLED, error, now)
    return _interrupted(run, True, error, now)


def cancel(run: Run, now: datetime) -> Transition | None:
    """The end of a run that waits; None for a running one: its attempt must end first."""
    _require_readable(run)
    if run.state is S.RUNNING:
        return None
    _require(run, Event.CANCEL, "cancel")
    return _end(run, S.CANCELLED, Reason.CANCELLED, "cancelled before it ran", now)


def retry_now(run: Run, now: datetime) -> Transition:
    """A countdown cut short."""
    _require_readable(run)
    _require(run, Event.RETRY_NOW, "retry")
    return Transition(S.QUEUED, now, None, run.reason, run.error, run.uncounted)


def discard(run: Run, now: datetime) -> Transition:
    """A dead letter put away; reason, error and time of its death stay."""
    _require_readable(run)
    _require(run, Event.DISCARD, "discard")
    return Transition(
        S.DISCARDED, run.available_at, run.finished_at, run.reason, run.error, run.uncounted
    )


def set_aside(run: Run, reason: Reason, why: str, now: datetime) -> Transition:
    """The end of a run that must not be carried out any more without a person's word: its
    row can't be read, or it came out of a backup and may have run since."""
    _require(run, Event.SET_ASIDE, "set aside")
    return _end(run, S.DEAD, reason, why, now)


def check_replay(run: Run) -> None:
    """Only what is over can be replayed."""
    _require_readable(run)
    if run.state in UNFINISHED:
        raise NotAllowed(
            f"run {run.id} is {run.state} and can't be replayed; expected a finished run"
            f" ({', '.join(s for s in RunState if s in FINISHED)})"
        )


def _is_final(run: Run, verdict: Verdict, policy: RetryPolicy) -> bool:
    """Whether another attempt would be in vain."""
    if verdict.reason is Reason.ENGINE_ERROR and not run.readable:
        return True
    return verdict.permanent and not policy.retry_permanent


def _interrupted(run: Run, counted: bool, error: str | None, now: datetime) -> Transition:
    """Back to the queue, at its old place, or dead when that was the last attempt."""
    uncounted = run.uncounted if counted else run.uncounted + 1
    if run.attempt - uncounted >= run.max_attempts:
        return _end(run, S.DEAD, Reason.INTERRUPTED, error, now)
    return Transition(S.QUEUED, run.available_at, None, Reason.INTERRUPTED, error, uncounted)


def _end(
    run: Run, state: RunState, reason: Reason | None, error: str | None, now: datetime
) -> Transition:
    return Transition(state, run.available_at, now, reason, error, run.uncounted)


def _require(run: Run, event: Event, verb: str) -> None:
    allowed = sources(event)
    if run.state not in allowed:
        states = [str(state) for state in RunState if state in allowed]
        if event is Event.CANCEL:
            states.append(S.RUNNING)
        raise NotAllowed(
            f"run {run.id} is {run.state}; {verb} needs a run that is {' or '.join(states)}"
            + _hint(run, event)
        )


def _require_readable(run: Run) -> None:
    """What a person can't be shown rightly is not a person's to change, either."""
    if run.problem is not None:
        raise NotAllowed(f"run {run.id} can't be read and was set aside: {run.problem}")


def _hint(run: Run, event: Event) -> str:
    if event is Event.RETRY_NOW and run.state is S.DEAD:
        return " (replay it instead)"
    if event is Event.RETRY_NOW and run.state is S.SCHEDULED:
        return f" (it is due at {run.due_at:%Y-%m-%d %H:%M:%S} UTC)"
    return ""
