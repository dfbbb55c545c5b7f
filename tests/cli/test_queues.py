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
