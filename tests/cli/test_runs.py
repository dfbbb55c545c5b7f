"""Pushing, looking at, and doing things to runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from jobdesk.domain.run import FINISHED, RunState
from tests.cli.conftest import Cli
from tests.support.states import Stage

RUN_KEYS = [
    "id", "job", "queue", "state", "origin", "replay_of", "replayed_by", "priority", "attempt",
    "max_attempts", "created_at", "due_at", "available_at", "started_at", "finished_at", "reason",
    "error", "action", "about",
]  # fmt: skip
ATTEMPT_KEYS = [
    "number", "outcome", "reason", "exit_code", "http_status", "started_at", "finished_at",
    "duration_ms",
]  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
BIG = "9" * 20
URL = "http://127.0.0.1:9/"


def _seconds(run: dict[str, Any]) -> float:
    moments = [datetime.fromisoformat(run[name]) for name in ("created_at", "due_at")]
    return (moments[1] - moments[0]).total_seconds()


def test_a_pushed_run_as_json(cli: Cli) -> None:
    run = cli("push", "--json", "--", "true").json
    assert list(run) == RUN_KEYS
    for name in ("created_at", "due_at", "available_at"):
        assert TIME.fullmatch(run[name])
    for name in ("job", "replay_of", "replayed_by", "started_at", "finished_at", "reason", "error"):
        assert run[name] is None
    assert (run["id"], run["queue"], run["state"], run["origin"]) == (
        1,
        "default",
        "queued",
        "push",
    )
    assert (run["priority"], run["attempt"], run["max_attempts"]) == (0, 0, 4)
    assert cli("runs", "--json").json == [run]
    assert cli("show", "1", "--json").json == {**run, "attempts": []}


def test_a_dead_run_as_json(cli: Cli, staged: Stage) -> None:
    dead = staged.run_in(RunState.DEAD)
    shown = cli("show", str(dead), "--json").json
    assert (shown["state"], shown["reason"], shown["error"]) == ("dead", "exit_code", "exit code 7")
    assert TIME.fullmatch(shown["started_at"])
    assert TIME.fullmatch(shown["finished_at"])
    (attempt,) = shown["attempts"]
    assert list(attempt) == ATTEMPT_KEYS
    assert (attempt["number"], attempt["outcome"], attempt["exit_code"]) == (1, "failed", 7)
    assert attempt["http_status"] is None
    assert isinstance(attempt["duration_ms"], int)


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        ("0", 0), ("-0", 0), ("30", 30), (".5", 0.5), ("+5", 5), ("250ms", 0.25), ("30s", 30),
        ("5m", 300), ("5M", 300), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("1.5h", 5400),
        ("36500d", 3_153_600_000),
    ],
)  # fmt: skip
def test_delays(cli: Cli, delay: str, seconds: float) -> None:
    run = cli("push", "--json", "--delay", delay, "--", "true").json
    assert _seconds(run) == seconds
    assert run["state"] == ("scheduled" if seconds else "queued")


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2040-01-01", "2039-12-31T23:00:00.000000Z"),
        ("2040-07-01T10:00", "2040-07-01T08:00:00.000000Z"),
        ("2040-07-01 10:00:00.5", "2040-07-01T08:00:00.500000Z"),
        ("2040-01-01T10:00:00-05:00", "2040-01-01T15:00:00.000000Z"),
        ("2040-01-01T10:00Z", "2040-01-01T10:00:00.000000Z"),
    ],
)
def test_times_without_an_offset_are_local(
    cli: Cli, zone: Callable[[str], None], at: str, due: str
) -> None:
    zone("Europe/Berlin")
    run = cli("push", "--json", "--at", at, "--", "true").json
    assert (run["due_at"], run["state"]) == (due, "scheduled")


def test_a_time_in_the_past_runs_at_once(cli: Cli) -> None:
    assert cli("push", "--json", "--at", "2001-01-01", "--", "true").json["state"] == "queued"


REFUSED = {
    "--delay": [
        "-5", "-1s", "nan", "inf", "1e400", "5 m", "banana", "", "  ", "٣", "5٣m", BIG, "1w", "--",
        "36501d", "1_000", "∞",
    ],
    "--at": [
        "rubbish", "", "10:00", "2040-02-30", "0001-01-01", "0001-01-01T00:00+14:00", "1969-12-31",
        "9999-12-31T23:59:59-14:00", "2040-01-01T25:00",
    ],
    "--priority": [BIG, "1.5", "banana", "1000001", "-1000001", "٣", "1_0", ""],
    "--retries": ["-1", "1001", "1.5", "x", "", BIG],
    "--timeout": ["0", "-1", "nan", "x", "0.0000001", ""],
    "--backoff": [
        "", "rubbish", "linear:3", "fixed", "fixed:", "fixed:-1s", "fixed:1s:2", "fixed:banana",
        "list:", "list:1,,2", "list:nan", "list:-1", "exponential:10s:2:1h:9", "exponential::2:",
        "exponential:0:2:1h", "exponential:10s:0.5:1h", "exponential:10s:nan:1h", "exponential:nan",
        "exponential:10s:inf:1h", "exponential:10s:2s:1h", "exponential:banana:2:1h",
        "exponential:10s:banana:1h", "exponential:1e3",
    ],
    "--queue": ["", "   ", "a\nb", "a\tb", "a\x7f", "a\x85b", "a\u2028b", "x" * 256],
    "--key": ["", "a\nb", "x" * 256],
    "--env": ["", "A", "=1"],
    "--cwd": ["", "/dev/null"],
}  # fmt: skip


@pytest.mark.parametrize("option", REFUSED)
def test_refused(cli: Cli, option: str) -> None:
    for value in REFUSED[option]:
        result = cli("push", "--json", option, value, "--", "true")
        assert (result.code, result.out) == (2, b""), value
        message = re.fullmatch(
            r"jobdesk: (?P<field>\w+): .+ is not accepted; expected (?P<form>.+)\n", result.err
        )
        assert message, result.err
        assert message["field"] == option.removeprefix("--")
        assert "input should" not in message["form"]
    assert cli("runs", "--json").json == []


@pytest.mark.parametrize("name", ["x" * 255, "😀", "a b", "--", "-x"])
def test_names_that_are_fine(cli: Cli, name: str) -> None:
    assert cli("push", "--json", "--queue", name, "--key", name, "--", "true").json["queue"] == name
    assert [queue["name"] for queue in cli("queue", "list", "--json").json] == [name]


@pytest.mark.parametrize(
    ("spec", "attempts"),
    [
        ("exponential", 4), ("exponential:10s", 4), ("exponential:10s:2", 4), ("fixed:0", 4),
        ("exponential:10s:1.5:1h", 4), ("exponential:1h:2:10s", 4), ("list:1s,5m", 3),
    ],
)  # fmt: skip
def test_backoffs(cli: Cli, spec: str, attempts: int) -> None:
    run = cli("push", "--json", "--backoff", spec, "--no-jitter", "--", "true").json
    assert run["max_attempts"] == attempts
    named = cli("push", "--json", "--retries", "9", "--backoff", spec, "--", "true").json
    assert named["max_attempts"] == 10


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]  # fmt: skip


def test_methods(cli: Cli) -> None:
    for method in METHODS:
        run = cli(
            "push", "--json", "--http", method.lower(), URL, "-H", "X-A: 1", "--data", "ü"
        ).json
        assert run["action"] == {
            "type": "http", "method": method, "url": URL, "headers": {"X-A": "1"}, "body": "ü",
        }  # fmt: skip


OTHER_METHODS_ARE_REFUSED = ["FOO", "", "TRACE", "CONNECT", "GET "]  # fmt: skip


def test_other_methods_are_refused(cli: Cli) -> None:
    for method in OTHER_METHODS_ARE_REFUSED:
        result = cli("push", "--http", method, URL)
        assert result.code == 2
        assert f"method: '{method}' is not accepted; expected one of GET, HEAD," in result.err


URLS_THAT_ARE_REFUSED = [
        "", "x.com", "//x.com", "ftp://x/", "file:///etc/passwd", "javascript:1", "http:x", "http://",
        "http:///x", "http://:80/", "http://?x", "http://#x", "http://@", "http://a@", "http:\\\\x",
        "https://exa mple", "http://ex\nample/", "http://x/\x00", "http://x:99999", "http://x:abc",
        "http://x:0", "http://[::1", "http://[x]/", "http://" + "a" * 9000,
]  # fmt: skip


def test_urls_that_are_refused(cli: Cli) -> None:
    for url in URLS_THAT_ARE_REFUSED:
        result = cli("push", "--http", "GET", url)
        assert (result.code, result.out) == (2, b"")
        assert result.err.startswith("jobdesk: url: ")


HEADERS_THAT_ARE_REFUSED = [
        "", "X", ":x", "X Y: 1", "Ü: 1", "X: a\r\nY: b", "X: a\nb", "X: \x00", "X: a\x0bb", "X: 😀",
        "Transfer-Encoding: chunked", "transfer-encoding: gzip",
]  # fmt: skip


def test_headers_that_are_refused(cli: Cli) -> None:
    for header in HEADERS_THAT_ARE_REFUSED:
        result = cli("push", "--http", "POST", URL, "-H", header)
        assert (result.code, result.out) == (2, b"")
        assert result.err.startswith("jobdesk: header")


@pytest.mark.parametrize(
    "args",
    [
        ["--shell", "a", "--", "b"],
        ["--shell", "a", "--http", "GET", URL],
        ["--http", "GET", URL, "--", "b"],
        ["--http", "GET", URL, "--cwd", "/"],
        ["--http", "GET", URL, "--cwd", ""],
        ["--http", "GET", URL, "--env", "A=1"],
        ["--shell", "a", "-H", "A: b"],
        ["--shell", "a", "--data", ""],
        ["--shell", ""],
        ["--at", "2040-01-01", "--delay", "5", "--", "true"],
    ],
)
def test_what_does_not_go_together(cli: Cli, args: list[str]) -> None:
    result = cli("push", *args)
    assert (result.code, result.out) == (2, b"")
    assert "is not accepted; expected" in result.err
    assert "('" not in result.err, "a value is shown as it was given, not as Python writes it"
    assert cli("runs", "--json").json == []


def test_an_environment_up_to_what_a_process_can_be_given(cli: Cli) -> None:
    fine, large = "A=" + "x" * 100_000, "A=" + "x" * 131_072
    assert cli("push", "--json", "--env", fine, "--", "true").code == 0
    refused = cli("push", "--env", large, "--", "true")
    assert refused.code == 2
    assert "env A: 'xxx" in refused.err
    assert "at most 131,071 bytes" in refused.err
    many = [word for n in range(20) for word in ("--env", f"A{n}=" + "x" * 100_000)]
    assert "1,048,576 bytes together" in cli("push", *many, "--", "true").err


def test_the_same_key_again_is_the_same_run(cli: Cli) -> None:
    first = cli("push", "--json", "--key", "nightly", "--", "true").json
    second = cli("push", "--json", "--key", "nightly", "--queue", "other", "--", "false").json
    assert second == first
    assert len(cli("runs", "--json").json) == 1


def test_waiting_needs_an_engine_but_the_run_is_kept(cli: Cli) -> None:
    result = cli("push", "--wait", "--", "true")
    assert (result.code, result.text) == (4, "1\n")
    assert "no engine is running" in result.err
    assert "run 1" in result.err
    assert cli("push", "--wait", "--json", "--", "true").json["id"] == 2
    assert [run["state"] for run in cli("runs", "--json").json] == ["queued", "queued"]


# -- what each state allows -----------------------------------------------------------

ALLOWED = {
    "cancel": {RunState.SCHEDULED, RunState.QUEUED, RunState.RETRYING, RunState.RUNNING},
    "retry": {RunState.RETRYING},
    "discard": {RunState.DEAD},
    "replay": FINISHED - {RunState.SKIPPED},
}


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.SKIPPED])
@pytest.mark.parametrize("verb", ALLOWED)
def test_a_verb_is_refused_by_the_name_of_the_state(
    cli: Cli, staged: Stage, verb: str, state: RunState
) -> None:
    run = str(staged.run_in(state))
    before = cli("show", run, "--json").json
    result = cli(verb, run)
    if state in ALLOWED[verb]:
        assert result.code == 0
    else:
        assert (result.code, result.out) == (2, b"")
        assert f"run {run} is {state}" in result.err
        assert cli("show", run, "--json").json == before


@pytest.mark.parametrize("verb", ["cancel", "replay", "discard", "retry"])
def test_several_runs_are_all_or_none(cli: Cli, staged: Stage, verb: str) -> None:
    fits = {
        "cancel": RunState.SCHEDULED,
        "retry": RunState.RETRYING,
        "discard": RunState.DEAD,
        "replay": RunState.DEAD,
    }[verb]
    good = str(staged.run_in(fits))
    bad = str(staged.run_in(RunState.SUCCEEDED if verb != "replay" else RunState.RUNNING))
    before = cli("runs", "--json").json
    assert cli(verb, good, bad).code == 2
    assert cli(verb, good, "99").code == 3
    assert cli(verb, good, "banana").code == 3
    assert cli("runs", "--json").json == before
    assert cli(verb, good, good, "--json").code == 0


def test_verbs_answer_with_the_runs_as_they_are_now(cli: Cli, staged: Stage) -> None:
    ids = [str(staged.run_in(RunState.SCHEDULED)) for _ in range(2)]
    answer = cli("cancel", "--json", *ids).json
    assert [(str(run["id"]), run["state"]) for run in answer] == [(i, "cancelled") for i in ids]


def test_replay_twice(cli: Cli, staged: Stage) -> None:
    dead = staged.run_in(RunState.DEAD)
    first = cli("replay", str(dead))
    assert (first.code, first.text) == (0, f"{dead + 1}\n")
    new = cli("show", str(dead + 1), "--json").json
    assert (new["origin"], new["replay_of"], new["state"]) == ("replay", dead, "queued")
    assert cli("show", str(dead), "--json").json["replayed_by"] == dead + 1
    again = cli("replay", str(dead))
    assert (again.code, again.out) == (0, b"")
    assert f"run {dead} was replayed before, as run {dead + 1}" in again.err
    assert cli("replay", "--dead").out == b""


def test_replay_all_the_dead_of_a_queue(cli: Cli, staged: Stage) -> None:
    from jobdesk.domain.retry import RetryPolicy
    from tests.support.states import ACTION

    once = RetryPolicy(retries=0)
    for queue in ("a", "b", "a"):
        staged.desk.push(ACTION, queue=queue, retry=once)
    dead = [staged.conclude_next() for _ in range(3)]
    assert cli("replay", "--dead", "--queue", "a").text.split() == ["4", "5"]
    assert [run["replay_of"] for run in cli("replay", "--dead", "--json").json] == [dead[1]]


def test_runs_are_listed_newest_first_and_filtered(cli: Cli, staged: Stage) -> None:
    dead = staged.run_in(RunState.DEAD)
    cli("job", "add", "backup", "--queue", "nightly", "--", "true")
    cli("job", "run", "backup")
    scheduled = staged.run_in(RunState.SCHEDULED)

    def ids(*args: str) -> list[int]:
        return [run["id"] for run in cli("runs", "--json", *args).json]

    assert ids() == [scheduled, dead + 1, dead]
    assert ids("--limit", "2") == [scheduled, dead + 1]
    assert ids("--state", "dead") == [dead]
    assert ids("--state", "dead", "--state", "scheduled") == [scheduled, dead]
    assert ids("--job", "backup") == ids("--queue", "nightly") == [dead + 1]
    assert ids("--job", "backup", "--state", "dead") == []
    text = cli("runs").text.splitlines()
    assert text[0].split()[:3] == ["ID", "STATE", "NAME"]
    assert [line.split()[0] for line in text[1:]] == [str(i) for i in ids()]


# -- logs -----------------------------------------------------------------------------


def test_the_log_of_a_run_without_attempts_is_empty(cli: Cli) -> None:
    cli("push", "--", "true")
    assert (cli("log", "1").code, cli("log", "1").out) == (0, b"")
    assert cli("log", "1", "--json").json == {"run": 1, "attempt": 0, "chunks": []}


@pytest.mark.parametrize(
    ("code", "args"),
    [
        (3, ["--attempt", "9"]),
        (2, ["--attempt", "0"]),
        (2, ["--attempt", "-1"]),
        (2, ["--attempt", "x"]),
        (2, ["--stream", "bogus"]),
        (2, ["--follow", "--json"]),
        (4, ["--follow"]),
    ],
)
def test_logs_that_there_are_not(cli: Cli, code: int, args: list[str]) -> None:
    cli("push", "--", "true")
    result = cli("log", "1", *args)
    assert (result.code, result.out) == (code, b"")
    assert result.err.startswith("jobdesk: ")


def test_following_a_finished_run_ends(cli: Cli, staged: Stage) -> None:
    dead = staged.run_in(RunState.DEAD)
    assert cli("log", str(dead), "--follow").code == 0


def test_show_says_it_in_words(cli: Cli, staged: Stage) -> None:
    dead = staged.run_in(RunState.DEAD)
    text = cli("show", str(dead)).text
    assert text.startswith(f"run {dead}: true\ndead: ")
    assert "exit_code: " in text
    assert "(exit code 7)" in text
    assert datetime.now(UTC).strftime("%Y-") in text
