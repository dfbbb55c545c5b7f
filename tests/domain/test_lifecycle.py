from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain import lifecycle
from jobdesk.domain.errors import NotAllowed
from jobdesk.domain.lifecycle import EDGES, Event, Transition
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import FixedBackoff, ListBackoff, RetryPolicy
from jobdesk.domain.run import FINISHED, UNFINISHED, Run, RunState
from jobdesk.store import schema
from tests.support.clock import START
from tests.support.samples import FAILURE, NO_RETRY, SUCCESS, a_run

NOW = START + timedelta(seconds=5)
RNG = random.Random(1)


@st.composite
def runs(draw: st.DrawFn, states: list[RunState] | None = None) -> Run:
    attempt = draw(st.integers(1, 6))
    policy = RetryPolicy(
        retries=draw(st.integers(0, 4)),
        backoff=draw(st.sampled_from([FixedBackoff(seconds=3), ListBackoff(delays=(1, 60))])),
        retry_permanent=draw(st.booleans()),
    )
    return a_run(
        state=draw(st.sampled_from(states or list(RunState))),
        attempt=attempt,
        uncounted=draw(st.integers(0, attempt - 1)),
        max_attempts=policy.max_attempts,
        cancel_requested=draw(st.booleans()),
        retry_spec=policy.model_dump_json(),
        replayed_by=draw(st.none() | st.integers(1, 9)),
    )


reasons = st.sampled_from([Reason.EXIT_CODE, Reason.SPAWN_ERROR, Reason.ENGINE_ERROR])
verdicts = st.one_of(
    st.just(SUCCESS),
    st.builds(Verdict, st.just(Outcome.FAILED), reasons, st.just("it failed")),
    st.just(Verdict(Outcome.CANCELLED, Reason.CANCELLED, "cancelled")),
    st.builds(
        lambda counted: Verdict(
            Outcome.INTERRUPTED, Reason.INTERRUPTED, "stopped", counted=counted
        ),
        st.booleans(),
    ),
)


def outcomes(event: Event, run: Run, verdict: Verdict) -> Transition | None:
    """What the event makes of the run; None where it leaves it as it is."""
    if event is Event.CONCLUDE:
        return lifecycle.conclude(run, verdict, NOW, RNG)
    if event is Event.SET_ASIDE:
        return lifecycle.set_aside(run, Reason.ENGINE_ERROR, "it can't be read", NOW)
    function = {
        Event.RESCUE: lifecycle.rescue,
        Event.RETRY_NOW: lifecycle.retry_now,
        Event.CANCEL: lifecycle.cancel,
        Event.DISCARD: lifecycle.discard,
    }[event]
    return function(run, NOW)


BY_FUNCTION = [e for e in Event if e not in (Event.DUE, Event.CLAIM)]
"""The other two are the store's bulk statements."""


@given(run=runs(), verdict=verdicts, event=st.sampled_from(BY_FUNCTION))
def test_the_functions_do_what_the_edges_say(run: Run, verdict: Verdict, event: Event) -> None:
    try:
        after = outcomes(event, run, verdict)
    except NotAllowed as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert run.state not in lifecycle.sources(event)
        assert f"run {run.id} is {run.state};" in refusal
        return
    if after is None:
        assert (event, run.state) == (Event.CANCEL, RunState.RUNNING)
        return
    assert (run.state, event, after.state) in EDGES
    assert (after.finished_at is not None) == (after.state in FINISHED) or event is Event.DISCARD
    assert run.uncounted <= after.uncounted <= run.uncounted + 1
    if after.state is RunState.RETRYING:
        assert after.available_at > NOW
        assert run.attempt - run.uncounted < run.max_attempts


def every_way_out() -> set[tuple[RunState, Event, RunState]]:
    """The edges that the functions are found to take, over a grid of runs and verdicts."""
    found = set()
    grid = [
        a_run(state=state, attempt=attempt, max_attempts=2, cancel_requested=cancelled)
        for state in RunState
        for attempt in (1, 2)
        for cancelled in (False, True)
    ]
    ends = [SUCCESS, FAILURE, Verdict(Outcome.CANCELLED), Verdict(Outcome.INTERRUPTED)]
    for run in grid:
        for event in BY_FUNCTION:
            for verdict in ends:
                try:
                    after = outcomes(event, run, verdict)
                except NotAllowed:
                    continue
                if after is not None:
                    found.add((run.state, event, after.state))
    return found


