from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jobdesk.domain.alert import (
    Alert,
    AlertKind,
    AlertPolicy,
    QuietHours,
    Sequence,
    compose,
    failed,
    late_after,
    recovered,
    settle_alerts,
)
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.heartbeat import HeartbeatSpec

K = AlertKind
EVERYTHING = AlertPolicy(kinds=tuple(K), threshold=3)


def story(policy: AlertPolicy, *steps: str) -> list[AlertKind | None]:
    """What is told: x for a failure, X for one that is the end, o for a success."""
    sequence, told = Sequence(), []
    for step in steps:
        if step == "o":
            told.append(recovered(sequence, policy))
            sequence = Sequence()
        else:
            sequence, kind = failed(sequence, policy, died=step == "X")
            told.append(kind)
    return told


def test_a_sequence_is_told_once_as_each_kind() -> None:
    assert story(EVERYTHING, *"xxxxXo") == [K.WARNING, None, K.FAILURE, None, None, K.RECOVERY]
    assert story(EVERYTHING, *"xoxo") == [K.WARNING, K.RECOVERY, K.WARNING, K.RECOVERY]
    assert story(EVERYTHING, *"oo") == [None, None]


def test_a_run_that_dies_is_a_failure_whatever_the_threshold() -> None:
    assert story(EVERYTHING, *"XXo") == [K.FAILURE, None, K.RECOVERY]
    assert story(AlertPolicy(kinds=tuple(K)), *"xxxx") == [K.WARNING, None, None, None]


def test_what_nobody_wants_to_hear_needs_no_recovery() -> None:
    policy = AlertPolicy(kinds=(K.FAILURE, K.RECOVERY), threshold=2)
    assert story(policy, *"xo") == [None, None]
    assert story(policy, *"xxo") == [None, K.FAILURE, K.RECOVERY]
    assert story(AlertPolicy(kinds=(K.FAILURE,)), *"Xo") == [K.FAILURE, None]


def test_who_says_nothing_is_told_of_deaths_on_the_desktop() -> None:
    usual = settle_alerts(None, AlertPolicy())
    assert usual.channels == ("desktop",)
    assert story(usual, *"xxXo") == [None, None, K.FAILURE, None]
    own = settle_alerts(AlertPolicy(threshold=2), AlertPolicy(threshold=5, channels=("mail",)))
    assert (own.threshold, own.channels) == (2, ("mail",))
    assert settle_alerts(AlertPolicy(channels=())).channels == ()


@pytest.mark.parametrize(
    "said",
    [
        {"channels": "mail"}, {"channels": [""]}, {"kinds": ["panic"]}, {"threshold": 0},
        {"late_start": 0}, {"late_end": "-1s"}, {"late_factor": 1}, {"late_factor": "x"},
    ],
)  # fmt: skip
def test_policies_that_make_no_sense(said: dict[str, object]) -> None:
    (name,) = said
    with pytest.raises(InvalidInput, match=name):
        AlertPolicy(**said)


def test_when_a_run_is_late() -> None:
    assert late_after(AlertPolicy(), 10) is None
    assert late_after(AlertPolicy(late_end=60), None) == 60
    assert late_after(AlertPolicy(late_factor=3), None) is None
    assert late_after(AlertPolicy(late_factor=3), 10) == 30
    assert late_after(AlertPolicy(late_factor=3), 0.01) == 1
    assert late_after(AlertPolicy(late_factor=3, late_end=20), 10) == 20


def test_quiet_hours() -> None:
    night = QuietHours(start="22:00", end="7:00".zfill(5))
    berlin = ZoneInfo("Europe/Berlin")

    def over(day: int, hour: int, minute: int = 0) -> str | None:
        now = datetime(2026, 1, day, hour, minute, tzinfo=berlin).astimezone(UTC)
        found = night.over_at(now, berlin)
        return found.astimezone(berlin).strftime("%d %H:%M") if found else None

    assert over(1, 21, 59) is None
    assert over(1, 22) == "02 07:00"
    assert over(2, 3) == "02 07:00"
    assert over(2, 7) is None
    lunch = QuietHours(start="12:00", end="13:30")
    noon = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    assert lunch.over_at(noon, ZoneInfo("UTC")) == noon.replace(hour=13)
    for wrong in ("25:00", "7", "22:00:05", "", None, "22:00+01:00"):
        with pytest.raises(InvalidInput, match="quiet_start"):
            QuietHours(start=wrong, end="07:00")  # type: ignore[arg-type]


def test_a_storm_is_one_message() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    alerts = [
        (n, Alert(n, n, K.FAILURE if n % 2 else K.RECOVERY, f"job {n}", "why", n, now))
        for n in range(1, 9)
    ]
    one = compose(alerts[:1])
    assert (one.title, one.text, one.run_id, one.delivery_ids) == ("job 1", "why", 1, (1,))
    storm = compose(alerts)
    assert storm.title == "8 alerts: 4 failures, 4 recoveries"
    assert storm.text.splitlines()[0] == "- job 1"
    assert storm.text.splitlines()[-1] == "- and 3 more"
    assert (storm.run_id, storm.delivery_ids) == (None, tuple(range(1, 9)))


def test_a_heartbeat() -> None:
    spec = HeartbeatSpec(name="backup", every="1h", grace="5m")  # type: ignore[arg-type]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    overdue = spec.overdue_at(now)
    assert overdue is not None
    assert (overdue - now).total_seconds() == 3900
    assert HeartbeatSpec(name="a", every=60, enabled=False).overdue_at(now) is None
    for wrong in ({"every": "0.5s"}, {"every": "x"}, {"every": 60, "grace": -1}, {"name": ""}):
        with pytest.raises(InvalidInput):
            HeartbeatSpec(**{"name": "a", "every": 60, **wrong})  # type: ignore[arg-type]
