"""The calls of a client that was written for Recuro."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobdesk.domain.action import HttpAction
from jobdesk.domain.run import RunState
from jobdesk.domain.secret import resolve
from jobdesk.domain.shell import Shell
from jobdesk.domain.trigger import Cron
from tests.api.conftest import Api

JOB: dict[str, Any] = {
    "queue": "emails",
    "url": "https://api.yourapp.example/send",
    "method": "POST",
    "headers": {"X-Custom-Header": "value", "X-Number": 5},
    "payload": {"subject": "Grüße", "lines": [1, None, True]},
    "callback_url": "https://api.yourapp.example/done",
}
CRON: dict[str, Any] = {
    "name": "API Health Check",
    "url": "https://api.yourapp.example/health",
    "method": "GET",
    "cron_expression": "*/5 * * * *",
    "timeout_seconds": 45,
    "alert_threshold": 3,
    "success_assertions": [
        {"type": "status_code_equals", "value": "200"},
        {"type": "response_time_under_ms", "value": "5000"},
    ],
}


def test_a_job_at_once(api: Api) -> None:
    answer = api.post("/api/jobs", JOB)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert list(said) == ["success", "queue_id", "job_id", "scheduled_at", "message"]
    assert (said["success"], type(said["queue_id"]), said["message"]) == (
        True,
        int,
        "Scheduled successfully",
    )
    run = api.desk.run(said["job_id"])
    assert (run.state, run.queue) == (RunState.QUEUED, "emails")
    assert run.policy.callback_url == JOB["callback_url"]
    action = run.action
    assert isinstance(action, HttpAction)
    assert (action.method, action.url) == ("POST", JOB["url"])
    assert action.headers == {"X-Custom-Header": "value", "X-Number": "5"}
    assert json.loads(action.body or "") == JOB["payload"]
    assert api.post("/api/jobs", JOB).json()["queue_id"] == said["queue_id"]


def test_a_job_later(api: Api) -> None:
    before = datetime.now(UTC)
    said = api.post("/api/jobs", {**JOB, "delay": 300}).json()
    when = datetime.fromisoformat(said["scheduled_at"])
    assert timedelta(seconds=298) < when - before < timedelta(seconds=320)
    assert said["scheduled_at"].endswith("+00:00")
    assert "." not in said["scheduled_at"]
    assert api.desk.run(said["job_id"]).state is RunState.SCHEDULED


def test_words_of_others_name_no_secret(api: Api) -> None:
    payload = {"comment": "my ${secret:BANK}"}
    said = api.post("/api/jobs", {**JOB, "payload": payload}).json()
    action = api.desk.run(said["job_id"]).action
    assert isinstance(action, HttpAction)
    assert api.desk.secrets.missing(action) == []
    sent = resolve(action, {}, Shell.POSIX).body
    assert json.loads(sent or "") == payload


def test_what_is_left_out(api: Api) -> None:
    said = api.post("/api/jobs", {"queue": "a", "url": JOB["url"]}).json()
    action = api.desk.run(said["job_id"]).action
    assert isinstance(action, HttpAction)
    assert (action.method, action.headers, action.body) == ("POST", {}, None)
    empty = {"queue": "a", "url": JOB["url"], "headers": [], "payload": [], "callback_url": None}
    assert api.post("/api/jobs", empty).status_code == 201


def test_a_body_that_is_not_called_json(api: Api) -> None:
    answer = api.call("POST", "/api/jobs", data=json.dumps(JOB))
    assert answer.status_code == 201


BAD: list[tuple[str, Any]] = [
    ("queue", ""), ("queue", None), ("queue", 5), ("queue", "x" * 256), ("queue", "a\nb"),
    ("queue", "\ud800"), ("url", ""), ("url", "nope"), ("url", "ftp://a/b"), ("url", "http://"),
    ("url", "https://a.example/" + "x" * 2048), ("url", ["http://a"]), ("method", "FETCH"),
    ("method", "HEAD"), ("method", "OPTIONS"), ("method", 5), ("headers", "a: b"),
    ("headers", ["a"]), ("callback_url", "nope"), ("callback_url", 5), ("delay", -1),
    ("delay", 86_401), ("delay", 1.5), ("delay", "soon"), ("delay", True), ("delay", []),
    ("key", ""), ("key", "x" * 256),
]  # fmt: skip


def test_a_bad_field_is_named(api: Api) -> None:
    for field, value in BAD:
        answer = api.call("POST", "/api/jobs", data=json.dumps({**JOB, field: value}))
        assert answer.status_code == 422, (field, value)
        said = answer.json()
        assert list(said) == ["message", "errors"]
        assert list(said["errors"]) == [field], (field, value)
        assert said["message"] == said["errors"][field][0]
    assert api.desk.count_runs(_all()) == 0


def test_every_bad_field_is_named(api: Api) -> None:
    answer = api.post(
        "/api/jobs", {"url": "x", "method": "y", "delay": -1, "headers": {"a b": "c"}}
    )
    errors = answer.json()["errors"]
    assert {name.partition(".")[0] for name in errors} == {
        "queue",
        "url",
        "method",
        "delay",
        "headers",
    }
    assert "required" in errors["queue"][0]


def test_bodies_that_are_no_objects(api: Api) -> None:
    for body in ("", "{", "[]", "5", "null", '"a"', "[" * 100_000, '{"queue": NaN}', "\xff"):
        for kind in ("application/json", "text/plain"):
            answer = api.call(
                "POST", "/api/jobs", data=body.encode("latin-1"), headers={"Content-Type": kind}
            )
            assert answer.status_code == 422, answer.text
            assert answer.json()["errors"]


def test_payloads_that_are_no_json(api: Api) -> None:
    for payload in ("NaN", '"\\ud800"', "1e999"):
        body = f'{{"queue": "a", "url": "http://127.0.0.1:9/", "payload": [{payload}]}}'
        answer = api.call("POST", "/api/jobs", data=body)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["payload"])


def test_a_cron(api: Api) -> None:
    answer = api.post("/api/crons", CRON)
    assert answer.status_code == 201
    said = answer.json()
    job = api.desk.job("API Health Check")
    assert list(said) == ["id", "name", "cron_expression", "next_run_at", "is_active"]
    assert (said["id"], said["is_active"]) == (job.id, True)
    assert datetime.fromisoformat(said["next_run_at"]) == job.next_due_at
    assert said["next_run_at"].endswith(":00+00:00")
    spec = job.spec
    assert spec.trigger == Cron("*/5 * * * *", tz="UTC")
    assert (spec.timeout, [one.type for one in spec.assertions or ()]) == (
        45,
        ["status_code_equals", "response_time_under_ms"],
    )
    assert spec.alerts is not None
    assert spec.alerts.threshold == 3


def test_a_cron_that_rests(api: Api) -> None:
    said = api.post("/api/crons", {**CRON, "is_active": False, "payload": "a=b&c"}).json()
    assert (said["next_run_at"], said["is_active"]) == (None, False)
    action = api.desk.job(said["name"]).spec.action
    assert isinstance(action, HttpAction)
    assert action.body == "a=b&c"


BAD_CRONS: list[tuple[str, Any]] = [
    ("name", ""), ("name", "x" * 256), ("name", None), ("url", "nope"),
    ("cron_expression", "* * * *"), ("cron_expression", "* * * * * *"),
    ("cron_expression", "@daily"), ("cron_expression", "61 * * * *"),
    ("cron_expression", "0 0 30 2 *"), ("cron_expression", 5), ("method", "TRACE"),
    ("payload", {"a": 1}), ("timeout_seconds", 0), ("timeout_seconds", 301),
    ("alert_threshold", 0), ("alert_threshold", 4), ("is_active", "maybe"),
    ("success_assertions", "200"), ("success_assertions", [{"type": "nope"}]),
    ("success_assertions", [{"type": "status_code_equals", "value": "x"}]),
    ("success_assertions", [{"type": "exit_code_in", "value": "0"}]),
]  # fmt: skip


def test_a_bad_field_of_a_cron_is_named(api: Api) -> None:
    for field, value in BAD_CRONS:
        answer = api.post("/api/crons", {**CRON, field: value})
        assert answer.status_code == 422, (field, value)
        (named,) = answer.json()["errors"]
        assert named.partition(".")[0] == field
    assert api.desk.jobs() == []


def test_two_crons_of_one_name(api: Api) -> None:
    assert api.post("/api/crons", CRON).status_code == 201
    answer = api.post("/api/crons", CRON)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["name"])


@pytest.mark.parametrize("payload", [[], {}, "text", 0, False, [{"a": "\x00ß"}], {"n": 10**30}])
def test_any_json_is_a_payload(api: Api, payload: Any) -> None:
    said = api.post("/api/jobs", JOB | {"payload": payload}).json()
    action = api.desk.run(said["job_id"]).action
    assert action.type == "http"
    assert json.loads(action.body or "") == payload


def test_curl_goes_through(api: Api) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")
    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        command = [
            curl, "-sS", "-w", " %{http_code}", "-X", "POST", f"{api.url}/api/jobs",
            "-H", f"Authorization: Bearer {api.token}", "-H", f"Content-Type: {content_type}",
            "-d", json.dumps(JOB),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        body, _, status = done.stdout.rpartition(" ")
        assert (status, json.loads(body)["success"]) == ("201", True)


def test_every_bad_field_of_a_cron_is_named(api: Api) -> None:
    body = {
        "name": 1, "url": 2, "cron_expression": 3, "method": 4, "headers": {"a b": "c"},
        "payload": 6, "callback_url": 7, "timeout_seconds": "x", "alert_threshold": "x",
        "success_assertions": [{"type": "magic"}, 7], "is_active": {},
    }  # fmt: skip
    errors = api.post("/api/crons", body).json()["errors"]
    assert set(errors) == set(body)
    assert len(errors["success_assertions"]) == 2


def _all() -> Any:
    from jobdesk.domain.run_filter import RunFilter

    return RunFilter()
