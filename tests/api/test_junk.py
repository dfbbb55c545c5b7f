"""Anything in any place of a body is refused or taken, and never a defect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Api

JUNK: tuple[Any, ...] = (
    None, True, -1, 2**63, 10**400, "", "\x00", "\ud800", "9" * 300, [], [[]], [{}], [None], {},
    {"type": []}, {"x": {"y": []}},
)  # fmt: skip
JSON = {"Content-Type": "application/json"}
HTTP = {
    "type": "http", "method": "POST", "url": "https://example.com/", "headers": {"A": "b"},
    "body": "c",
}  # fmt: skip
SCRIPT = {"type": "script", "command": ["true"], "shell": None, "cwd": "/", "env": {"A": "b"}}
TERMS = {
    "timeout": 5,
    "retry": {"retries": 1, "backoff": {"type": "list", "delays": [1, 2]}},
    "assertions": [
        {"type": "status_code_equals", "value": "200"},
        {"type": "json_path_compares", "path": "$.a", "operator": "<", "value": 5},
    ],
    "alerts": {"channels": ["a"], "kinds": ["failure"], "threshold": 2, "late_start": 5},
}  # fmt: skip
JOB = TERMS | {
    "name": "a", "action": HTTP, "queue": "q",
    "trigger": {"type": "cron", "expression": "0 1 * * *", "tz": "UTC"},
    "priority": 1, "overlap": "skip", "catch_up": "all", "enabled": True,
    "callback_url": "https://example.com/",
}  # fmt: skip
BODIES: list[tuple[str, str, Any]] = [
    ("POST", "/api/v1/jobs", JOB),
    ("POST", "/api/v1/jobs", {
        "name": "b", "action": SCRIPT, "trigger": {"type": "every", "seconds": 5},
    }),
    ("POST", "/api/v1/jobs", {
        "name": "c", "action": SCRIPT, "trigger": {"type": "at", "at": "2999-01-01"},
    }),
    ("PUT", "/api/v1/jobs/a", JOB),
    ("PATCH", "/api/v1/jobs/a", {"enabled": True}),
    ("PUT", "/api/v1/queues/q", {
        "concurrency": 1,
        "policy": TERMS | {"rate": {"starts": 1, "per": 60}, "keep_dead_days": 3},
    }),
    ("POST", "/api/v1/runs", {
        "action": HTTP, "queue": "q", "priority": 1, "delay": 5, "timeout": 5, "key": "k",
        "retry": TERMS["retry"], "assertions": TERMS["assertions"],
        "callback_url": "https://example.com/",
    }),
    ("POST", "/api/v1/runs", {"action": SCRIPT, "at": "2999-01-01T00:00"}),
    ("POST", "/api/v1/runs/replay", {"ids": [1]}),
    ("POST", "/api/v1/dead-letters/replay", {"queue": "q"}),
]  # fmt: skip


def spoilt(body: Any) -> Iterator[Any]:
    """The body with each kind of junk in each place, one at a time."""
    yield from JUNK
    if isinstance(body, dict):
        for name, value in body.items():
            for worse in spoilt(value):
                yield body | {name: worse}
    elif isinstance(body, list):
        for place, value in enumerate(body):
            for worse in spoilt(value):
                yield [*body[:place], worse, *body[place + 1 :]]


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
def test_junk(api: Api, scripts_token: str, method: str, path: str, body: Any) -> None:
    api.post("/api/v1/jobs", {"name": "a", "action": HTTP})
    for worse in spoilt(body):
        answer = api.call(method, path, data=json.dumps(worse), headers=JSON, token=scripts_token)
        assert answer.status_code in (200, 201, 403, 404, 409, 422), worse
        if answer.status_code == 422:
            assert answer.json()["errors"]
