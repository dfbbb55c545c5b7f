from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Cli

KEYS = [
    "name", "enabled", "action", "trigger", "timezone", "queue", "priority", "retry", "timeout",
    "assertions", "callback_url", "alerts", "sources", "overlap", "catch_up", "next_due_at",
    "last_run",
]  # fmt: skip


def test_a_job_as_json(cli: Cli) -> None:
    job = cli(
        "job", "add", "report", "--json", "--cron", "0 7 * * 1-5", "--tz", "Europe/Berlin",
        "--queue", "nightly", "--priority", "3", "--timeout", "10s", "--retries", "2",
        "--backoff", "fixed:1s", "--overlap", "skip", "--catch-up", "all", "--env", "A=1",
        "--cwd", "/", "--", "true",
    ).json  # fmt: skip
    assert list(job) == KEYS
    assert job["trigger"] == {"type": "cron", "expression": "0 7 * * 1-5", "tz": "Europe/Berlin"}
    assert job["action"] == {
        "type": "script", "command": ["true"], "shell": None, "cwd": "/", "env": {"A": "1"},
    }  # fmt: skip
    assert (job["timezone"], job["queue"], job["priority"]) == ("Europe/Berlin", "nightly", 3)
    assert (job["timeout"], job["overlap"], job["catch_up"]) == (10.0, "skip", "all")
    assert job["retry"]["retries"] == 2
    assert job["next_due_at"][10:] in ("T05:00:00.000000Z", "T06:00:00.000000Z")
    assert (job["enabled"], job["last_run"]) == (True, None)
    assert cli("job", "show", "report", "--json").json == job
    assert cli("job", "list", "--json").json == [job]


def test_defaults(cli: Cli) -> None:
    job = cli("job", "add", "plain", "--json", "--", "true").json
    assert (job["trigger"], job["timezone"], job["next_due_at"]) == (None, None, None)
    assert (job["queue"], job["priority"], job["timeout"]) == ("default", 0, None)
    assert (job["overlap"], job["catch_up"]) == ("queue", "latest")
    assert job["retry"] == {
        "retries": 3,
        "backoff": {"type": "exponential", "base": 10.0, "factor": 2.0, "cap": 3600.0},
        "jitter": True,
        "retry_permanent": False,
    }


def test_the_zone_of_the_computer_is_written_down(cli: Cli, zone: Callable[[str], None]) -> None:
    zone("America/New_York")
    assert cli("job", "add", "a", "--json", "--cron", "@daily", "--", "x").json["timezone"] == (
        "America/New_York"
    )
    at = cli("job", "add", "b", "--json", "--at", "2040-01-01", "--", "x").json
    assert at["trigger"] == {"type": "at", "at": "2040-01-01T05:00:00.000000Z"}
    berlin = ("--at", "2040-01-01", "--tz", "Europe/Berlin")
    at = cli("job", "add", "c", "--json", *berlin, "--", "x").json
    assert at["next_due_at"] == "2039-12-31T23:00:00.000000Z"


REFUSED: list[tuple[str, list[str]]] = [
        *[
            ("cron", ["--cron", expression])
            for expression in (
                "61 * * * *", "0 0 31 2 *", "@reboot", "@bogus", "* * * *", "* * * * * * *", "",
                "0 0 * * 8", "*/0 * * * *", "1-0 * * * *", "٣ * * * *", "* * * * *\n",
            )
        ],
        *[
            ("tz", ["--cron", "@daily", "--tz", zone])
            for zone in ("Nope", "", "europe/berlin", "../../etc/passwd", "+02:00", "x" * 300)
        ],
        ("tz", ["--tz", "UTC"]),
        ("tz", ["--every", "5m", "--tz", "UTC"]),
        ("schedule", ["--cron", "@daily", "--every", "5m"]),
        *[("every", ["--every", every]) for every in ("0.5s", "999ms", "0", "-5m", "nan", "")],
        ("at", ["--at", "2001-01-01"]),
        ("at", ["--at", "rubbish"]),
        ("overlap", ["--overlap", "bogus"]),
        ("catch_up", ["--catch-up", "bogus"]),
        ("retries", ["--retries", "-1"]),
        ("queue", ["--queue", "a\nb"]),
        ("timeout", ["--timeout", "0"]),
        ("priority", ["--priority", "x"]),
]  # fmt: skip


def test_jobs_that_are_refused(cli: Cli) -> None:
    for field, args in REFUSED:
        result = cli("job", "add", "j", *args, "--", "true")
        assert (result.code, result.out) == (2, b""), args
        assert result.err.startswith(f"jobdesk: {field}: ")
        assert "; expected " in result.err
    assert cli("job", "list", "--json").json == []


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "x" * 256])
def test_names_that_are_refused(cli: Cli, name: str) -> None:
    assert cli("job", "add", name, "--", "true").err.startswith("jobdesk: name: ")


def test_a_name_that_is_taken(cli: Cli) -> None:
    assert cli("job", "add", "😀", "--", "true").code == 0
    taken = cli("job", "add", "😀", "--", "false")
    assert (taken.code, taken.out) == (2, b"")
    assert "name: '😀' is not accepted; expected a name that no other job has" in taken.err


def test_an_interval_of_a_second_is_fine(cli: Cli) -> None:
    job = cli("job", "add", "often", "--json", "--every", "1s", "--", "true").json
    assert job["trigger"] == {"type": "every", "interval": 1.0}


@pytest.mark.parametrize("verb", ["show", "run", "enable", "disable", "remove"])
@pytest.mark.parametrize("name", ["nobody", "", "a\nb", "-1", "x" * 300])
def test_no_such_job(cli: Cli, verb: str, name: str) -> None:
    result = cli("job", verb, name)
    assert (result.code, result.out) == (3, b"")
    assert result.err.startswith("jobdesk: no such job: ")


def test_disabled_jobs_have_no_next_fire_but_run_by_hand(cli: Cli) -> None:
    cli("job", "add", "j", "--every", "1h", "--", "true")
    disabled = cli("job", "disable", "j", "--json").json
    assert (disabled["enabled"], disabled["next_due_at"]) == (False, None)
    run = cli("job", "run", "j", "--json").json
    assert (run["job"], run["origin"], run["state"]) == ("j", "manual", "queued")
    assert cli("job", "run", "j").text == "2\n"
    enabled = cli("job", "enable", "j", "--json").json
    assert enabled["next_due_at"]
    assert enabled["last_run"]["id"] == 2


def test_the_runs_of_a_deleted_job_stay(cli: Cli) -> None:
    cli("job", "add", "j", "--", "true")
    before = cli("job", "run", "j", "--json").json
    assert cli("job", "remove", "j").code == 0
    assert cli("job", "show", "j").code == 3
    assert cli("runs", "--job", "j", "--json").json == [before]
    cli("job", "add", "j", "--", "false")
    assert cli("job", "show", "j", "--json").json["last_run"] is None


def test_a_program_that_is_not_there_is_accepted_with_a_warning(cli: Cli) -> None:
    result = cli("job", "add", "j", "--json", "--", "./not-yet.sh")
    assert result.code == 0
    assert result.json["action"]["command"][0].endswith("/not-yet.sh")
    assert result.err.startswith("warning: the program ")
