"""Golden cases of cron schedules around clock changes, by the rule of Debian's cron(8)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jobdesk.domain.cron import CronSchedule


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


SPRING, AUTUMN = "2026-03-28T12:00", "2026-10-24T12:00"  # Berlin: the 29th, the 25th


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        # A fixed time in the gap: once, right after it.
        ("30 2 * * *", "Europe/Berlin", SPRING, ["29 03:00:00+0200", "30 02:30:00+0200"]),
        ("0,30 2 * * *", "Europe/Berlin", SPRING, ["29 03:00:00+0200", "30 02:00:00+0200"]),
        ("0 2,3 * * *", "Europe/Berlin", SPRING, ["29 03:00:00+0200", "30 02:00:00+0200"]),
        ("0 2-4 * * *", "Europe/Berlin", SPRING, ["29 03:00:00+0200", "29 04:00:00+0200"]),
        ("10 30 2 * * *", "Europe/Berlin", SPRING, ["29 03:00:00+0200", "30 02:30:10+0200"]),
        ("* 30 2 * * *", "Europe/Berlin", SPRING, ["29 03:00:00+0200", "30 02:30:00+0200"]),
        ("30 1 * * *", "Europe/Berlin", SPRING, ["29 01:30:00+0100", "30 01:30:00+0200"]),
        ("30 2 29 3 *", "Europe/Berlin", SPRING, ["29 03:00:00+0200"]),
        # Wildcards are not made up.
        (
            "30 */2 * * *",
            "Europe/Berlin",
            "2026-03-29T00:00",
            ["29 00:30:00+0100", "29 04:30:00+0200"],
        ),
        ("*/30 2 * * *", "Europe/Berlin", SPRING, ["30 02:00:00+0200", "30 02:30:00+0200"]),
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-03-29T01:00",
            ["29 01:30:00+0100", "29 03:00:00+0200"],
        ),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:30",
            ["29 01:00:00+0100", "29 03:00:00+0200"],
        ),
        # A fixed time that comes twice: the first time.
        ("30 2 * * *", "Europe/Berlin", AUTUMN, ["25 02:30:00+0200", "26 02:30:00+0100"]),
        (
            "* 30 2 * * *",
            "Europe/Berlin",
            "2026-10-25T02:30:58+02:00",
            ["25 02:30:59+0200", "26 02:30:00+0100"],
        ),
        ("0 2,3 * * *", "Europe/Berlin", AUTUMN, ["25 02:00:00+0200", "25 03:00:00+0100"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T02:10+01:00", ["26 02:30:00+0100"]),
        # Wildcards fire in both hours, in the order of time.
        (
            "*/30 2 * * *",
            "Europe/Berlin",
            AUTUMN,
            [
                "25 02:00:00+0200",
                "25 02:30:00+0200",
                "25 02:00:00+0100",
                "25 02:30:00+0100",
                "26 02:00:00+0100",
            ],
        ),
        (
            "30 * * * *",
            "Europe/Berlin",
            "2026-10-25T01:45+02:00",
            ["25 02:30:00+0200", "25 02:30:00+0100", "25 03:30:00+0100"],
        ),
        (
            "0 */2 * * *",
            "Europe/Berlin",
            "2026-10-25T01:00",
            ["25 02:00:00+0200", "25 02:00:00+0100", "25 04:00:00+0100"],
        ),
        (
            "* * * * * *",
            "Europe/Berlin",
            "2026-10-25T02:59:58+02:00",
            ["25 02:59:59+0200", "25 02:00:00+0100"],
        ),
        # New York
        (
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00",
            ["08 03:00:00-0400", "09 02:30:00-0400"],
        ),
        (
            "30 1 * * *",
            "America/New_York",
            "2026-10-31T12:00",
            ["01 01:30:00-0400", "02 01:30:00-0500"],
        ),
        (
            "*/30 * * * *",
            "America/New_York",
            "2026-11-01T01:15-04:00",
            ["01 01:30:00-0400", "01 01:00:00-0500", "01 01:30:00-0500"],
        ),
        # Half an hour, 02:00 to 02:30 and back
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00",
            ["04 02:30:00+1100", "05 02:15:00+1100"],
        ),
        ("45 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ["04 02:45:00+1100"]),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T12:00",
            ["05 01:45:00+1100", "06 01:45:00+1030"],
        ),
        (
            "*/15 * * * *",
            "Australia/Lord_Howe",
            "2026-04-05T01:30+11:00",
            ["05 01:45:00+1100", "05 01:30:00+1030", "05 01:45:00+1030", "05 02:00:00+1030"],
        ),
        # Summer time that is the standard, and a winter break of it for Ramadan
        (
            "30 2 * * *",
            "Africa/Casablanca",
            "2026-02-14T12:00",
            ["15 02:30:00+0100", "16 02:30:00+0000"],
        ),
        (
            "30 2 * * *",
            "Africa/Casablanca",
            "2026-03-21T12:00",
            ["22 03:00:00+0100", "23 02:30:00+0100"],
        ),
        (
            "*/30 2 * * *",
            "Africa/Casablanca",
            "2026-02-14T12:00",
            ["15 02:00:00+0100", "15 02:30:00+0100", "15 02:00:00+0000", "15 02:30:00+0000"],
        ),
        (
            "30 1 * * *",
            "Europe/Dublin",
            "2026-03-28T12:00",
            ["29 02:00:00+0100", "30 01:30:00+0100"],
        ),
        # No midnight, and two before-midnights
        (
            "0 0 * * *",
            "America/Sao_Paulo",
            "2017-10-14T12:00",
            ["15 01:00:00-0200", "16 00:00:00-0200"],
        ),
        ("*/30 0 * * *", "America/Sao_Paulo", "2017-10-14T12:00", ["16 00:00:00-0200"]),
        ("* 0 * * 0", "America/Sao_Paulo", "2017-10-14T12:00", ["22 00:00:00-0200"]),
        ("0 0 * * 0", "America/Sao_Paulo", "2017-10-14T12:00", ["15 01:00:00-0200"]),
        (
            "30 23 * * *",
            "America/Sao_Paulo",
            "2018-02-17T12:00",
            ["17 23:30:00-0200", "18 23:30:00-0300"],
        ),
        (
            "30 * * * *",
            "America/Sao_Paulo",
            "2018-02-17T23:00-02:00",
            ["17 23:30:00-0200", "17 23:30:00-0300", "18 00:30:00-0300"],
        ),
        # A day that never was
        (
            "0 12 * * *",
            "Pacific/Apia",
            "2011-12-29T11:00",
            ["29 12:00:00-1000", "31 00:00:00+1400", "31 12:00:00+1400"],
        ),
        (
            "0 12 30 12 *",
            "Pacific/Apia",
            "2011-12-01T00:00",
            ["31 00:00:00+1400", "30 12:00:00+1400"],
        ),
        ("0 * * * *", "Pacific/Apia", "2011-12-29T22:30", ["29 23:00:00-1000", "31 00:00:00+1400"]),
        ("30 2 * * *", "UTC", SPRING, ["29 02:30:00+0000", "30 02:30:00+0000"]),
    ],
)
def test_clock_changes(expression: str, zone: str, after: str, expected: list[str]) -> None:
    found = fires(expression, zone, after, len(expected))
    assert [text[8:] for text in found] == expected


def test_a_wildcard_whose_only_time_is_skipped_waits_for_a_year_that_has_it() -> None:
    # The last Sunday of March is the 29th in 2026 and in 2037, and the 28th in 2027.
    assert fires("*/30 2 29 3 *", "Europe/Berlin", SPRING, 1) == ["2027-03-29 02:00:00+0200"]


@pytest.mark.parametrize(
    ("expression", "end", "expected"),
    [
        # Fixed times come before all of the second pass, wherever in it one stands.
        ("30 2 * * *", "2026-10-25T02:10+01:00", "2026-10-25T02:30+02:00"),
        ("30 2 * * *", "2026-10-25T02:10+02:00", "2026-10-24T02:30+02:00"),
        ("30 2 * * *", "2026-03-29T03:00+02:00", "2026-03-29T03:00+02:00"),
        ("30 2 * * *", "2026-03-29T01:59+01:00", "2026-03-28T02:30+01:00"),
        ("*/30 2 * * *", "2026-10-25T02:10+01:00", "2026-10-25T02:00+01:00"),
        ("30 */2 * * *", "2026-10-25T02:10+01:00", "2026-10-25T02:30+02:00"),
        ("30 */2 * * *", "2026-10-25T03:10+01:00", "2026-10-25T02:30+01:00"),
        ("30 */2 * * *", "2026-03-29T03:10+02:00", "2026-03-29T00:30+01:00"),
    ],
)
def test_the_latest_fire_around_a_change(expression: str, end: str, expected: str) -> None:
    cron = CronSchedule(expression, ZoneInfo("Europe/Berlin"))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert cron.latest(start, datetime.fromisoformat(end)) == datetime.fromisoformat(expected)