def test_every_edge_is_taken_by_some_run() -> None:
    assert every_way_out() == {edge for edge in EDGES if edge[1] in BY_FUNCTION}


def test_only_unfinished_runs_move_except_to_be_put_away() -> None:
    for source, event, target in EDGES:
        assert source in UNFINISHED or event is Event.DISCARD
        assert target is not RunState.SKIPPED


@pytest.mark.parametrize(
    ("condition", "states"),
    [
        (schema.QUEUED, lifecycle.sources(Event.CLAIM)),
        (schema.RUNNING, lifecycle.sources(Event.CONCLUDE)),
        (schema.RUNNING, lifecycle.sources(Event.RESCUE)),
        (schema.WAITING, lifecycle.sources(Event.DUE)),
        (schema.UNFINISHED, UNFINISHED),
        (schema.ATTENTION, lifecycle.sources(Event.DISCARD)),
    ],
    ids=["claim", "conclude", "rescue", "due", "unfinished", "attention"],
)
def test_the_bulk_statements_agree(condition: object, states: frozenset[RunState]) -> None:
    named = {state for state in RunState if f"'{state}'" in str(condition)}
    assert named == states


def test_a_success_forgets_the_failures_before_it() -> None:
    run = a_run(state=RunState.RUNNING, attempt=2)
    after = lifecycle.conclude(run, SUCCESS, NOW, RNG)
    assert (after.state, after.reason, after.error) == (RunState.SUCCEEDED, None, None)
    assert after.finished_at == NOW


def test_a_failure_counts_down_and_the_last_one_is_death() -> None:
    policy = RetryPolicy(retries=2, backoff=ListBackoff(delays=(1, 60)))
    run = a_run(
        state=RunState.RUNNING, attempt=1, max_attempts=3, retry_spec=policy.model_dump_json()
    )
    waits = []
    for attempt in (1, 2):
        after = lifecycle.conclude(replace(run, attempt=attempt), FAILURE, NOW, RNG)
        assert (after.state, after.error) == (RunState.RETRYING, "exit code 7")
        waits.append(after.available_at - NOW)
    assert waits == [timedelta(seconds=1), timedelta(seconds=60)]
    end = lifecycle.conclude(replace(run, attempt=3), FAILURE, NOW, RNG)
    assert (end.state, end.reason, end.finished_at) == (RunState.DEAD, Reason.EXIT_CODE, NOW)


def test_a_permanent_failure_dies_at_once_unless_told_otherwise() -> None:
    verdict = Verdict(Outcome.FAILED, Reason.HTTP_CLIENT_ERROR, "404", http_status=404)
    run = a_run(state=RunState.RUNNING, attempt=1)
    assert lifecycle.conclude(run, verdict, NOW, RNG).state is RunState.DEAD
    stubborn = replace(run, retry_spec=RetryPolicy(retry_permanent=True).model_dump_json())
    assert lifecycle.conclude(stubborn, verdict, NOW, RNG).state is RunState.RETRYING


@pytest.mark.parametrize("status", [408, 425, 429])
def test_some_client_errors_are_tried_again(status: int) -> None:
    verdict = Verdict(Outcome.FAILED, Reason.HTTP_CLIENT_ERROR, "wait", http_status=status)
    run = a_run(state=RunState.RUNNING, attempt=1)
    assert lifecycle.conclude(run, verdict, NOW, RNG).state is RunState.RETRYING


def test_a_wish_to_cancel_ends_a_run_that_failed_but_not_one_that_succeeded() -> None:
    run = a_run(state=RunState.RUNNING, attempt=1, cancel_requested=True)
    assert lifecycle.conclude(run, FAILURE, NOW, RNG).state is RunState.CANCELLED
    assert lifecycle.conclude(run, SUCCESS, NOW, RNG).state is RunState.SUCCEEDED


