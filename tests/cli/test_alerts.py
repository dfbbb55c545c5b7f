from __future__ import annotations

import pytest

from jobdesk.domain.run import RunState
from tests.cli.conftest import Cli, Stage


def test_what_holds_everywhere(cli: Cli) -> None:
    assert cli("alert", "set", "--json").json["alerts"]["channels"] == ["desktop"]
    said = cli(
        "alert", "set", "--alert-channel", "mail", "--alert-on", "failure", "--alert-on",
        "recovery", "--alert-threshold", "2", "--quiet", "22:00-07:00", "--quiet-but-failures",
        "--json",
    ).json  # fmt: skip
    assert said["alerts"]["channels"] == ["mail"]
    assert said["quiet_hours"] == {"start": "22:00", "end": "07:00"}
    kept = cli("alert", "set", "--alert-threshold", "3", "--json").json
    assert kept == {**said, "alerts": {**said["alerts"], "threshold": 3}}
    assert cli("alert", "set", "--quiet", "none", "--json").json["quiet_hours"] is None
    assert "over: mail" in cli("alert", "set").text


@pytest.mark.parametrize(
    "options",
    [
        ("--quiet", "22"), ("--quiet", "25:00-07:00"), ("--alert-on", "panic"),
        ("--alert-threshold", "0"), ("--late-start", "0"), ("--late-factor", "1"),
        ("--alert-channel", ""),
    ],
)  # fmt: skip
def test_what_is_refused(cli: Cli, options: tuple[str, ...]) -> None:
    result = cli("alert", "set", *options)
    assert (result.code, result.out) == (2, b"")
    assert "is not accepted; expected" in result.err


def test_alerts_and_where_they_went(cli: Cli, staged: Stage) -> None:
    dead = staged.run_in(RunState.DEAD)
    (alert,) = cli("alert", "list", "--json").json
    assert (alert["kind"], alert["run"]) == ("failure", dead)
    assert [one["channel"] for one in alert["deliveries"]] == ["desktop"]
    (incident,) = cli("alert", "open", "--json").json
    assert (incident["raised"], incident["failures"]) == ("failure", 1)
    assert cli("alert", "again", str(alert["deliveries"][0]["id"])).code == 3
    assert cli("alert", "again", "x").code == 3


def test_snoozes(cli: Cli) -> None:
    assert cli("alert", "snooze", "job:report", "2h").code == 0
    assert [one["subject"] for one in cli("alert", "snoozes", "--json").json] == ["job:report"]
    assert cli("alert", "unsnooze", "job:report").code == 0
    assert cli("alert", "snoozes", "--json").json == []
    for subject, until in (("nobody", "2h"), ("job:", "2h"), ("*", "0"), ("*", "soon")):
        assert cli("alert", "snooze", subject, until).code == 2


def test_heartbeats(cli: Cli) -> None:
    made = cli("heartbeat", "add", "backup", "--every", "1d", "--grace", "1h", "--json").json
    assert (made["every"], made["grace"], made["silent"]) == (86_400, 3_600, False)
    assert cli("heartbeat", "ping", "backup", "--json").json["last_ping_at"]
    assert cli("heartbeat", "add", "backup", "--every", "1d").code == 2
    assert cli("heartbeat", "ping", "nobody").code == 3
    assert cli("heartbeat", "remove", "backup").code == 0
    assert cli("heartbeat", "list", "--json").json == []


def test_channels(cli: Cli) -> None:
    url = "json://me:secret-word@127.0.0.1:9/hook"
    made = cli("channel", "add", "hook", url, "--json")
    assert b"secret-word" not in made.out
    assert cli("channel", "disable", "hook", "--json").json["enabled"] is False
    assert cli("channel", "add", "hook", url, "--replace", "--json").json["enabled"] is False
    assert cli("channel", "enable", "hook", "--json").json["enabled"] is True
    assert cli("channel", "add", "hook", url).code == 2
    assert cli("channel", "add", "other", url, "--replace").code == 3
    assert cli("channel", "remove", "desktop").code == 2
    assert cli("channel", "remove", "hook").code == 0
    assert [one["name"] for one in cli("channel", "list", "--json").json] == ["desktop"]
