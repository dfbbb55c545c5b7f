"""A client of Recuro's, pointed at this computer."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobdesk.domain.assertions import parse_assertions
from tests.api.conftest import Api

JOB = {"queue": "mails", "url": "https://example.com/send"}
CRON = {"name": "nightly", "url": "https://example.com/n", "cron_expression": "0 3 * * *"}


def moment(text: str) -> datetime:
    """A time in exactly Recuro's form."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S+00:00").replace(tzinfo=UTC)


def test_a_job_is_pushed(api: Api) -> None:
    body = JOB | {
        "method": "PUT",
        "headers": {"X-Tenant": "7"},
        "payload": {"to": ["ä@example.com", None, 1.5]},
        "callback_url": "https://example.com/done",
        "delay": 600,
    }
    before = datetime.now(UTC).replace(microsecond=0)
    answer = api.post("/api/jobs", body)
    assert answer.status_code == 201
    said = answer.json()
    assert set(said) == {"success", "queue_id", "job_id", "scheduled_at", "message"}
    assert said["success"] is True
    assert timedelta(seconds=600) <= moment(said["scheduled_at"]) - before < timedelta(seconds=660)
    run = api.desk.run(said["job_id"])
    assert (run.queue, run.state, run.policy.callback_url) == (
        "mails", "scheduled", "https://example.com/done",
    )  # fmt: skip
    assert run.action.type == "http"
    assert run.action.method == "PUT"
    assert run.action.headers == {"X-Tenant": "7"}
    assert json.loads(run.action.body or "") == body["payload"]
    again = api.post("/api/jobs", JOB).json()
    assert again["queue_id"] == said["queue_id"]
    assert again["job_id"] > said["job_id"]
    assert api.desk.run(again["job_id"]).action.to_json()["method"] == "POST"


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


BAD_JOBS: list[tuple[Any, set[str]]] = [
    ({}, {"queue", "url"}),
    (JOB | {"queue": ""}, {"queue"}),
    (JOB | {"queue": "q" * 256}, {"queue"}),
    (JOB | {"queue": 5}, {"queue"}),
    (JOB | {"queue": None}, {"queue"}),
    (JOB | {"queue": "a\nb"}, {"queue"}),
    (JOB | {"queue": "\ud800"}, {"queue"}),
    (JOB | {"url": "ftp://example.com"}, {"url"}),
    (JOB | {"url": "https://example.com/" + "a" * 2048}, {"url"}),
    (JOB | {"url": ["https://example.com"]}, {"url"}),
    (JOB | {"method": "HEAD"}, {"method"}),
    (JOB | {"method": 1}, {"method"}),
    (JOB | {"headers": "X-A: b"}, {"headers"}),
    (JOB | {"headers": {"X A": "b"}}, {"headers"}),
    (JOB | {"headers": {"X-A": "b\r\nc: d"}}, {"headers"}),
    (JOB | {"headers": {"X-A": ["b"]}}, {"headers"}),
    (JOB | {"payload": "\ud800"}, {"payload"}),
    (JOB | {"delay": -1}, {"delay"}),
    (JOB | {"delay": 86_401}, {"delay"}),
    (JOB | {"delay": 1.5}, {"delay"}),
    (JOB | {"delay": "soon"}, {"delay"}),
    (JOB | {"delay": True}, {"delay"}),
    (JOB | {"delay": 10**400}, {"delay"}),
    (JOB | {"callback_url": "nowhere"}, {"callback_url"}),
    (
        {"queue": [], "url": "x", "method": "X", "headers": 1, "delay": "x", "callback_url": 3},
        {"queue", "url", "method", "headers", "delay", "callback_url"},
    ),
]


def test_every_bad_field_of_a_job_is_listed(api: Api) -> None:
    check_refused(api, "/api/jobs", BAD_JOBS)


