from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Cli

SHORT: list[tuple[str, dict[str, Any]]] = [
    ("status_code_equals=200", {"value": 200}),
    ("status_code_in=200,404", {"value": [200, 404]}),
    ("status_code_between=200-299", {"value": [200, 299]}),
    ("header_equals:X-Ready=yes=no", {"name": "X-Ready", "value": "yes=no"}),
    ("body_contains=a = b", {"value": "a = b"}),
    ("json_path_exists:$.id", {"path": "$.id"}),
    ("json_path_equals:status=ok", {"path": "$.status", "value": "ok"}),
    ("json_path_compares:$.count>=3", {"path": "$.count", "operator": ">=", "value": 3.0}),
    ('{"type": "response_time_under_ms", "value": "5000"}', {"value": 5000}),
]


@pytest.mark.parametrize(("text", "fields"), SHORT)
def test_said_briefly(cli: Cli, text: str, fields: dict[str, Any]) -> None:
    job = cli(
        "job", "add", "a", "--json", "--assert", text, "--http", "GET", "http://127.0.0.1/"
    ).json
    (made,) = job["assertions"]
    assert {name: value for name, value in made.items() if name != "type"} == fields
    assert job["sources"]["assertions"] == "job"


@pytest.mark.parametrize(
    "text",
    ["", "status", "status_code_equals", "status_code_equals=x", "{", "[1]", "exit_code_in=0"],
)
def test_what_is_refused(cli: Cli, text: str) -> None:
    result = cli("push", "--assert", text, "--http", "GET", "http://127.0.0.1/")
    assert (result.code, result.out) == (2, b"")
    assert "assert" in result.err
    assert cli("runs", "--json").json == []


def test_those_of_a_queue(cli: Cli) -> None:
    both = ("--assert", "exit_code_in=0,3", "--assert", "status_code_in=200,404")
    cli("queue", "set", "mail", *both)
    job = cli("job", "add", "a", "--queue", "mail", "--json", "--", "true").json
    assert [one["type"] for one in job["assertions"]] == ["exit_code_in"]
    assert job["sources"]["assertions"] == "queue"
    cli("queue", "set", "mail", "--assert", "inherit")
    assert cli("job", "show", "a", "--json").json["assertions"] == []
