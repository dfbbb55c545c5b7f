"""Zones by name: what is found, what is refused, what is suggested."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.zones import find_zone


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "EST5EDT"]
)
def test_found(name: str) -> None:
    assert find_zone(name) is ZoneInfo(name)


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "UTC ", "../etc/passwd", "/etc/passwd", "Europe/../UTC", "Europe/", "Europe",
        "localtime", "posixrules", "Factory", "right/UTC", "Mars/Olympus", "UTC\n", "UTC\0",
        "Europe\\Berlin", "Ευρώπη", "A" * 5_000, None, 5, b"UTC", ["UTC"], ZoneInfo("UTC"),
    ],
)  # fmt: skip
def test_refused(name: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        find_zone(name, "zone")
    [problem] = caught.value.problems
    assert problem.field == "zone"
    assert "such as Europe/Berlin" in problem.expected


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("America/NewYork", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_suggested(name: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=f"did you mean {meant}"):
        find_zone(name)
