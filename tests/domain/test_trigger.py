from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.trigger import TRIGGER, At, Cron, Every, Schedule
from tests.support.clock import START

moments = st.integers(-(10**9), 2 * 10**9).map(lambda s: START + timedelta(seconds=s))
intervals = st.integers(1_000, 10_000_000).map(lambda ms: timedelta(milliseconds=ms))
triggers = st.one_of(
    st.builds(At, moments),
    st.builds(Every, intervals),
    st.builds(
        Cron,
        st.sampled_from(["0 7 * * 1-5", "*/5 * * * *", "@daily", "30 0 0 1 1 *"]),
        tz=st.sampled_from([None, "UTC", "Europe/Berlin"]),
    ),
)


@given(triggers)
def test_what_is_stored_is_read_back(trigger: At | Every | Cron) -> None:
    again = TRIGGER.validate_json(trigger.model_dump_json())
    assert again == trigger
    assert again.words


@given(anchor=moments, interval=intervals, start=moments, steps=st.integers(1, 5))
def test_intervals_count_from_the_anchor_without_drift(
    anchor: datetime, interval: timedelta, start: datetime, steps: int
) -> None:
    schedule = Every(interval).schedule(anchor)
    fire: datetime | None = start
    for _ in range(steps):
        before, fire = fire, schedule.next(fire)
        assert fire > before
        assert fire > anchor
        assert (fire - anchor) % interval == timedelta(0)
        assert fire - max(before, anchor) <= interval


@given(
    anchor=moments,
    interval=st.integers(1, 10).map(lambda s: timedelta(seconds=s)),
    ahead=st.integers(-30, 60),
    length=st.integers(0, 60),
    limit=st.integers(0, 20),
)
def test_questions_about_intervals_agree_with_walking(
    anchor: datetime, interval: timedelta, ahead: int, length: int, limit: int
) -> None:
    schedule = Every(interval).schedule(anchor)
    start = anchor + timedelta(seconds=ahead)
    end = start + timedelta(seconds=length)
    walked = walk(schedule, start, end)
    assert schedule.last(start, end, limit) == walked[max(0, len(walked) - limit) :]
    assert schedule.last(start, end, 1000) == walked
    assert schedule.count_between(start, end, limit) == min(limit, len(walked))


def walk(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    fires = []
    fire = schedule.next(start)
    while fire is not None and fire <= end:
        fires.append(fire)
        fire = schedule.next(fire)
    return fires


def test_an_interval_of_a_second_knows_its_place_after_a_century() -> None:
    schedule = Every("1s").schedule(START)
    later = START + timedelta(days=36_500, milliseconds=1)
    assert schedule.next(later) == START + timedelta(days=36_500, seconds=1)
    assert schedule.count_between(START, later, 10) == 10


def test_an_interval_that_runs_out_of_calendar_ends() -> None:
    schedule = Every("36500d").schedule(START)
    assert schedule.next(datetime(9990, 1, 1, tzinfo=UTC)) is None


def test_once_means_once() -> None:
    schedule = At(START).schedule(START - timedelta(days=1))
    before = START - timedelta(microseconds=1)
    assert schedule.next(before) == START
    assert schedule.next(START) is None
    assert schedule.last(before, START, 5) == [START]
    assert schedule.last(START, START + timedelta(days=1), 5) == []
    assert schedule.last(before, START, 0) == []
    assert schedule.count_between(before, START, 5) == 1


def test_a_time_is_kept_in_utc() -> None:
    assert At("2026-04-10T14:30:00+02:00").at == datetime(2026, 4, 10, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: At(datetime(2026, 1, 1)), "at"),  # noqa: DTZ001
        (lambda: At("soon"), "at"),
        (lambda: At("9999-12-31T00:00:00+00:00"), "at"),
        (lambda: Every("999ms"), "every"),
        (lambda: Every(-5), "every"),
        (lambda: Every("200000d"), "every"),
        (lambda: Every(""), "every"),
        (lambda: Cron("61 * * * *"), ""),
        (lambda: Cron("0 0 30 2 *"), ""),
        (lambda: Cron("* * * * *", tz="Mars/Olympus"), ""),
    ],
)
def test_refused(make: object, field: str) -> None:
    assert callable(make)
    with pytest.raises(InvalidInput, match=f"^{field}"):
        make()


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (1, "Every second"),
        (1.5, "Every 1.5 seconds"),
        (60, "Every minute"),
        ("5m", "Every 5 minutes"),
        ("90m", "Every 1 hour 30 minutes"),
        ("1d", "Every day"),
        ("36h", "Every 1 day 12 hours"),
    ],
)
def test_an_interval_in_words(interval: float | str, words: str) -> None:
    assert Every(interval).words == words
