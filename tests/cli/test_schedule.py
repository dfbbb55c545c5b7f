"""``jobdesk next``: golden values, by hand from the zones' rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Cli

BERLIN, NEW_YORK, UTC = "Europe/Berlin", "America/New_York", "UTC"


@pytest.mark.parametrize(
    ("expression", "zone", "start", "fires"),
    [
        # The hour that spring skips: a fixed time runs right after it, a wildcard does not.
        (
            "30 2 * * *",
            BERLIN,
            "2024-03-30T12:00",
            ["2024-03-31T03:00:00+02:00", "2024-04-01T02:30:00+02:00"],
        ),
        (
            "0 * * * *",
            NEW_YORK,
            "2024-03-10T00:30",
            ["2024-03-10T01:00:00-05:00", "2024-03-10T03:00:00-04:00"],
        ),
        # The hour that autumn repeats: a fixed time runs once, a wildcard twice.
        (
            "30 2 * * *",
            BERLIN,
            "2024-10-26T12:00",
            ["2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"],
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            "2024-11-02T12:00",
            ["2024-11-03T01:30:00-04:00", "2024-11-04T01:30:00-05:00"],
        ),
        (
            "*/30 * * * *",
            BERLIN,
            "2024-10-27T01:45",
            [
                "2024-10-27T02:00:00+02:00",
                "2024-10-27T02:30:00+02:00",
                "2024-10-27T02:00:00+01:00",
                "2024-10-27T02:30:00+01:00",
                "2024-10-27T03:00:00+01:00",
            ],
        ),
        # Sunday is 0 and 7, 1-5 is Monday to Friday, and the two kinds of days are OR.
        ("0 12 * * 0", UTC, "2024-01-01", ["2024-01-07T12:00:00+00:00"]),
        ("0 12 * * 7", UTC, "2024-01-01", ["2024-01-07T12:00:00+00:00"]),
        ("0 7 * * 1-5", UTC, "2024-01-05T07:00", ["2024-01-08T07:00:00+00:00"]),
        (
            "0 0 13 * 5",
            UTC,
            "2024-09-01",
            ["2024-09-06T00:00:00+00:00", "2024-09-13T00:00:00+00:00"],
        ),
        ("0 0 29 2 *", UTC, "2024-02-29", ["2028-02-29T00:00:00+00:00"]),
        ("@daily", UTC, "2024-01-01", ["2024-01-02T00:00:00+00:00"]),
        (
            "*/15 * * * * *",
            UTC,
            "2024-01-01",
            ["2024-01-01T00:00:15+00:00", "2024-01-01T00:00:30+00:00"],
        ),
        # A time with an offset is that moment, whatever the zone.
        ("0 0 * * *", UTC, "2024-01-01T00:00:00+05:00", ["2024-01-01T00:00:00+00:00"]),
        ("0 * * * *", "Asia/Kolkata", "2024-01-01", ["2024-01-01T01:00:00+05:30"]),
    ],
)
def test_fires(cli: Cli, expression: str, zone: str, start: str, fires: list[str]) -> None:
    args = ["next", expression, "--tz", zone, "--from", start, "-n", str(len(fires))]
    assert cli(*args, "--json").json == fires
    assert cli(*args).text.splitlines() == fires


def test_five_from_now_in_the_zone_of_the_computer(cli: Cli, zone: Callable[[str], None]) -> None:
    zone("Asia/Kolkata")
    fires = cli("next", "* * * * *", "--json").json
    assert len(set(fires)) == 5
    assert all(fire.endswith(":00+05:30") for fire in fires)


@pytest.mark.parametrize(
    ("field", "args"),
    [
        ("n", ["@daily", "-n", "0"]),
        ("n", ["@daily", "-n", "-1"]),
        ("n", ["@daily", "-n", "x"]),
        ("n", ["@daily", "-n", "10001"]),
        ("cron", ["0 0 31 2 *"]),
        ("cron", ["@reboot"]),
        ("cron", [""]),
        ("tz", ["@daily", "--tz", "Nope"]),
        ("tz", ["@daily", "--tz", ""]),
        ("from", ["@daily", "--from", "rubbish"]),
        ("from", ["@daily", "--from", ""]),
    ],
)
def test_refused(cli: Cli, field: str, args: list[str]) -> None:
    result = cli("next", *args)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"jobdesk: {field}: ")


def test_it_touches_no_home(cli: Cli, own_home: object) -> None:
    from pathlib import Path

    assert cli("next", "@daily").code == 0
    assert isinstance(own_home, Path)
    assert not own_home.exists()
