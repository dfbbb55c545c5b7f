from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import tzlocal

from jobdesk.clock import SystemClock, local_zone


def test_the_computers_own_clocks() -> None:
    clock = SystemClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC
    first = clock.monotonic()
    assert clock.monotonic() >= first


@pytest.mark.parametrize(
    ("found", "zone"),
    [
        (ZoneInfo("Europe/Berlin"), "Europe/Berlin"),
        (LookupError("conflicting"), "UTC"),
        (ValueError("strange"), "UTC"),
        (UTC, "UTC"),
    ],
)
def test_the_local_zone_has_a_name(
    monkeypatch: pytest.MonkeyPatch, found: object, zone: str
) -> None:
    def get_localzone() -> object:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(tzlocal, "get_localzone", get_localzone)
    assert local_zone().key == zone
