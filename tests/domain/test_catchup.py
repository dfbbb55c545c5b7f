from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from jobdesk.domain.catchup import MOST_CAUGHT_UP, MOST_SHOWN, CatchUp, FirePlan, plan_fires
from jobdesk.domain.trigger import At, Cron, Every, Schedule
from tests.support.clock import START

MINUTE = timedelta(minutes=1)
NONE = timedelta(0)
TEN_SECONDS = timedelta(seconds=10)
HOURLY = Every("1h").schedule(START)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def plan(
    policy: CatchUp,
    now: datetime,
    *,
    schedule: Schedule = HOURLY,
    since: datetime = START,
    tolerance: timedelta = TEN_SECONDS,
) -> FirePlan:
    return plan_fires(schedule, policy, since=since, now=now, tolerance=tolerance)


@pytest.mark.parametrize("policy", list(CatchUp))
def test_a_fire_on_time_runs_whatever_the_policy(policy: CatchUp) -> None:
    found = plan(policy, at(1) + TEN_SECONDS - timedelta(microseconds=1))
    assert (found.run, found.skip) == ([at(1)], [])
    assert found.newest == at(1)


@pytest.mark.parametrize("policy", list(CatchUp))
def test_nothing_became_due(policy: CatchUp) -> None:
    found = plan(policy, at(0.5))
    assert found == FirePlan()
    assert found.newest is None


def test_skip_drops_what_was_missed() -> None:
    found = plan(CatchUp.SKIP, at(3.5))
    assert found.run == []
    assert [d.due_at for d in found.skip] == [at(1), at(2), at(3)]
    assert found.newest == at(3)


def test_latest_runs_the_newest() -> None:
    found = plan(CatchUp.LATEST, at(3.5))
    assert found.run == [at(3)]
    assert [d.due_at for d in found.skip] == [at(1), at(2)]


def test_all_runs_all() -> None:
    found = plan(CatchUp.ALL, at(3.5))
    assert (found.run, found.skip) == ([at(1), at(2), at(3)], [])


def test_what_is_on_time_comes_on_top_of_the_policy() -> None:
    now = at(3) + timedelta(seconds=3)
    assert plan(CatchUp.SKIP, now).run == [at(3)]
    assert plan(CatchUp.LATEST, now).run == [at(2), at(3)]
    assert plan(CatchUp.LATEST, now, tolerance=NONE).run == [at(3)]


@pytest.mark.parametrize("policy", list(CatchUp))
def test_a_clock_that_was_set_back_makes_no_fires(policy: CatchUp) -> None:
    assert plan(policy, at(-500), since=at(-500)) == FirePlan()
    assert plan(policy, at(2), since=at(5)) == FirePlan()


def test_many_dropped_fires_are_summed_up() -> None:
    found = plan(CatchUp.SKIP, at(100.5))
    assert len(found.skip) == MOST_SHOWN + 1
    assert found.skip[0].due_at == at(90)
    assert found.skip[0].error.startswith("90 fire times up to here")
    assert [d.due_at for d in found.skip[1:]] == [at(n) for n in range(91, 101)]


def test_just_as_many_as_are_shown_are_not_summed_up() -> None:
    found = plan(CatchUp.SKIP, at(MOST_SHOWN + 0.5))
    assert len(found.skip) == MOST_SHOWN
    assert all("fire times" not in d.error for d in found.skip)


YEAR = timedelta(days=365)


@pytest.mark.parametrize("policy", list(CatchUp))
@pytest.mark.parametrize(
    "schedule",
    [Every("1s").schedule(START), Cron("* * * * * *").schedule(START)],
    ids=["every", "cron"],
)
def test_a_year_of_seconds_costs_milliseconds(schedule: Schedule, policy: CatchUp) -> None:
    before = time.thread_time()
    found = plan(policy, START + YEAR, schedule=schedule, tolerance=NONE)
    assert time.thread_time() - before < 1.0, "a walk would take minutes"
    wanted = {CatchUp.SKIP: 0, CatchUp.LATEST: 1, CatchUp.ALL: MOST_CAUGHT_UP}[policy]
    assert len(found.run) == wanted
    assert len(found.skip) == MOST_SHOWN + 1
    assert found.skip[0].error.startswith("at least 10,000 fire times")
    assert found.newest == START + YEAR
    times = [d.due_at for d in found.skip] + found.run
    assert times == sorted(set(times))


def test_one_time_that_was_missed() -> None:
    schedule = At(at(1)).schedule(START)
    assert plan(CatchUp.LATEST, at(9), schedule=schedule).run == [at(1)]
    assert [d.due_at for d in plan(CatchUp.SKIP, at(9), schedule=schedule).skip] == [at(1)]
    assert plan(CatchUp.LATEST, at(9), schedule=schedule, since=at(1)) == FirePlan()