BAD_CRONS: list[tuple[Any, set[str]]] = [
    ({}, {"name", "url", "cron_expression"}),
    (CRON | {"name": "n" * 256}, {"name"}),
    (CRON | {"cron_expression": "* * * *"}, {"cron_expression"}),
    (CRON | {"cron_expression": "0 0 * * * *"}, {"cron_expression"}),
    (CRON | {"cron_expression": "@daily"}, {"cron_expression"}),
    (CRON | {"cron_expression": "61 * * * *"}, {"cron_expression"}),
    (CRON | {"cron_expression": "0 0 30 2 *"}, {"cron_expression"}),
    (CRON | {"payload": {"not": "a text"}}, {"payload"}),
    (CRON | {"payload": "\ud800"}, {"payload"}),
    (CRON | {"timeout_seconds": 0}, {"timeout_seconds"}),
    (CRON | {"timeout_seconds": 301}, {"timeout_seconds"}),
    (CRON | {"alert_threshold": 4}, {"alert_threshold"}),
    (CRON | {"success_assertions": "200"}, {"success_assertions"}),
    (CRON | {"success_assertions": [{"type": "magic", "value": "1"}]}, {"success_assertions"}),
    (CRON | {"success_assertions": [{"type": "status_code_equals"}]}, {"success_assertions"}),
    (CRON | {"success_assertions": [7, None, {}]}, {"success_assertions"}),
    (CRON | {"success_assertions": [{"type": []}]}, {"success_assertions"}),
    (CRON | {"is_active": "perhaps"}, {"is_active"}),
    (CRON | {"is_active": []}, {"is_active"}),
    (
        {"name": 1, "url": 2, "cron_expression": 3, "method": 4, "headers": 5, "payload": 6,
         "timeout_seconds": "x", "alert_threshold": "x", "is_active": {}},
        {"name", "url", "cron_expression", "method", "headers", "payload", "timeout_seconds",
         "alert_threshold", "is_active"},
    ),
]  # fmt: skip


def test_every_bad_field_of_a_cron_is_listed(api: Api) -> None:
    check_refused(api, "/api/crons", BAD_CRONS)


@pytest.mark.parametrize("path", ["/api/jobs", "/api/crons"])
def test_what_is_no_object_is_refused(api: Api, path: str) -> None:
    for body in (b"", b"{", b"[1]", b'"x"', b"null", b"\xff", b"[" * 100_000, b"NaN"):
        for content_type in ("application/json", "text/plain"):
            answer = api.post(path, data=body, headers={"Content-Type": content_type})
            assert answer.status_code == 422, body[:20]
            assert set(answer.json()) == {"message", "errors"}


def check_refused(api: Api, path: str, cases: list[tuple[Any, set[str]]]) -> None:
    for body, fields in cases:
        sent = json.dumps(body)
        answer = api.post(path, data=sent, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, body
        said = answer.json()
        assert set(said) == {"message", "errors"}
        assert isinstance(said["message"], str)
        assert set(said["errors"]) == fields
        for sentences in said["errors"].values():
            assert sentences
            assert all(isinstance(one, str) for one in sentences)
    assert api.desk.runs() == []
    assert api.desk.jobs() == []


def test_a_cron_becomes_a_job(api: Api) -> None:
    body = CRON | {
        "method": "PATCH",
        "headers": {"X-A": "1"},
        "payload": "a=1&b=2",
        "callback_url": "https://example.com/done",
        "timeout_seconds": 45,
        "alert_threshold": 2,
        "success_assertions": [
            {"type": "status_code_equals", "value": "200"},
            {"type": "response_time_under_ms", "value": "5000"},
        ],
    }
    answer = api.post("/api/crons", body)
    assert answer.status_code == 201
    said = answer.json()
    job = api.desk.job("nightly")
    assert said == {
        "id": job.id,
        "name": "nightly",
        "cron_expression": "0 3 * * *",
        "next_run_at": said["next_run_at"],
        "is_active": True,
    }
    assert moment(said["next_run_at"]).hour == 3
    assert (job.timezone, job.spec.timeout, job.settled.timeout) == ("UTC", 45, 45)
    assert job.spec.callback_url == "https://example.com/done"
    assert job.spec.assertions == parse_assertions(body["success_assertions"])
    assert job.spec.action.to_json() == {
        "type": "http", "method": "PATCH", "url": CRON["url"], "headers": {"X-A": "1"},
        "body": "a=1&b=2",
    }  # fmt: skip
    taken = api.post("/api/crons", CRON)
    assert (taken.status_code, set(taken.json()["errors"])) == (422, {"name"})


def test_a_cron_that_is_not_active_has_no_next_run(api: Api) -> None:
    said = api.post("/api/crons", CRON | {"is_active": False}).json()
    assert (said["is_active"], said["next_run_at"]) == (False, None)
    assert not api.desk.job("nightly").spec.enabled
