from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import (
    LONGEST,
    check_name,
    check_whole,
    format_duration,
    iso,
    parse_duration,
    parse_time,
)

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86_400),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (" 10s ", 10),
        ("45", 45),
        ("0.5", 0.5),
        (45, 45),
        (timedelta(minutes=1), 60),
    ],
)
def test_durations(text: object, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    ["banana", "", "5 parsecs", "1h30", "s", "-", "nan", "inf", "1e400", "٣", None, True, []],
)
def test_no_durations(text: object) -> None:
    with pytest.raises(InvalidInput, match=r"^delay: "):
        parse_duration(text, "delay")


@pytest.mark.parametrize("value", ["-1s", -1, float("nan"), float("inf"), 10**400, "36501d"])
def test_durations_out_of_bounds(value: object) -> None:
    with pytest.raises(InvalidInput, match="duration"):
        parse_duration(value, "delay")


def test_bounds_of_the_caller() -> None:
    with pytest.raises(InvalidInput, match="at least 1s"):
        parse_duration("0.5s", least=timedelta(seconds=1))
    with pytest.raises(InvalidInput, match="above 0"):
        parse_duration(0, above=timedelta(0))


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_a_duration_is_read_back_as_it_was_written(duration: timedelta) -> None:
    assert abs(parse_duration(format_duration(duration)) - duration) <= timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-04-10T14:30:00+02:00", datetime(2026, 4, 10, 12, 30, tzinfo=UTC)),
        ("2026-04-10T14:30:00Z", datetime(2026, 4, 10, 14, 30, tzinfo=UTC)),
        ("2026-04-10T14:30", datetime(2026, 4, 10, 12, 30, tzinfo=UTC)),
        ("2026-01-10", datetime(2026, 1, 9, 23, 0, tzinfo=UTC)),
    ],
)
def test_times_without_an_offset_are_local(text: str, utc: datetime) -> None:
    assert parse_time(text, "at", BERLIN) == utc


@pytest.mark.parametrize("text", ["tomorrow", "", "2026-13-01", "0001-01-01T00:00", "9999-12-31"])
def test_no_times(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^at: "):
        parse_time(text, "at", BERLIN)


@pytest.mark.parametrize("name", ["a", "Größe 10", "🚀", "x" * 255])
def test_names(name: str) -> None:
    assert check_name(name, "name") == name


@pytest.mark.parametrize(
    "name", ["", "   ", "a\nb", "a\x00", "\x1b[1m", "x" * 256, "\u2028", "\ud800", 5]
)
def test_no_names(name: object) -> None:
    with pytest.raises(InvalidInput, match=r"^name: "):
        check_name(name, "name")


@pytest.mark.parametrize("value", ["x", "1.5", 1.5, "", True, None, "11", 11, -1, "9" * 5000])
def test_no_whole_numbers(value: object) -> None:
    with pytest.raises(InvalidInput, match="from 0 to 10"):
        check_whole(value, "n", least=0, most=10)


def test_iso_has_microseconds_and_z() -> None:
    moment = datetime(2026, 4, 10, 14, 30, tzinfo=BERLIN)
    assert iso(moment) == "2026-04-10T12:30:00.000000Z"
    assert iso(None) is None
