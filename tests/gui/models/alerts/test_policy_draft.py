"""Who hears of what, as the forms hold it."""

from __future__ import annotations

import pytest

from jobdesk.domain.alert import AlertKind, AlertPolicy
from jobdesk.domain.heartbeat import HeartbeatSpec
from jobdesk.gui.models.alerts.heartbeat_draft import HeartbeatDraft
from jobdesk.gui.models.alerts.policy_draft import AlertDraft, alert_words

MANY = AlertPolicy(
    channels=("mail",), kinds=("warning", "late"), threshold=3, late_end=0.25, late_factor=1.2345
)


@pytest.mark.parametrize(
    "policy",
    [
        None,
        AlertPolicy(),
        MANY,
        AlertPolicy(channels=(), kinds=()),
        AlertPolicy(late_start=90061.5),
        AlertPolicy(late_factor=123.4567),
    ],
)
def test_what_is_left_alone_comes_back_as_it_was(policy: AlertPolicy | None) -> None:
    draft = AlertDraft.of(policy)
    assert draft.policy() == policy
    assert draft.problems() == {}
    if policy is not None:
        assert AlertDraft.last(policy).policy() == policy


def test_nothing_said_is_no_policy_at_all() -> None:
    assert AlertDraft().policy() is None
    assert AlertDraft(channels=()).policy() == AlertPolicy(channels=())


def test_the_settings_fill_in_what_holds_where_nobody_says_anything() -> None:
    draft = AlertDraft.last(AlertPolicy(threshold=2))
    assert draft.channels == ("desktop",)
    assert draft.kinds == (AlertKind.FAILURE, AlertKind.LATE, AlertKind.SILENT)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (AlertDraft(late_start="soon"), "late_start"),
        (AlertDraft(late_end="0s"), "late_end"),
        (AlertDraft(late_factor="1"), "late_factor"),
        (AlertDraft(late_factor=""), "late_factor"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(draft: AlertDraft, field: str) -> None:
    assert list(draft.problems()) == [field]


def test_it_says_what_holds_and_who_says_so() -> None:
    queue = AlertPolicy(channels=("mail",), threshold=3)
    asked = ((queue, "from queue web"), (AlertPolicy(kinds=("silent",)), "settings"))
    said = AlertDraft(late_end="1h").inherited(asked)
    assert said["channels"] == "mail (from queue web)"
    assert said["kinds"] == "silent (settings)"
    assert said["threshold"] == "after 3 failures in a row (from queue web)"
    assert said["late_start"] == "never (default)"
    assert AlertDraft().inherited((), (AlertKind.LATE,))["kinds"] == "late (default)"


def test_a_switch_that_is_turned_on_starts_from_what_held() -> None:
    asked = ((AlertPolicy(channels=("mail",), late_end=7200), "settings"),)
    start = AlertDraft(threshold=9).starting(asked)
    assert (start.channels, start.late_end, start.threshold) == (("mail",), "2h", 9)


def test_a_policy_in_short() -> None:
    assert alert_words(MANY) == "warning, late to mail, after 3 failures in a row, late limits"
    assert alert_words(AlertPolicy(channels=())) == "to nobody"
    assert alert_words(None) == ""


def test_a_heartbeat_that_is_left_alone_comes_back_as_it_was() -> None:
    spec = HeartbeatSpec(name="x", every=5400, grace=0.5, enabled=False, alerts=MANY)
    assert HeartbeatDraft.of(spec).spec() == spec


def test_a_heartbeat_says_what_is_wrong_with_it() -> None:
    draft = HeartbeatDraft(name="x", every="0", grace="later")
    assert set(draft.problems()) == {"every", "grace"}
    assert "name" in HeartbeatDraft(name="x").problems({"x"})