def test_a_graceful_stop_costs_no_attempt() -> None:
    run = a_run(state=RunState.RUNNING, attempt=1, max_attempts=1)
    verdict = Verdict(Outcome.INTERRUPTED, Reason.INTERRUPTED, "stopped", counted=False)
    after = lifecycle.conclude(run, verdict, NOW, RNG)
    assert (after.state, after.uncounted) == (RunState.QUEUED, 1)
    assert after.available_at == run.available_at, "it keeps its place in the queue"
    again = replace(run, attempt=2, uncounted=1, retry_spec=NO_RETRY.model_dump_json())
    assert lifecycle.conclude(again, FAILURE, NOW, RNG).state is RunState.DEAD


def test_a_crash_costs_an_attempt() -> None:
    run = a_run(state=RunState.RUNNING, attempt=1, max_attempts=2)
    assert lifecycle.rescue(run, NOW).state is RunState.QUEUED
    last = lifecycle.rescue(replace(run, attempt=2), NOW)
    assert (last.state, last.reason) == (RunState.DEAD, Reason.INTERRUPTED)
    asked = lifecycle.rescue(replace(run, cancel_requested=True), NOW)
    assert asked.state is RunState.CANCELLED


def test_putting_away_leaves_the_death_as_it_was() -> None:
    dead = a_run(
        state=RunState.DEAD, reason=Reason.TIMEOUT, error="too long", finished_at=START, attempt=4
    )
    after = lifecycle.discard(dead, NOW)
    assert (after.state, after.reason, after.error) == (
        RunState.DISCARDED,
        Reason.TIMEOUT,
        "too long",
    )
    assert after.finished_at == START


def test_refusals_help() -> None:
    with pytest.raises(NotAllowed, match=r"run 1 is dead; .*replay it instead"):
        lifecycle.retry_now(a_run(state=RunState.DEAD), NOW)
    with pytest.raises(NotAllowed, match="due at 2026-03-02 12:00:00 UTC"):
        lifecycle.retry_now(a_run(state=RunState.SCHEDULED), NOW)
    with pytest.raises(NotAllowed, match="scheduled or queued or retrying or running"):
        lifecycle.cancel(a_run(state=RunState.SUCCEEDED), NOW)


@pytest.mark.parametrize("state", list(RunState))
def test_only_what_is_over_is_replayed(state: RunState) -> None:
    if state in FINISHED:
        lifecycle.check_replay(a_run(state=state))
    else:
        with pytest.raises(NotAllowed, match=f"run 1 is {state} and can't be replayed"):
            lifecycle.check_replay(a_run(state=state))


def test_a_run_begins_scheduled_or_queued() -> None:
    assert lifecycle.first_state(NOW, START) is RunState.SCHEDULED
    assert lifecycle.first_state(NOW, NOW) is RunState.QUEUED


@pytest.mark.parametrize("column", ["spec", "retry_spec"])
def test_a_run_that_cannot_be_read_is_not_tried_for_ever(column: str) -> None:
    run = a_run(state=RunState.RUNNING, attempt=1, **{column: '{"type": "from the future"}'})
    verdict = Verdict(Outcome.FAILED, Reason.ENGINE_ERROR, "it can't be read")
    after = lifecycle.conclude(run, verdict, NOW, RNG)
    assert (after.state, after.reason) == (RunState.DEAD, Reason.ENGINE_ERROR)


def test_without_a_readable_policy_a_failure_is_the_end() -> None:
    run = a_run(state=RunState.RUNNING, attempt=1, retry_spec="not JSON")
    after = lifecycle.conclude(run, FAILURE, NOW, RNG)
    assert (after.state, after.reason) == (RunState.DEAD, Reason.EXIT_CODE)
    assert "retry policy" in (after.error or "")


COMMANDS = [Event.CANCEL, Event.RETRY_NOW, Event.DISCARD]


@pytest.mark.parametrize("event", COMMANDS)
@pytest.mark.parametrize("state", list(RunState))
def test_a_run_set_aside_is_left_alone(state: RunState, event: Event) -> None:
    run = a_run(state=state, problem="state 'paused' is unknown")
    with pytest.raises(NotAllowed, match="set aside: state 'paused' is unknown"):
        outcomes(event, run, FAILURE)
    with pytest.raises(NotAllowed, match="set aside"):
        lifecycle.check_replay(run)
