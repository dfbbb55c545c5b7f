from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.assertions import (
    HTTP_KINDS,
    SCRIPT_KINDS,
    ResponseFacts,
    ScriptFacts,
    parse_assertions,
)
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import JobSpec

ANSWER = ResponseFacts(
    200,
    {"Content-Type": "application/json", "X-Count": "3"},
    json.dumps(
        {"status": "ok", "count": 3, "items": [{"id": 1}, {"id": 2}], "on": True, "none": None}
    ).encode(),
    "utf-8",
    elapsed_ms=40,
)
END = ScriptFacts(3, b"12 files\ndone\n", b"warning: slow\n", duration_ms=1500)


def one(**fields: Any) -> Any:
    (made,) = parse_assertions([fields])
    return made


HOLDS: list[tuple[dict[str, Any], bool]] = [
    ({"type": "status_code_equals", "value": "200"}, True),
    ({"type": "status_code_equals", "value": 201}, False),
    ({"type": "status_code_in", "value": "200, 404"}, True),
    ({"type": "status_code_in", "value": [201, 204]}, False),
    ({"type": "status_code_between", "value": "200-299"}, True),
    ({"type": "status_code_between", "value": [300, 399]}, False),
    ({"type": "header_equals", "name": "content-type", "value": "application/json"}, True),
    ({"type": "header_equals", "name": "X-Count", "value": 3}, True),
    ({"type": "header_equals", "name": "X-None", "value": "a"}, False),
    ({"type": "header_matches", "name": "Content-Type", "value": "^application/.*json$"}, True),
    ({"type": "header_matches", "name": "X-None", "value": ".*"}, False),
    ({"type": "body_contains", "value": '"ok"'}, True),
    ({"type": "body_contains", "value": "nope"}, False),
    ({"type": "body_not_contains", "value": "error"}, True),
    ({"type": "body_not_contains", "value": "status"}, False),
    ({"type": "body_matches", "value": r'"count": \d'}, True),
    ({"type": "body_matches", "value": "^ok"}, False),
    ({"type": "json_path_equals", "path": "$.status", "value": "ok"}, True),
    ({"type": "json_path_equals", "path": "status", "value": "bad"}, False),
    ({"type": "json_path_equals", "path": "$.count", "value": 3}, True),
    ({"type": "json_path_equals", "path": "$.count", "value": "3"}, True),
    ({"type": "json_path_equals", "path": "$.count", "value": True}, False),
    ({"type": "json_path_equals", "path": "$.on", "value": True}, True),
    ({"type": "json_path_equals", "path": "$.on", "value": 1}, False),
    ({"type": "json_path_equals", "path": "$.none", "value": None}, True),
    ({"type": "json_path_equals", "path": "$.items[*].id", "value": 2}, True),
    ({"type": "json_path_exists", "path": "items[1].id"}, True),
    ({"type": "json_path_exists", "path": "$.none"}, True),
    ({"type": "json_path_exists", "path": "$.items[5]"}, False),
    ({"type": "json_path_compares", "path": "$.count", "operator": ">=", "value": "3"}, True),
    ({"type": "json_path_compares", "path": "$.count", "operator": "<", "value": 3}, False),
    ({"type": "json_path_compares", "path": "$.status", "operator": ">", "value": 0}, False),
    ({"type": "response_time_under_ms", "value": "5000"}, True),
    ({"type": "response_time_under_ms", "value": 40}, False),
    ({"type": "exit_code_in", "value": "0, 3"}, True),
    ({"type": "exit_code_in", "value": 0}, False),
    ({"type": "output_contains", "value": "done"}, True),
    ({"type": "output_contains", "value": "done", "stream": "stderr"}, False),
    ({"type": "output_contains", "value": "slow"}, True),
    ({"type": "output_not_contains", "value": "Traceback"}, True),
    ({"type": "output_not_contains", "value": "warning", "stream": "stdout"}, True),
    ({"type": "output_not_contains", "value": "warning"}, False),
    ({"type": "output_matches", "value": r"^\d+ files"}, True),
    ({"type": "output_matches", "value": "^done"}, False),
    ({"type": "duration_under_ms", "value": 2000}, True),
    ({"type": "duration_under_ms", "value": 1500}, False),
]


@pytest.mark.parametrize(("fields", "passed"), HOLDS, ids=lambda x: str(x)[:60])
def test_holds_or_not(fields: dict[str, Any], passed: bool) -> None:
    made = one(**fields)
    finding = made.check(ANSWER if made.kind == "http" else END)
    assert finding.passed is passed, finding
    assert finding.expected == made.words
    assert one(**made.to_json()) == made, "it is read as it was written"


def test_every_kind_is_tried_both_ways() -> None:
    for kind in (*HTTP_KINDS, *SCRIPT_KINDS):
        assert {passed for fields, passed in HOLDS if fields["type"] == kind} == {True, False}


