"""Who and what is turned away, and how little is told."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from jobdesk.api.guards import MAX_BODY
from jobdesk.domain.settings import EngineSettings
from tests.api.conftest import PATIENCE, Api

ROUTES = (
    "/api/jobs", "/api/crons", "/api/v1/jobs", "/api/v1/runs", "/api/v1/runs/1", "/metrics",
    "/nothing", "/",
)  # fmt: skip


def error_of(answer: requests.Response) -> str:
    """The one sentence of a refusal; there must be nothing else in it."""
    assert answer.headers["Content-Type"] == "application/json"
    (name,) = answer.json()
    assert name == "error"
    return str(answer.json()["error"])


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_without_a_token_all_routes_look_the_same(api: Api, method: str) -> None:
    said = set()
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for route in ROUTES:
        answer = api.call(method, route, token=None, headers=preflight, data=b"{")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert not any(name.lower().startswith("access-control") for name in answer.headers)
        said.add(error_of(answer))
    assert len(said) == 1


def test_only_a_standing_token_lets_in(api: Api) -> None:
    for header in (
        "Bearer", "Bearer ", "Basic abc", api.token, f"Bearer {api.token}x",
        f"Bearer {api.token[:-1]}", "Bearer \xff",
    ):  # fmt: skip
        answer = api.get("/api/v1/jobs", token=None, headers={"Authorization": header})
        assert (answer.status_code, bool(error_of(answer))) == (401, True)
    assert api.get("/api/v1/jobs").status_code == 200
    (token,) = api.desk.tokens.all()
    assert token.last_used_at is not None
    # Made and taken back by another process, for all that the server knows.
    secret = api.desk.tokens.create("other")
    assert api.get("/api/v1/queues", token=secret).status_code == 200
    api.desk.tokens.revoke("other")
    revoked = time.monotonic()
    while api.get("/api/v1/queues", token=secret).status_code != 401:
        assert time.monotonic() - revoked < PATIENCE
    assert api.get("/api/v1/queues").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:80", 403),
        ("10.0.0.1", 403),
        ("", 403),
    ],
)
def test_only_names_of_this_computer_are_answered_to(api: Api, host: str, status: int) -> None:
    for route in ("/api/v1/queues", "/healthz", "/docs"):
        answer = api.get(route, headers={"Host": host})
        if status == 403:
            assert answer.status_code == 403
            assert error_of(answer) == "this server is not known under that name"
        else:
            assert answer.status_code in (200, 503)


def test_what_is_too_large_is_refused(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 65_536 + 2):
            yield b" " * 65_536

    for body in (b" " * (MAX_BODY + 1), chunks()):
        answer = api.post("/api/jobs", data=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, error_of(answer)) == (413, "the body is too large")
    answer = api.get("/api/v1/jobs", headers={"X-Long": "x" * 40_000})
    assert (answer.status_code, error_of(answer)) == (431, "the headers are too large")
    assert api.get("/api/v1/jobs").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [b"nonsense\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000],
)  # fmt: skip
def test_what_is_no_http_gets_json_too(api: Api, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=PATIENCE) as line:
        line.sendall(request_bytes)
        with line.makefile("rb") as answer:
            head, _, body = answer.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert set(json.loads(body)) == {"error"}


def test_other_refusals_are_json_and_name_no_server(api: Api) -> None:
    for method, route, status in (
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/runs/77", 404),
        ("PUT", "/api/jobs", 405),
        ("GET", "/swagger/nothing.js", 404),
    ):
        answer = api.call(method, route)
        assert answer.status_code == status, route
        assert error_of(answer)
        assert "Server" not in answer.headers


class TestRate:
    @pytest.fixture
    def settings(self) -> EngineSettings:
        return EngineSettings(api_rate=3)

    def test_a_token_may_call_so_often_a_minute(self, api: Api) -> None:
        other = api.desk.tokens.create("other")
        answers = [api.get("/api/v1/jobs") for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert error_of(answers[-1])
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
        assert api.get("/healthz", token=None).status_code in (200, 503)
        assert api.get("/api/v1/jobs", token=other).status_code == 200


class TestOrigins:
    @pytest.fixture
    def settings(self) -> EngineSettings:
        return EngineSettings(api_cors=("https://app.example",))

    def test_pages_of_named_origins_may_call(self, api: Api) -> None:
        def preflight(origin: str) -> requests.Response:
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            return api.call("OPTIONS", "/api/jobs", token=None, headers=asked)

        allowed = preflight("https://app.example")
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert "Access-Control-Allow-Origin" not in preflight("https://evil.example").headers
        answer = api.get("/api/v1/jobs", token=None, headers={"Origin": "https://app.example"})
        assert (answer.status_code, bool(error_of(answer))) == (401, True)


def test_docs_come_with_the_program(api: Api) -> None:
    page = api.get("/docs", token=None)
    assert page.status_code == 200
    assert "://" not in page.text.replace(f"{api.url}/", "")
    document = api.get("/openapi.json", token=None).json()
    assert {"/api/jobs", "/api/crons", "/api/v1/runs"} <= set(document["paths"])
