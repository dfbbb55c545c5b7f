from __future__ import annotations

import pytest

from tests.cli.conftest import Cli

KEYS = [
    "name", "paused", "concurrency", "queued", "running", "retrying", "scheduled", "dead", "policy",
]  # fmt: skip


def test_a_queue_as_json(cli: Cli) -> None:
    cli("push", "--queue", "nightly", "--", "true")
    cli("push", "--queue", "nightly", "--delay", "1h", "--", "true")
    (queue,) = cli("queue", "list", "--json").json
    assert list(queue) == KEYS
    assert list(queue.values())[:-1] == ["nightly", False, None, 1, 0, 0, 1, 0]
    assert set(queue["policy"].values()) == {None}


def test_pause_and_resume(cli: Cli) -> None:
    cli("push", "--", "true")
    assert cli("queue", "pause", "default", "--json").json["paused"] is True
    assert cli("queue", "pause", "default").code == 0
    assert "paused" in cli("queue", "list").text
    assert cli("queue", "resume", "default", "--json").json["paused"] is False


def test_set_makes_a_queue_and_changes_only_what_it_is_told(cli: Cli) -> None:
    assert cli("queue", "set", "q", "--json").json["concurrency"] is None
    assert cli("queue", "set", "q", "--concurrency", "2", "--json").json["concurrency"] == 2
    assert cli("queue", "set", "q", "--json").json["concurrency"] == 2
    assert cli("queue", "set", "q", "--concurrency", "none", "--json").json["concurrency"] is None


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "x", "", "10001", "٣"])
def test_limits_that_are_refused(cli: Cli, limit: str) -> None:
    result = cli("queue", "set", "q", "--concurrency", limit)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("jobdesk: concurrency: ")
    assert cli("queue", "list", "--json").json == []


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 256])
def test_names_that_are_refused(cli: Cli, name: str) -> None:
    result = cli("queue", "set", "--concurrency", "1", "--", name)
    assert result.code == 2
    assert result.err.startswith("jobdesk: queue: ")


def test_what_runs_inherit(cli: Cli) -> None:
    made = cli(
        "queue", "set", "mail", "--rate", "5/s", "--timeout", "90s", "--retries", "3",
        "--backoff", "list:60,1800,10800", "--keep-dead-days", "14", "--json",
    ).json  # fmt: skip
    assert made["policy"]["rate"] == {"count": 5, "per": "s"}
    assert made["policy"]["retry"]["retries"] == 3
    run = cli("push", "--queue", "mail", "--json", "--", "true").json
    assert run["max_attempts"] == 4
    job = cli("job", "add", "a", "--queue", "mail", "--retries", "1", "--json", "--", "true").json
    assert (job["timeout"], job["retry"]["retries"]) == (90, 1)
    assert job["retry"]["backoff"] == {"type": "list", "delays": [60, 1800, 10800]}
    assert job["sources"]["retries"] == "job"
    assert job["sources"]["backoff"] == "queue"
    changed = cli(
        "queue", "set", "mail", "--timeout", "none", "--rate", "none", "--backoff", "inherit",
        "--json",
    ).json["policy"]  # fmt: skip
    assert (changed["timeout"], changed["rate"]) == ("none", None)
    assert (changed["retry"], changed["keep_dead_days"]) == ({"retries": 3}, 14)
    assert "(queue)" in cli("job", "show", "a").text


@pytest.mark.parametrize(
    ("option", "value"),
    [("--rate", "5"), ("--timeout", "0"), ("--retries", "x"), ("--backoff", "x"),
     ("--keep-dead-days", "0"), ("--keep-finished-runs", "-1")],
)  # fmt: skip
def test_policies_that_are_refused(cli: Cli, option: str, value: str) -> None:
    result = cli("queue", "set", "q", option, value)
    assert (result.code, result.out) == (2, b"")
    assert option.removeprefix("--").replace("-", "_") in result.err
    assert cli("queue", "list", "--json").json == []