def test_a_failure_names_what_was_expected_and_what_was_found() -> None:
    said = str(one(type="json_path_equals", path="$.status", value="good").check(ANSWER))
    assert said == """expected $.status equal to "good"; found '"ok"'"""
    said = str(one(type="body_contains", value="x").check(ResponseFacts(200, {}, b"y" * 500)))
    assert said.startswith("expected a body with 'x'; found 'yyy")
    assert said.endswith("… (500 characters)")
    assert "found no such header" in str(
        one(type="header_equals", name="A", value="b").check(ANSWER)
    )
    cut = ResponseFacts(200, {}, b"{", truncated=True)
    assert "not JSON (only 1 bytes were kept)" in str(
        one(type="json_path_exists", path="$.a").check(cut)
    )
    assert str(one(type="body_not_contains", value="x").check(cut)) == (
        "passed: a body without 'x' (only 1 bytes were kept)"
    )


BAD: list[tuple[dict[str, Any], str]] = [
    ({"type": "status_is", "value": 1}, "assertions.0.type: 'status_is'.*one of status_code_eq"),
    ({"value": 200}, "assertions.0.type: 'None'"),
    ({"type": "status_code_equals"}, "assertions.0.value"),
    ({"type": "status_code_equals", "value": "99"}, "assertions.0.value: 99 .*100 to 599"),
    ({"type": "status_code_equals", "value": 200, "valeu": 1}, "assertions.0.valeu"),
    ({"type": "status_code_in", "value": []}, "assertions.0.value"),
    ({"type": "status_code_between", "value": "300-200"}, "a range such as 200-299"),
    ({"type": "header_equals", "name": "", "value": "x"}, "assertions.0.name"),
    ({"type": "body_matches", "value": "("}, r"a regular expression \("),
    ({"type": "body_contains", "value": ""}, "a text that is not empty"),
    ({"type": "body_contains", "value": "\ud800"}, "assertions.0.value"),
    ({"type": "json_path_exists", "path": "$.a["}, r"a JSON path such as \$.status"),
    ({"type": "json_path_exists", "path": "$[?@.a =~ /(a+)+$/]"}, "without regular expressions"),
    ({"type": "json_path_exists", "path": "$[?search(@.a, '(a+)+$')]"}, "assertions.0.path"),
    ({"type": "json_path_compares", "path": "$.a", "operator": "~", "value": 1}, "one of < <="),
    ({"type": "json_path_compares", "path": "$.a", "operator": "<", "value": "nan"}, "a number"),
    ({"type": "response_time_under_ms", "value": "soon"}, "assertions.0.value"),
    ({"type": "output_contains", "value": "a", "stream": "both"}, "stdout or stderr"),
    ({"type": "exit_code_in", "value": "-1"}, "whole numbers from 0"),
]


@pytest.mark.parametrize(("fields", "message"), BAD, ids=lambda x: str(x)[:50])
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_assertions([fields])


@pytest.mark.parametrize("found", [{}, "status", 5, [{"type": "body_contains"}] * 51, [5]])
def test_lists_that_are_none(found: Any) -> None:
    with pytest.raises(InvalidInput, match="assertions"):
        parse_assertions(found)


def test_every_bad_one_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_assertions(
            [
                {"type": "status_code_equals", "value": "x"},
                {"type": "body_contains", "value": "fine"},
                {"type": "header_equals", "name": 5, "value": ""},
            ]
        )
    assert [problem.field for problem in refused.value.problems] == [
        "assertions.0.value",
        "assertions.2.value",
    ]


def test_they_fit_the_action() -> None:
    http = parse_assertions([{"type": "status_code_equals", "value": 200}])
    script = parse_assertions([{"type": "exit_code_in", "value": 0}])
    call = HttpAction("GET", "http://127.0.0.1/")
    assert JobSpec(name="a", action=call, assertions=http).assertions == http
    with pytest.raises(InvalidInput, match=r"assertions.0.type: 'exit_code_in'.*status_code"):
        JobSpec(name="a", action=call, assertions=script)
    with pytest.raises(InvalidInput, match=r"assertions.0.type: 'status_code_equals'"):
        JobSpec(name="a", action=ScriptAction(["true"]), assertions=http)


def test_a_pattern_that_never_ends_is_given_up() -> None:
    hungry = one(type="body_matches", value="(a+)+$")
    began = time.monotonic()
    finding = hungry.check(ResponseFacts(200, {}, b"a" * 5_000 + b"b"))
    assert not finding.passed
    assert finding.found == "no end to the search within 1 s"
    assert time.monotonic() - began < 10


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "latin-1", "no such", "zip", "\0"]))
def test_whatever_a_body_is(body: bytes, encoding: str | None) -> None:
    facts = ResponseFacts(200, {}, body, encoding)
    for fields, _ in HOLDS:
        if fields["type"] in HTTP_KINDS:
            str(one(**fields).check(facts)).encode()
