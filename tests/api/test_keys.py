"""Pushing twice with one key."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.api.conftest import Api

JOB = {"queue": "mails", "url": "https://example.com/send", "payload": {"a": 1, "b": [2]}}
RUN = {"action": {"type": "http", "method": "POST", "url": "https://example.com/send"}}


@pytest.mark.parametrize(("path", "body"), [("/api/jobs", JOB), ("/api/v1/runs", RUN)])
def test_the_same_push_again_gets_the_first_answer(api: Api, path: str, body: object) -> None:
    assert isinstance(body, dict)
    key = {"Idempotency-Key": "k1"}
    first = api.post(path, body, headers=key)
    assert first.status_code == 201
    again = (
        api.post(path, body, headers=key),
        api.post(path, body | {"key": "k1"}),
        api.post(path, body | {"key": "k1"}, headers=key),
        api.post(path, dict(reversed(body.items())) | {"unknown": 1}, headers=key),
    )
    for answer in again:
        assert (answer.status_code, answer.json()) == (201, first.json())
    (run,) = api.desk.runs()
    # What the endpoint is sent is the run's own.
    assert run.key is None
    other = api.post(path, body | {"callback_url": "https://example.com/"}, headers=key)
    assert (other.status_code, set(other.json())) == (409, {"error"})
    both = api.post(path, body | {"key": "k2"}, headers=key)
    assert (both.status_code, set(both.json()["errors"])) == (422, {"key"})
    stranger = api.desk.tokens.create("other")
    theirs = api.post(path, body, headers=key, token=stranger)
    assert theirs.status_code == 201
    assert len(api.desk.runs()) == 2


def test_a_payload_is_the_same_in_any_order(api: Api) -> None:
    key = {"Idempotency-Key": "k1"}
    first = api.post("/api/jobs", JOB, headers=key).json()
    turned = JOB | {"payload": {"b": [2], "a": 1}}
    assert api.post("/api/jobs", turned, headers=key).json() == first
    for other in ({"a": 1, "b": [3]}, json.dumps(JOB["payload"]), None):
        answer = api.post("/api/jobs", JOB | {"payload": other}, headers=key)
        assert answer.status_code == 409


def test_many_at_once_make_one_run(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: api.post("/api/jobs", JOB | {"key": "k"}), range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(api.desk.runs()) == 1


def test_bad_keys_are_refused(api: Api) -> None:
    for key in ("", "k" * 256, 7, "a\nb"):
        assert api.post("/api/jobs", JOB | {"key": key}).status_code == 422
    answer = api.post("/api/jobs", JOB, headers={"Idempotency-Key": "k" * 256})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"Idempotency-Key"})
    assert api.desk.runs() == []


def test_a_key_lives_as_long_as_its_run(api: Api, own_home: Path) -> None:
    first = api.post("/api/jobs", JOB | {"key": "k"}).json()
    api.post("/api/jobs", JOB)
    with closing(sqlite3.connect(own_home / "jobdesk.db")) as conn, conn:
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("DELETE FROM runs WHERE id = ?", (first["job_id"],))
    again = api.post("/api/jobs", JOB | {"key": "k", "payload": "other"})
    assert again.status_code == 201
    assert again.json()["job_id"] > first["job_id"]
