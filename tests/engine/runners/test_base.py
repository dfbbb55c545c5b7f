from __future__ import annotations

import threading

import pytest

from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.engine.runners.base import (
    GRACE_AT_STOP,
    StopCause,
    StopToken,
    stopped_verdict,
)
from tests.engine.runners.recording import an_assignment


def test_the_first_cause_stays():
    stop = StopToken()
    assert stop.cause is None
    stop.request(StopCause.INTERRUPTED)
    stop.request(StopCause.CANCELLED)
    assert stop.cause is StopCause.INTERRUPTED


def test_callbacks_come_once_and_late_ones_at_once():
    stop = StopToken()
    calls: list[str] = []
    stop.on_request(lambda: calls.append("early"))
    forget = stop.on_request(lambda: calls.append("forgotten"))
    forget()
    stop.request(StopCause.CANCELLED)
    stop.request(StopCause.CANCELLED)
    stop.on_request(lambda: calls.append("late"))
    assert calls == ["early", "late"]


def test_removal_waits_for_a_callback_that_runs():
    stop = StopToken()
    inside, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        assert go_on.wait(5)
        ended.set()

    forget = stop.on_request(slow)
    asking = threading.Thread(target=stop.request, args=(StopCause.CANCELLED,))
    asking.start()
    assert inside.wait(5)
    removed_after_end: list[bool] = []

    def remove() -> None:
        forget()
        removed_after_end.append(ended.is_set())

    removing = threading.Thread(target=remove)
    removing.start()
    go_on.set()
    asking.join(5)
    removing.join(5)
    assert removed_after_end == [True]


def test_only_an_engine_that_stops_does_not_use_up_an_attempt():
    cancelled = stopped_verdict(StopCause.CANCELLED)
    assert (cancelled.outcome, cancelled.reason) == (Outcome.CANCELLED, Reason.CANCELLED)
    assert cancelled.counted
    interrupted = stopped_verdict(StopCause.INTERRUPTED)
    assert (interrupted.outcome, interrupted.reason) == (Outcome.INTERRUPTED, Reason.INTERRUPTED)
    assert not interrupted.counted


@pytest.mark.parametrize(
    ("grace", "cause", "seconds"),
    [
        (5.0, None, 5.0),
        (5.0, StopCause.CANCELLED, 5.0),
        (5.0, StopCause.INTERRUPTED, GRACE_AT_STOP),
        (1.0, StopCause.INTERRUPTED, 1.0),
    ],
)
def test_a_stopping_engine_is_in_more_of_a_hurry(
    grace: float, cause: StopCause | None, seconds: float
) -> None:
    assert an_assignment(grace=grace).grace_for(cause) == seconds
