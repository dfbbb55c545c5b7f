"""Rows of assertions: what they make, what is wrong with them, what they are tried on."""

from __future__ import annotations

from typing import Any

import pytest

from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.assertions import HTTP_KINDS, SCRIPT_KINDS, parse_assertions
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import RetryPolicy
from jobdesk.gui.models.assertion_trial import try_rows
from jobdesk.gui.models.assertions_draft import (
    KINDS,
    AssertionRow,
    AssertionsDraft,
    inherited_words,
    kinds_for,
)
from tests.gui.run_builder import RunBuilder

SAMPLES: list[dict[str, Any]] = [
    {"type": "status_code_equals", "value": 204},
    {"type": "status_code_in", "value": [200, 201]},
    {"type": "status_code_between", "value": [200, 299]},
    {"type": "header_equals", "name": "X-Ready", "value": "yes"},
    {"type": "header_matches", "name": "Content-Type", "value": "json$"},
    {"type": "body_contains", "value": " with spaces "},
    {"type": "body_not_contains", "value": "error"},
    {"type": "body_matches", "value": "^[0-9]+$"},
    {"type": "json_path_equals", "path": "$.status", "value": "3"},
    {"type": "json_path_equals", "path": "$.status", "value": 3},
    {"type": "json_path_equals", "path": "$.status", "value": None},
    {"type": "json_path_equals", "path": "$.status", "value": {"a": [1, True]}},
    {"type": "json_path_exists", "path": "$.id"},
    {"type": "json_path_compares", "path": "$.count", "operator": "<", "value": 0.1},
    {"type": "response_time_under_ms", "value": 5000},
    {"type": "exit_code_in", "value": [0, 3]},
    {"type": "output_contains", "value": "done", "stream": "stderr"},
    {"type": "output_not_contains", "value": "Traceback"},
    {"type": "output_matches", "value": "[0-9]+ files", "stream": "stdout"},
    {"type": "duration_under_ms", "value": 60000},
]
ONCE = RetryPolicy(retries=0)


def test_every_kind_has_its_words() -> None:
    assert set(KINDS) == {*HTTP_KINDS, *SCRIPT_KINDS}
    assert kinds_for("script") == [one for one in KINDS if one in SCRIPT_KINDS]
    assert kinds_for(None) == list(KINDS)


def test_what_is_only_looked_at_stays_as_it_is() -> None:
    given = parse_assertions(SAMPLES)
    made = AssertionsDraft.of(given).assertions(None)
    assert [one.to_json() for one in made or ()] == [one.to_json() for one in given]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_row_that_is_typed_means_the_same(sample: dict[str, Any]) -> None:
    (given,) = parse_assertions([sample])
    opened = AssertionRow.of(given)
    typed = AssertionRow(opened.type, opened.about, opened.operator, opened.value)
    made = typed.assertion()
    if sample["type"] == "json_path_equals" and sample["value"] in (3, None):
        # A text equals what is written like it.
        assert made.value == opened.value  # type: ignore[union-attr]
    else:
        assert made == given


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (AssertionRow("status_code_in", value="200, x"), "Expected whole numbers from 100"),
        (AssertionRow("status_code_between", value=""), "Enter a range such as 200-299"),
        (AssertionRow("header_equals", value="yes"), "Header: enter a text"),
        (AssertionRow("header_matches", "X", value="("), "Expected a regular expression"),
        (AssertionRow("json_path_exists", "$.["), "JSON path: expected a JSON path"),
        (AssertionRow("response_time_under_ms", value="fast"), "Expected a whole number"),
    ],
)
def test_what_is_wrong_is_said_beside_the_row(row: AssertionRow, said: str) -> None:
    good = AssertionRow("body_contains", value="ok")
    draft = AssertionsDraft(True, (good, row))
    (problem,) = draft.problems("http").items()
    assert problem[0] == "assertions.1"
    assert problem[1].startswith(said)
    assert AssertionsDraft(False, (row,)).problems("http") == {}


def test_nothing_said_differs_from_nothing_asked() -> None:
    assert AssertionsDraft.of(None).assertions("http") is None
    assert AssertionsDraft.of(()).assertions("http") == ()
    both = parse_assertions(SAMPLES)
    assert AssertionsDraft.of(both).assertions("script") == both[-5:]


def test_what_is_inherited_in_words() -> None:
    both = parse_assertions([SAMPLES[1], SAMPLES[15]])
    assert inherited_words("http", both, "from queue web") == ("status 200 or 201 (from queue web)")
    assert inherited_words("script", (), "default") == "exit code 0 (default)"


# -- trying ------------------------------------------------------------------------------


def job_run(desk: Desk, action: ScriptAction | HttpAction) -> RunBuilder:
    """A run of the job "it", begun."""
    builder = RunBuilder.__new__(RunBuilder)
    desk.add_job("it", action, retry=ONCE)
    run = desk.run_job("it")
    builder._desk, builder.run, builder.id, builder._claim, builder._seq = (
        desk,
        run,
        run.id,
        None,
        0,
    )
    builder.start()
    return builder


def test_rows_are_tried_on_the_last_response(desk: Desk) -> None:
    run = job_run(desk, HttpAction("GET", "http://localhost/x"))
    run.write((Stream.SYSTEM, b"GET /x\n"), (Stream.STDOUT, b'{"status": "late"}'))
    response = {
        "status": 503,
        "headers": {"Content-Type": "application/json"},
        "timing": {"first_byte_ms": 5, "total_ms": 40},
        "encoding": "utf-8",
    }
    failed = Verdict(
        Outcome.FAILED, Reason.HTTP_SERVER_ERROR, "HTTP 503", http_status=503, response=response
    )
    run.conclude(failed)
    rows = [
        AssertionRow("status_code_in", value="200, 503"),
        AssertionRow("json_path_equals", "$.status", value="ok"),
        AssertionRow("response_time_under_ms", value="41"),
        AssertionRow("body_contains", value=""),
    ]
    trial = try_rows(desk, "it", "http", rows)
    assert trial.told == f"Tried on the response of run {run.id}."
    shown = [one and (one.passed, one.found) for one in trial.findings]
    assert shown == [(True, "503"), (False, "'\"late\"'"), (True, "40 ms"), None]
    assert "something else" in try_rows(desk, "it", "script", rows).told


def test_rows_are_tried_on_the_last_output(desk: Desk) -> None:
    run = job_run(desk, ScriptAction(["/bin/echo"]))
    nothing = try_rows(desk, "it", "script", [])
    assert nothing.told.startswith("It hasn't ended by itself yet"), "it still runs"
    run.write((Stream.STDOUT, b"3 files\n"), (Stream.STDERR, b"warning\n"))
    run.conclude(Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 3", exit_code=3))
    rows = [
        AssertionRow("exit_code_in", value="0, 3"),
        AssertionRow("output_contains", "stderr", value="files"),
        AssertionRow("output_matches", value="[0-9] files"),
    ]
    trial = try_rows(desk, "it", "script", rows)
    assert [one and one.passed for one in trial.findings] == [True, False, True]
