"""Golden cases of cron schedules: the day rules and the walk's edges."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from jobdesk.domain.cron import CronSchedule
from jobdesk.domain.errors import InvalidInput

ZONE = ZoneInfo("UTC")


def fires(expression: str, zone: str, after: str, count: int) -> list[str]:
    """The next fires in local time with their offsets; ``after`` is local too unless it says."""
    place = ZoneInfo(zone)
    moment = datetime.fromisoformat(after)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=place)
    cron = CronSchedule(expression, place)
    found = []
    for _ in range(count):
        fire = cron.next(moment)
        assert fire is not None
        assert fire.tzinfo is UTC
        found.append(fire.astimezone(place).strftime("%Y-%m-%d %H:%M:%S%z"))
        moment = fire
    return found


def utc(expression: str, after: str, count: int) -> list[str]:
    return [text.removesuffix(":00+0000") for text in fires(expression, "UTC", after, count)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * *", ["2026-01-01 00:01", "2026-01-01 00:02"]),
        ("*/15 * * * *", ["2026-01-01 00:15", "2026-01-01 00:30"]),
        ("@hourly", ["2026-01-01 01:00", "2026-01-01 02:00"]),
        ("@daily", ["2026-01-02 00:00", "2026-01-03 00:00"]),
        ("@MIDNIGHT", ["2026-01-02 00:00", "2026-01-03 00:00"]),
        ("@weekly", ["2026-01-04 00:00", "2026-01-11 00:00"]),
        ("@monthly", ["2026-02-01 00:00", "2026-03-01 00:00"]),
        ("@yearly", ["2027-01-01 00:00", "2028-01-01 00:00"]),
        ("@annually", ["2027-01-01 00:00", "2028-01-01 00:00"]),
        (" 0\t7  *   * 1-5 ", ["2026-01-01 07:00", "2026-01-02 07:00", "2026-01-05 07:00"]),
        ("0 0 * * 0", ["2026-01-04 00:00", "2026-01-11 00:00"]),
        ("0 0 * * 7", ["2026-01-04 00:00", "2026-01-11 00:00"]),
        ("0 0 * * 7-7", ["2026-01-04 00:00", "2026-01-11 00:00"]),
        ("0 0 * * 3-3", ["2026-01-07 00:00", "2026-01-14 00:00"]),
        ("0 0 * * 6-7", ["2026-01-03 00:00", "2026-01-04 00:00", "2026-01-10 00:00"]),
        ("0 0 * * 5-7", ["2026-01-02 00:00", "2026-01-03 00:00", "2026-01-04 00:00"]),
        ("0 0 * * Fri-SUN", ["2026-01-02 00:00", "2026-01-03 00:00", "2026-01-04 00:00"]),
        ("0 0 * * 0-7", ["2026-01-02 00:00", "2026-01-03 00:00"]),
        ("0 0 * * 1-7/3", ["2026-01-04 00:00", "2026-01-05 00:00", "2026-01-08 00:00"]),
        ("0 0 1 jan,MAR *", ["2026-03-01 00:00", "2027-01-01 00:00"]),
        ("0 0 1 Apr-jun/2 *", ["2026-04-01 00:00", "2026-06-01 00:00"]),
        ("5-9/2,30 12 * * *", ["2026-01-01 12:05", "2026-01-01 12:07", "2026-01-01 12:09"]),
        ("*/90 * * * *", ["2026-01-01 01:00", "2026-01-01 02:00"]),
        ("0 0 L * *", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
        ("0 0 L,15 * *", ["2026-01-15 00:00", "2026-01-31 00:00", "2026-02-15 00:00"]),
        ("0 9 * * 5#2", ["2026-01-09 09:00", "2026-02-13 09:00"]),
        ("0 9 * * fri#5", ["2026-01-30 09:00", "2026-05-29 09:00"]),
        ("0 9 * * L5", ["2026-01-30 09:00", "2026-02-27 09:00"]),
        ("0 9 * * L6", ["2026-01-31 09:00", "2026-02-28 09:00"]),
        ("0 9 * * L7", ["2026-01-25 09:00", "2026-02-22 09:00"]),
        ("0 9 * * 1,5#2", ["2026-01-05 09:00", "2026-01-09 09:00", "2026-01-12 09:00"]),
        # Either the 15th or a Monday; the 15th or the second Friday.
        ("0 0 15 * 1", ["2026-01-05 00:00", "2026-01-12 00:00", "2026-01-15 00:00"]),
        ("0 0 1 * 5#2", ["2026-01-09 00:00", "2026-02-01 00:00", "2026-02-13 00:00"]),
        ("0 0 30 2 1", ["2026-02-02 00:00", "2026-02-09 00:00"]),
        ("0 0 1-31 * 1", ["2026-01-02 00:00", "2026-01-03 00:00"]),
        # Both, because one begins with a star.
        ("0 0 */2 * 1", ["2026-01-05 00:00", "2026-01-19 00:00", "2026-02-09 00:00"]),
        ("0 0 1,15 * */2", ["2026-01-15 00:00", "2026-02-01 00:00", "2026-02-15 00:00"]),
        ("0 0 *,15 * 1", ["2026-01-05 00:00", "2026-01-12 00:00"]),
        ("0 0 31 * *", ["2026-01-31 00:00", "2026-03-31 00:00", "2026-05-31 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
    ],
)
def test_fires(expression: str, expected: list[str]) -> None:
    assert utc(expression, "2026-01-01T00:00", len(expected)) == expected


def test_seconds_come_first() -> None:
    assert fires("30 0 12 * * *", "UTC", "2026-01-01T00:00", 2) == [
        "2026-01-01 12:00:30+0000",
        "2026-01-02 12:00:30+0000",
    ]
    assert fires("*/20 * * * * *", "UTC", "2026-01-01T00:00:01", 3) == [
        "2026-01-01 00:00:20+0000",
        "2026-01-01 00:00:40+0000",
        "2026-01-01 00:01:00+0000",
    ]


def test_rare_dates_across_the_year_2100_which_has_no_29_february() -> None:
    assert utc("0 0 29 2 *", "2096-01-01T00:00", 2) == ["2096-02-29 00:00", "2104-02-29 00:00"]
    assert utc("0 0 29 2 */7", "2088-03-01T00:00", 1) == ["2128-02-29 00:00"]
    assert utc("0 0 * 2 1#5", "2072-03-01T00:00", 1) == ["2112-02-29 00:00"]


# --- the edges of the walk


@pytest.mark.parametrize("micros", [0, 1, 999_999])
def test_strictly_after_down_to_the_microsecond(micros: int) -> None:
    cron = CronSchedule("* * * * *", ZONE)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert cron.next(noon + timedelta(microseconds=micros)) == noon + timedelta(minutes=1)
    assert cron.next(noon - timedelta(microseconds=micros or 1)) == noon


def test_any_zone_goes_in_and_utc_comes_out() -> None:
    cron = CronSchedule("0 7 * * *", ZoneInfo("Europe/Berlin"))
    after = datetime(2026, 7, 1, 0, 0, tzinfo=timezone(timedelta(hours=-5)))
    fire = cron.next(after)
    assert fire == datetime(2026, 7, 2, 5, 0, tzinfo=UTC)
    assert fire.tzinfo is UTC


def test_a_naive_time_is_a_mistake_of_the_caller() -> None:
    cron = CronSchedule("* * * * *", ZONE)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    aware = naive.replace(tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        cron.next(naive)
    with pytest.raises(ValueError, match="zone"):
        cron.latest(naive, aware)
    with pytest.raises(ValueError, match="zone"):
        cron.latest(aware, naive)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
@pytest.mark.parametrize("expression", ["0 0 29 2 *", "* * * * * *", "30 2 * * *"])
def test_the_ends_of_datetime(zone: str, expression: str) -> None:
    cron = CronSchedule(expression, ZoneInfo(zone))
    first = datetime(1, 1, 1, tzinfo=UTC)
    last = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert cron.next(last) is None
    assert cron.next(first) is not None
    latest = cron.latest(first, last)
    assert latest is not None
    assert latest.year > 9990
    assert cron.latest(first, first) is None


def test_intervals_are_open_at_the_start_and_closed_at_the_end() -> None:
    cron = CronSchedule("0 * * * *", ZONE)
    noon, one = (datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (12, 13))
    tick = timedelta(microseconds=1)
    assert cron.latest(noon, one) == one
    assert cron.latest(noon, one - tick) is None
    assert cron.latest(noon - tick, one - tick) == noon
    assert cron.last(noon - tick, one, 5) == [noon, one]
    assert cron.last(noon, one, 5) == [one]
    assert cron.last(noon - tick, one, 1) == [one]
    assert cron.last(noon - tick, one, 0) == []
    assert cron.count_between(noon - tick, one, 5) == 2
    assert cron.count_between(noon - tick, one, 1) == 1
    assert cron.count_between(noon, one, 0) == 0
    for empty in ((noon, noon), (one, noon)):
        assert cron.latest(*empty) is None
        assert cron.last(*empty, 5) == []
        assert cron.count_between(*empty, 5) == 0


def best_of_three(work: object) -> float:
    """Seconds of computing in the fastest of three calls; a busy computer disturbs little."""
    assert callable(work)
    times = []
    for _ in range(3):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)


def test_a_missed_year_of_seconds_costs_milliseconds() -> None:
    cron = CronSchedule("* * * * * *", ZoneInfo("Europe/Berlin"))
    start = datetime(2025, 1, 1, tzinfo=UTC)
    end = datetime(2026, 1, 1, tzinfo=UTC)
    assert cron.latest(start, end) == end
    assert len(cron.last(start, end, 1_000)) == 1_000
    assert cron.count_between(start, end, 1_000) == 1_000
    assert best_of_three(lambda: cron.latest(start, end)) < 0.005
    assert best_of_three(lambda: cron.last(start, end, 1_000)) < 0.25


@pytest.mark.parametrize("expression", ["* * * * *", "0 7 * * 1-5", "30 2 29 2 */7", "0 0 L * 1"])
def test_next_is_quick(expression: str) -> None:
    cron = CronSchedule(expression, ZoneInfo("Europe/Berlin"))
    moment = datetime(2026, 3, 28, tzinfo=UTC)
    assert best_of_three(lambda: cron.next(moment)) < 0.002


@pytest.mark.parametrize("expression", ["0 0 31 2 *", "0 0 */30 * 1#3", "* * 31 2,4,6 *"])
def test_that_nothing_comes_is_found_quickly(expression: str) -> None:
    def refused() -> None:
        with pytest.raises(InvalidInput, match="a date that exists"):
            CronSchedule(expression, ZONE)

    assert best_of_three(refused) < 0.05


# --- as a value


def test_a_schedule_is_a_value() -> None:
    cron = CronSchedule("  0 7 * * 1-5 ", ZoneInfo("Europe/Berlin"))
    assert cron.expression == "0 7 * * 1-5"
    assert cron.zone is ZoneInfo("Europe/Berlin")
    assert cron == CronSchedule("0 7 * * 1-5", ZoneInfo("Europe/Berlin"))
    assert cron != CronSchedule("0 7 * * 1-5", ZONE)
    assert cron != CronSchedule("0 8 * * 1-5", ZoneInfo("Europe/Berlin"))
    assert len({cron, CronSchedule("0 7 * * 1-5", ZoneInfo("Europe/Berlin"))}) == 1
    again = pickle.loads(pickle.dumps(cron))
    after = datetime(2026, 1, 1, tzinfo=UTC)
    assert again == cron
    assert again.next(after) == cron.next(after)
    with pytest.raises(AttributeError):
        cron.expression = "* * * * *"  # type: ignore[misc]
    assert "0 7 * * 1-5" in repr(cron)


def test_the_field_that_is_complained_about_can_be_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        CronSchedule("61 * * * *", ZONE, field="trigger")
    [problem] = caught.value.problems
    assert (problem.field, problem.value) == ("trigger", "61 * * * *")
    assert "minutes 0-59" in problem.expected


def test_the_import_is_cheap() -> None:
    code = "import sys, jobdesk.domain.cron; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "jobdesk.domain.cron" in done.stdout.split()
    assert not {"croniter", "cron_descriptor", "cronsim"} & set(done.stdout.split())
