"""The clock is set while the engine works: back a year, ahead a year, there and back."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

import pytest

from jobdesk import At, Cron, Every, RetryPolicy, ScriptAction
from jobdesk.domain.catchup import MOST_CAUGHT_UP, MOST_SHOWN, CatchUp
from jobdesk.domain.outcome import Reason
from jobdesk.domain.retry import FixedBackoff
from jobdesk.domain.run import Origin, RunState
from tests.faults.time.house import HOUR, YEAR, House

TRUE = ScriptAction(["true"])
FALSE = ScriptAction(["false"])
SLEEP = ScriptAction(["sleep", "600"])
SOON = RetryPolicy(retries=1, backoff=FixedBackoff(seconds=3), jitter=False)


def test_back_a_year(house: House) -> None:
    desk = house.desk
    second, hour = Cron("* * * * * *", tz="UTC"), timedelta(hours=1)
    desk.add_job("cron", TRUE, trigger=second)
    desk.add_job("every", TRUE, trigger=Every("1s"))
    desk.add_job("hourly", TRUE, trigger=Every("1h"))
    once = house.clock.now() + timedelta(minutes=5)
    desk.add_job("once", TRUE, trigger=At(once))
    named = desk.push(TRUE, at=once)
    with house.engine():
        house.until(lambda: house.runs("cron") and house.runs("every"), "their first fires")
        stuck = desk.push(SLEEP, timeout=3, retry=RetryPolicy(retries=0))
        failing = desk.push(FALSE, retry=SOON)
        delayed = desk.push(TRUE, delay=4)
        house.until(lambda: desk.run(failing.id).state is RunState.RETRYING, "a countdown")
        house.until(lambda: desk.run(stuck.id).state is RunState.RUNNING, "what runs")
        before, began = house.clock.now(), time.monotonic()
        house.clock.set_by(-YEAR)
        for name in ("cron", "every"):
            house.until(
                lambda n=name: len([r for r in house.runs(n) if r.due_at < before - hour]) >= 2,  # type: ignore[misc]
                f"fires of {name} in the year before",
            )
        for run in (failing, delayed, stuck):
            house.until(lambda r=run: desk.run(r.id).finished, f"the end of {run.title}")  # type: ignore[misc]
        took = time.monotonic() - began
        again = [run for name in ("cron", "every") for run in house.runs(name)]
        again = [run for run in again if run.due_at < before - hour]
    assert len(again) <= 2 * (took + 2), "one a second for each, and no flood"
    assert {run.origin for run in again} == {Origin.TRIGGER}
    due = desk.job("hourly").next_due_at
    assert due is not None
    assert house.clock.now() - hour < due <= house.clock.now() + hour
    assert desk.run(failing.id).state is RunState.DEAD
    assert desk.run(delayed.id).state is RunState.SUCCEEDED
    assert desk.run(stuck.id).reason is Reason.TIMEOUT
    (attempt,) = desk.attempts(stuck.id)
    assert attempt.duration_ms is not None
    assert 2_900 < attempt.duration_ms < 120_000
    waiting = desk.run(named.id)
    assert (waiting.state, waiting.available_at) == (RunState.SCHEDULED, once), "as it was named"
    assert desk.job("once").next_due_at == once


@pytest.mark.slow_fault
def test_ahead_a_year(house: House) -> None:
    desk = house.desk
    desk.add_job("held", TRUE, queue="held", trigger=Every("1s"), catch_up=CatchUp.ALL)
    desk.pause_queue("held")
    desk.add_job("hourly", TRUE, trigger=Every("1h"))
    later = desk.push(TRUE, delay=HOUR)
    with house.engine():
        running = desk.push(ScriptAction(["sleep", "4"]), timeout=600)
        house.until(lambda: desk.run(running.id).state is RunState.RUNNING, "what runs")
        house.clock.set_by(YEAR + HOUR / 2)
        house.until(lambda: len(house.runs("held")) > MOST_CAUGHT_UP, "what is caught up")
        house.until(
            lambda: any(r.state is RunState.SUCCEEDED for r in house.runs("hourly")), "the latest"
        )
        house.until(lambda: desk.run(later.id).finished, "what was delayed")
        house.until(lambda: desk.run(running.id).finished, "what ran")
        held = Counter(run.state for run in house.runs("held"))
        hourly = Counter(run.state for run in house.runs("hourly"))
    assert held[RunState.QUEUED] == MOST_CAUGHT_UP, "and what fires beyond is summed up"
    assert held[RunState.SKIPPED] <= MOST_SHOWN + 2
    assert hourly == {RunState.SUCCEEDED: 1, RunState.SKIPPED: MOST_SHOWN + 1}
    assert desk.run(running.id).state is RunState.SUCCEEDED, "no timeout of a year"
    (attempt,) = desk.attempts(running.id)
    assert attempt.duration_ms is not None
    assert 3_900 < attempt.duration_ms < 120_000


@pytest.mark.slow_fault
def test_set_back_while_no_engine_ran(house: House) -> None:
    desk = house.desk
    desk.add_job("every", TRUE, trigger=Every("1s"))
    with house.engine():
        house.until(lambda: house.runs("every"), "its first fire")
        failing = desk.push(FALSE, retry=SOON)
        delayed = desk.push(TRUE, delay=4)
        house.until(lambda: desk.run(failing.id).state is RunState.RETRYING, "a countdown")
    house.clock.set_by(-YEAR)
    now = house.clock.now()
    with house.engine():
        house.until(
            lambda: any(run.due_at < now + timedelta(hours=1) for run in house.runs("every")),
            "fires in the year before",
        )
        house.until(lambda: desk.run(failing.id).finished, "the countdown's end")
        house.until(lambda: desk.run(delayed.id).finished, "the delay's end")
