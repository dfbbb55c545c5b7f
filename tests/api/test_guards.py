"""Who is let in, and how much of what."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from starlette.types import Message, Receive, Scope, Send

from jobdesk.api import guards, protocol
from jobdesk.api.service import ApiService
from jobdesk.desk import Desk
from jobdesk.desk.tokens import Tokens
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.settings import EngineSettings
from tests.api.conftest import PATIENCE, Api

HOSTS = [
    ("localhost", 200), ("LOCALHOST:1", 200), ("127.0.0.1:8127", 200), ("[::1]:80", 200),
    ("127.8.9.1", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403),
    ("192.168.1.4", 403), ("", 403),
]  # fmt: skip
PATHS = ["/metrics", "/api/jobs", "/api/v1/runs", "/api/v1/nowhere", "/", "/nowhere"]


def test_nothing_is_told_without_a_token(api: Api) -> None:
    for path in PATHS:
        for shown in (None, "", "Bearer", "Bearer ", "Basic abc", "Bearer jd_nope", "Bearer \xfc"):
            for method in ("GET", "POST", "BREW"):
                answer = api.session.request(
                    method,
                    api.url + path,
                    headers={} if shown is None else {"Authorization": shown},
                )
                assert answer.status_code == 401, answer.text
                assert list(answer.json()) == ["error"]
                assert answer.headers["www-authenticate"] == "Bearer"
                assert "server" not in answer.headers


def test_what_needs_no_token(api: Api) -> None:
    assert api.session.get(f"{api.url}/healthz").json() == {"status": "trouble"}
    assert "swagger" in api.session.get(f"{api.url}/docs").text
    assert "://cdn" not in api.session.get(f"{api.url}/docs").text
    assert len(api.session.get(f"{api.url}/swagger/swagger-ui-bundle.js").content) > 100_000
    assert "/api/v1/runs" in api.session.get(f"{api.url}/openapi.json").json()["paths"]


def test_a_revoked_token_is_out_within_a_second(api: Api) -> None:
    assert api.get("/api/v1/queues").status_code == 200
    assert api.desk.tokens.all()[0].last_used_at is not None
    api.desk.tokens.revoke("web")
    for _ in range(100):
        if api.get("/api/v1/queues").status_code == 401:
            return
        time.sleep(0.02)
    pytest.fail("it is still let in")


def test_names_of_others(api: Api) -> None:
    for host, status in HOSTS:
        answer = api.get("/api/v1/queues", headers={"Host": host})
        assert answer.status_code == status, host
        if status == 403:
            assert list(answer.json()) == ["error"]
            assert "access-control-allow-origin" not in answer.headers


def test_bodies_are_bounded_whatever_is_announced(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "MAX_BODY", 100_000)
    announced = api.call("POST", "/api/jobs", data=b"x" * 100_001)
    assert (announced.status_code, list(announced.json())) == (413, ["error"])

    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 10_000

    chunked = api.call("POST", "/api/jobs", data=pieces())
    assert (chunked.status_code, list(chunked.json())) == (413, ["error"])


def test_headers_are_bounded(api: Api) -> None:
    answer = api.get("/api/v1/queues", headers={"X-Long": "x" * 40_000})
    assert (answer.status_code, list(answer.json())) == (431, ["error"])


def test_no_page_of_others_may_read(api: Api) -> None:
    answer = api.get("/api/v1/queues", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = api.session.options(f"{api.url}/api/jobs", headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control")]


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


def test_a_token_that_cannot_be_checked_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Tokens, secret: str) -> None:
        raise Unavailable("the disk at /secret/place is full")

    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nobody was let in")

    async def call() -> list[Message]:
        said: list[Message] = []

        async def send(message: Message) -> None:
            said.append(message)

        async def receive() -> Message:
            return {"type": "http.request"}

        headers = [(b"authorization", b"Bearer jd_x")]
        scope: Scope = {"type": "http", "method": "GET", "path": "/api/v1/jobs", "headers": headers}
        guard = guards.TokenGuard(nothing, Tokens.__new__(Tokens), lambda: 1)
        await guard(scope, receive, send)
        return said

    monkeypatch.setattr(Tokens, "check", fails)
    start, body = asyncio.run(call())
    assert (start["status"], list(json.loads(body["body"]))) == (503, ["error"])
    assert b"/secret/place" not in body["body"]


def test_connections_are_bounded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 3)
    with ExitStack() as lines:
        for _ in range(3):
            lines.enter_context(socket.create_connection(("127.0.0.1", api.port)))
        answer = requests.get(f"{api.url}/healthz", timeout=PATIENCE)
        assert (answer.status_code, answer.json()) == (503, {"error": "too many connections"})
    wait_until(lambda: requests.get(f"{api.url}/docs", timeout=PATIENCE).status_code == 200, True)


def test_other_refusals_are_json_and_name_no_server(api: Api) -> None:
    for method, route, status in (
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/runs/77", 404),
        ("PUT", "/api/jobs", 405),
        ("GET", "/swagger/nothing.js", 404),
    ):
        answer = api.call(method, route)
        assert answer.status_code == status, route
        assert list(answer.json()) == ["error"]
        assert "Server" not in answer.headers


class TestWithSettings:
    @pytest.fixture
    def settings(self) -> EngineSettings:
        return EngineSettings(api_rate=5, api_cors=("https://app.example",))

    def test_a_token_may_call_so_often(self, api: Api) -> None:
        answers = [api.get("/api/v1/queues") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert list(answers[-1].json()) == ["error"]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        api.token = api.desk.tokens.create("other")
        assert api.get("/api/v1/queues").status_code == 200

    def test_pages_that_may_call(self, api: Api) -> None:
        asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        answer = api.session.options(f"{api.url}/api/jobs", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        asked["Origin"] = "https://evil.example"
        answer = api.session.options(f"{api.url}/api/jobs", headers=asked)
        assert "access-control-allow-origin" not in answer.headers


def test_it_follows_the_settings(desk: Desk, own_home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service = ApiService(desk.database_url, own_home)
    service.start(EngineSettings())
    try:
        assert service.address is None
        service.use(EngineSettings(api_listen=str(port)))
        wait_until(lambda: _answers(port), True)
        service.use(EngineSettings())
        wait_until(lambda: _answers(port), False)
    finally:
        service.close()


def test_a_port_that_is_taken(desk: Desk, own_home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        service = ApiService(desk.database_url, own_home, f"127.0.0.1:{port}")
        with pytest.raises(Unavailable, match=f"can't listen on 127.0.0.1:{port}.*in use"):
            service.start(EngineSettings())
        service.close()
        # Set in the window, it must not take the engine down.
        service = ApiService(desk.database_url, own_home)
        service.start(EngineSettings(api_listen=str(port)))
        assert service.address is None
        service.close()


def _answers(port: int) -> bool:
    try:
        with requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status_code in (200, 503)
    except requests.ConnectionError:
        return False


def wait_until(look: object, wanted: bool) -> None:
    end = time.monotonic() + 20
    while look() is not wanted:  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)
