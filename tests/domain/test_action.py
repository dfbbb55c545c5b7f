from __future__ import annotations

from typing import Any

import pytest

from jobdesk.domain.action import ACTION, MAX_ARGUMENT, HttpAction, ScriptAction
from jobdesk.domain.errors import InvalidInput


@pytest.mark.parametrize(
    "action",
    [
        ScriptAction(["backup.sh", "--all"], cwd="/tmp", env={"A": "1"}),
        ScriptAction(shell="echo hi"),
        HttpAction("post", "http://localhost:8000/x", headers={"X-A": "b"}, body="{}"),
    ],
)
def test_written_down_and_read_back(action: ScriptAction | HttpAction) -> None:
    assert ACTION.validate_json(action.model_dump_json()) == action
    assert set(action.to_json()) == set(type(action).model_fields), "null, but never missing"


def test_a_method_is_written_in_capitals() -> None:
    assert HttpAction("delete", "http://x/").method == "DELETE"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "command"),
        ({"command": [], "shell": None}, "command"),
        ({"command": ["  "]}, "command"),
        ({"command": ["a"], "shell": "b"}, "command"),
        ({"command": "ls -l"}, "command"),
        ({"command": ["a\x00b"]}, "command"),
        ({"shell": "  "}, "shell"),
        ({"shell": "x" * (MAX_ARGUMENT + 1)}, "shell"),
        ({"command": ["a"], "env": {"": "x"}}, "env"),
        ({"command": ["a"], "env": {"A=B": "x"}}, "env"),
        ({"command": ["a"], "env": {"A": "x" * 10_000_000}}, "env A"),
        ({"command": ["a", *["x" * 100_000] * 11]}, "command"),
        ({"command": ["a"], "cwd": " "}, "cwd"),
        ({"command": ["a"], "colour": "red"}, "colour"),
    ],
)
def test_scripts_that_make_no_sense(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ScriptAction(**fields)
    assert refused.value.problems[0].field == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "example.com"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http:///path"}, "url"),
        ({"url": "http://exa mple/"}, "url"),
        ({"url": "http://example.com:99999/"}, "url"),
        ({"url": "http://x/" + "y" * 9000}, "url"),
        ({"url": "http://x/", "method": "BREW"}, "method"),
        ({"url": "http://x/", "headers": {"Bad Name": "x"}}, "header"),
        ({"url": "http://x/", "headers": {"X": "a\r\nY: b"}}, "header X"),
        ({"url": "http://x/", "headers": {"X": "☃"}}, "header X"),
    ],
)
def test_calls_that_make_no_sense(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        HttpAction(**fields)
    assert refused.value.problems[0].field == field


def test_every_bad_field_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        HttpAction("BREW", "ftp://x/", headers={"a b": "c"})
    assert [problem.field for problem in refused.value.problems] == ["method", "url", "header"]


def test_summaries() -> None:
    assert ScriptAction(["a", "b c"]).summary == "a 'b c'"
    assert ScriptAction(shell="a | b").summary == "a | b"
    assert HttpAction("GET", "http://x/").summary == "GET http://x/"
