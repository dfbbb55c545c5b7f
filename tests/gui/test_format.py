from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobdesk.domain.run import RunState
from jobdesk.gui import format as fmt

NOW = datetime(2026, 3, 10, 11, 0, 0, tzinfo=UTC)  # 12:00 in Berlin


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(day: int, hour: int, minute: int = 0, second: int = 0, year: int = 2026) -> datetime:
    return datetime(year, 3, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (at(10, 11, 4, 31), "12:04:31"),
        (at(9, 23, 30), "00:30:00"),  # today in Berlin, though not in UTC
        (at(9, 11, 4), "yesterday 12:04"),
        (at(11, 11, 4), "tomorrow 12:04"),
        (at(3, 11, 4), "3 Mar 12:04"),
        (at(3, 11, 4, year=2025), "3 Mar 2025 12:04"),
    ],
)
def test_moment(when: datetime, said: str) -> None:
    assert fmt.moment(when, NOW) == said


def test_moment_full_names_the_zone() -> None:
    assert fmt.moment_full(at(3, 11, 4, 31)) == "3 Mar 2026, 12:04:31 CET (UTC+01:00)"
    summer = datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert fmt.moment_full(summer) == "1 Jul 2026, 12:00:00 CEST (UTC+02:00)"


def test_moment_full_in_utc_says_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert fmt.moment_full(at(3, 11)) == "3 Mar 2026, 11:00:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (0.9, "just now"),
        (1, "1 s ago"),
        (59.9, "59 s ago"),
        (60, "1 m ago"),
        (3600, "1 h ago"),
        (86_400 * 3 + 5000, "3 d ago"),
    ],
)
def test_ago(seconds: float, said: str) -> None:
    assert fmt.ago(NOW - timedelta(seconds=seconds), NOW) == said


@pytest.mark.parametrize(
    ("seconds", "until", "countdown"),
    [
        (-3, "now", "0:00"),
        (0, "now", "0:00"),
        (0.001, "in 1 s", "0:01"),
        (1, "in 1 s", "0:01"),
        (59.5, "in 1 m 00 s", "1:00"),
        (252, "in 4 m 12 s", "4:12"),
        (3852, "in 1 h 04 m", "1:04:12"),
        (86_400 * 3 + 3600 * 4, "in 3 d 04 h", "3 d 4 h"),
    ],
)
def test_until_and_countdown(seconds: float, until: str, countdown: str) -> None:
    when = NOW + timedelta(seconds=seconds)
    assert fmt.until(when, NOW) == until
    assert fmt.countdown(when, NOW) == countdown


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (-1, "0 ms"),
        (12, "12 ms"),
        (999, "999 ms"),
        (3400, "3.4 s"),
        (59_949, "59.9 s"),
        (59_950, "1 m 00 s"),
        (125_000, "2 m 05 s"),
        (11_040_000, "3 h 04 m"),
        (183_600_000, "2 d 03 h"),
    ],
)
def test_duration(milliseconds: int, said: str) -> None:
    assert fmt.duration(milliseconds) == said


def test_elapsed_and_seconds() -> None:
    assert fmt.elapsed(NOW - timedelta(seconds=125.9), NOW) == "2 m 05 s"
    assert fmt.elapsed(NOW + timedelta(seconds=1), NOW) == "0 s"
    assert fmt.seconds(30) == "30 s"
    assert fmt.seconds(0.25) == "250 ms"
    assert fmt.seconds(1.5) == "1.5 s"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1 KB"),
        (3500, "3.4 KB"),
        (1_048_575, "1 MB"),
        (10 * 1_048_576, "10 MB"),
        (2 * 1024**3, "2 GB"),
        (5000 * 1024**4, "5,000 TB"),
    ],
)
def test_size(size: int, said: str) -> None:
    assert fmt.size(size) == said


def test_counts_and_states() -> None:
    assert fmt.count(12_345) == "12,345"
    assert fmt.counted(1, "run") == "1 run"
    assert fmt.counted(0, "run") == "0 runs"
    assert fmt.counted(2, "entry", "entries") == "2 entries"
    assert fmt.state_word(RunState.DEAD) == "Dead"


def test_names_are_sorted_as_people_do() -> None:
    names = ["b", "job 10", "Job 3", "job", "job 2", "a2b", "a10", "A", "a", "10", "9", "", "é ٣"]
    assert sorted(names, key=fmt.by_name) == [
        "", "9", "10", "A", "a", "a2b", "a10", "b", "job", "job 2", "Job 3", "job 10", "é ٣",
    ]  # fmt: skip
