"""One HTTP attempt against loopback servers, well-behaved and not."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from jobdesk import __version__
from jobdesk.domain.action import HttpAction
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.engine.runners import http_wire
from jobdesk.engine.runners.base import StopCause, StopToken
from jobdesk.engine.runners.http import HttpRunner
from tests.engine.runners.recording import CountingSink, RecordingSink, an_assignment
from tests.engine.runners.servers import HttpServer, RawServer, read_request, reply

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def runner(monkeypatch, tmp_path) -> Iterator[HttpRunner]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    runner = HttpRunner(environ={})
    yield runner
    runner.close()


@pytest.fixture
def server() -> Iterator[HttpServer]:
    server = HttpServer()
    yield server
    server.close()


@pytest.fixture
def raw() -> Iterator[Callable[[Callable[[socket.socket, int], None]], RawServer]]:
    servers: list[RawServer] = []

    def make(talk: Callable[[socket.socket, int], None]) -> RawServer:
        servers.append(RawServer(talk))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def call(
    runner: HttpRunner,
    method: str,
    url: str,
    *,
    timeout: float | None = 10.0,
    cap: int = 1_000_000,
    **data: object,
) -> tuple[Verdict, RecordingSink]:
    sink = RecordingSink()
    action = HttpAction(method, url, **data)
    assignment = an_assignment(timeout=timeout, response_cap=cap)
    return runner.run(action, assignment, sink, StopToken()), sink


def test_success_in_full(runner, server):
    server.routes["/ok?a=1"] = reply(201, "grün".encode(), Content_Type="text/plain; charset=utf-8")
    verdict, sink = call(
        runner,
        "POST",
        f"{server.url}/ok?a=1".replace("//", "//me:secret@"),
        body='{"a": 1}',
        headers={"X-Mine": "yes", "Cookie": "session=1"},
    )
    assert verdict.outcome is Outcome.SUCCEEDED
    assert (verdict.reason, verdict.error, verdict.http_status) == (None, None, 201)
    assert sink.stdout.decode() == "grün"
    ((method, path, headers, body, _port),) = server.seen
    assert (method, path, body) == ("POST", "/ok?a=1", b'{"a": 1}')
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "jobdesk-847"
    assert headers["X-JobDesk-Run"] == "847"
    assert headers["X-JobDesk-Attempt"] == "2"
    assert headers["User-Agent"] == f"JobDesk/{__version__}"
    assert headers["X-Mine"] == "yes"
    assert headers["Authorization"].startswith("Basic ")
    request = verdict.request
    assert request is not None
    assert request["method"] == "POST"
    assert request["url"] == f"http://***@127.0.0.1:{server.port}/ok?a=1"
    assert (request["body"], request["body_bytes"], request["redirects"]) == ('{"a": 1}', 8, [])
    shown = {name.lower(): value for name, value in request["headers"].items()}
    assert shown.pop("authorization") == "***"
    assert shown.pop("cookie") == "***"
    sent = {name.lower(): value for name, value in headers.items()}
    assert shown.items() <= sent.items()
    assert sent.keys() - shown.keys() <= {"authorization", "cookie", "connection"}
    response = verdict.response
    assert response is not None
    assert (response["status"], response["reason"]) == (201, "Created")
    assert (response["body_bytes"], response["truncated"]) == (5, False)
    assert (response["content_type"], response["encoding"]) == (
        "text/plain; charset=utf-8",
        "utf-8",
    )
    timing = response["timing"]
    assert 0 <= timing["first_byte_ms"] <= timing["total_ms"] < 5000
    json.dumps([request, response])
    text = "\n".join(sink.lines)
    assert f"POST http://***@127.0.0.1:{server.port}/ok?a=1 (8 bytes)" in text
    assert "201 Created after" in text
    assert "secret" not in text


def test_headers_of_the_job_win(runner, server):
    server.routes["/"] = reply()
    headers = {"user-agent": "me", "idempotency-key": "mine", "content-type": "text/csv"}
    call(runner, "PUT", server.url + "/", body="a,b", headers=headers)
    sent = {name.lower(): value for name, value in server.seen[0][2].items()}
    assert headers.items() <= sent.items()


def test_text_that_is_not_json_is_text(runner, server):
    server.routes["/"] = reply()
    call(runner, "POST", server.url + "/", body="hällo")
    assert server.seen[0][2]["Content-Type"] == "text/plain; charset=utf-8"
    assert server.seen[0][3] == "hällo".encode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method(runner, server, method):
    server.routes["/"] = reply(200, b"body")
    verdict, sink = call(runner, method, server.url + "/")
    assert verdict.outcome is Outcome.SUCCEEDED
    assert server.seen[0][0] == method
    assert sink.stdout == (b"" if method == "HEAD" else b"body")


@pytest.mark.parametrize(
    ("status", "reason", "error", "permanent"),
    [
        (404, Reason.HTTP_CLIENT_ERROR, "HTTP 404 Not Found", True),
        (429, Reason.HTTP_CLIENT_ERROR, "HTTP 429 Too Many Requests", False),
        (500, Reason.HTTP_SERVER_ERROR, "HTTP 500 Internal Server Error", False),
        (503, Reason.HTTP_SERVER_ERROR, "HTTP 503 Service Unavailable", False),
        (304, Reason.HTTP_REDIRECT, "HTTP 304 Not Modified, and nowhere to go", False),
        (302, Reason.HTTP_REDIRECT, "HTTP 302 Found, and nowhere to go", False),
    ],
)
def test_statuses_that_fail(runner, server, status, reason, error, permanent):
    server.routes["/"] = reply(status, b"" if status == 304 else b"why")
    verdict, sink = call(runner, "GET", server.url + "/")
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, reason)
    assert (verdict.error, verdict.http_status) == (error, status)
    assert verdict.permanent is permanent
    assert sink.stdout == (b"" if status == 304 else b"why")
    assert any(line.startswith(error) for line in sink.lines)


def test_204_is_a_success(runner, server):
    server.routes["/"] = reply(204)
    assert call(runner, "DELETE", server.url + "/")[0].outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("value", "delay", "said"),
    [
        ("7", timedelta(seconds=7), "asks to wait 7 s"),
        ("Fri, 10 Apr 2020 12:00:00 GMT", timedelta(0), "asks to wait 0 s"),
        ("banana", None, "'banana' is no delay or date"),
        ("31536000", timedelta(days=365), "31,536,000 s (longer than the day that is waited"),
    ],
)
def test_retry_after(runner, server, value, delay, said):
    server.routes["/"] = reply(503, Retry_After=value)
    verdict, sink = call(runner, "GET", server.url + "/")
    assert verdict.retry_after == delay
    assert any(said in line for line in sink.lines)


def test_redirects_are_followed_as_browsers_do(runner, server):
    server.routes["/a"] = reply(302, b"moved", Location="/b")
    server.routes["/b"] = reply(307, Location=f"{server.url}/c", Set_Cookie="x=1")
    server.routes["/c"] = reply(200, b"here")
    verdict, sink = call(
        runner, "POST", f"{server.url}/a", body="data", headers={"Authorization": "Bearer t"}
    )
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"here"
    assert [(s[0], s[1], s[3]) for s in server.seen] == [
        ("POST", "/a", b"data"),
        ("GET", "/b", b""),
        ("GET", "/c", b""),
    ]
    assert "Content-Type" not in server.seen[1][2]
    assert server.seen[2][2]["Cookie"] == "x=1"
    assert server.seen[2][2]["Authorization"] == "Bearer t"
    assert verdict.request is not None
    assert verdict.request["method"] == "POST"
    assert verdict.request["redirects"] == [f"{server.url}/b", f"{server.url}/c"]
    assert len({seen[4] for seen in server.seen}) == 1  # all over one connection
    call(runner, "GET", f"{server.url}/c")
    assert "Cookie" not in server.seen[3][2]  # cookies don't outlive an attempt


def test_307_keeps_method_and_body(runner, server):
    server.routes["/a"] = reply(307, Location="/b")
    server.routes["/b"] = reply(200)
    call(runner, "POST", f"{server.url}/a", body="data")
    assert server.seen[1][0] == "POST"
    assert server.seen[1][3] == b"data"


def test_credentials_stay_with_their_host(runner, server):
    other = HttpServer()
    try:
        url = f"http://localhost:{other.port}/b"
        server.routes["/a"] = reply(302, Location=url)
        other.routes["/b"] = reply(200)
        headers = {"Authorization": "Bearer secret", "Cookie": "s=1"}
        verdict, _sink = call(runner, "GET", f"{server.url}/a", headers=headers)
        assert verdict.outcome is Outcome.SUCCEEDED
        sent = other.seen[0][2]
        assert "Authorization" not in sent
        assert "Cookie" not in sent
        assert sent["Host"] == f"localhost:{other.port}"
    finally:
        other.close()


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("/loop", "in a loop"),
        ("file:///etc/passwd", "which is not http or https"),
        ("http://host:99999999/", "which is not a URL that can be called"),
        ("http://[", "which is not a URL that can be called"),
    ],
)
def test_redirects_that_lead_nowhere(runner, server, location, text):
    server.routes["/loop"] = reply(302, Location=location)
    verdict, _sink = call(runner, "GET", f"{server.url}/loop")
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.HTTP_REDIRECT)
    assert text in (verdict.error or "")
    assert verdict.http_status == 302


def test_refused(runner):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    verdict, _sink = call(runner, "GET", f"http://127.0.0.1:{port}/")
    assert verdict.reason is Reason.CONNECTION_ERROR
    assert verdict.error == f"connection refused by 127.0.0.1:{port}"


def test_unknown_host(runner, monkeypatch):
    def unknown(*arguments: object, **options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(http_wire.socket, "getaddrinfo", unknown)
    verdict, _sink = call(runner, "GET", "http://no.such.host.invalid/")
    assert verdict.reason is Reason.DNS_ERROR
    assert verdict.error == "could not resolve host no.such.host.invalid"


def test_a_slow_look_up_is_left_behind(runner, monkeypatch):
    let_go = threading.Event()
    monkeypatch.setattr(
        http_wire.socket, "getaddrinfo", lambda *arguments, **options: [][: let_go.wait(10)]
    )
    began = time.monotonic()
    verdict, _sink = call(runner, "GET", "http://slow.invalid/", timeout=0.3)
    assert verdict.reason is Reason.TIMEOUT
    assert time.monotonic() - began < 5
    let_go.set()


@pytest.mark.parametrize("url", ["http://exa..mple/", "http://" + "a" * 70 + ".com/"])
def test_urls_that_cannot_be_called(runner, url):
    verdict, _sink = call(runner, "GET", url)
    assert verdict.reason in (Reason.INVALID_URL, Reason.DNS_ERROR)
    assert verdict.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.0\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "broke off, 7 bytes before"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", ""),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "the body"),
    ],
)
def test_garbage(runner, raw, answer, text):
    def talk(connection: socket.socket, number: int) -> None:
        read_request(connection)
        connection.sendall(answer)

    verdict, _sink = call(runner, "GET", raw(talk).url)
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.CONNECTION_ERROR)
    assert text in (verdict.error or "")


def test_reset_in_the_body_keeps_what_came(runner, raw):
    got_it = threading.Event()

    def talk(connection: socket.socket, number: int) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst part")
        got_it.wait(5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    class Watching(RecordingSink):
        def write(self, stream, data) -> None:
            super().write(stream, data)
            if b"first" in data:
                got_it.set()

    sink = Watching()
    action = HttpAction("GET", raw(talk).url)
    verdict = runner.run(action, an_assignment(timeout=10), sink, StopToken())
    assert verdict.reason is Reason.CONNECTION_ERROR
    assert "reset" in (verdict.error or "")
    assert verdict.http_status == 200
    assert sink.stdout == b"first part"
    assert verdict.response is not None
    assert verdict.response["body_bytes"] == 10


def _drip(connection: socket.socket, data: bytes) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        if threading.Event().wait(0.05):
            return


def _no_answer(connection: socket.socket, number: int) -> None:
    while connection.recv(65_536):
        pass


def _slow_head(connection: socket.socket, number: int) -> None:
    read_request(connection)
    _drip(connection, b"HTTP/1.1 200 OK\r\nA: " + b"b" * 900)


def _slow_body(connection: socket.socket, number: int) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
    _drip(connection, b"x" * 900)


def _endless_body(connection: socket.socket, number: int) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    _drip(connection, b"x" * 900)


def _reads_nothing(connection: socket.socket, number: int) -> None:
    threading.Event().wait(1.0)


SLOW: dict[str, Callable[[socket.socket, int], None]] = {
    "no answer": _no_answer,
    "slow head": _slow_head,
    "slow body": _slow_body,
    "endless body": _endless_body,
    "reads nothing": _reads_nothing,
}


@pytest.mark.parametrize("case", SLOW)
def test_the_total_time_is_bounded(runner, raw, case):
    began = time.monotonic()
    body = "x" * (8_000_000 if case == "reads nothing" else 10)
    verdict, sink = call(runner, "POST", raw(SLOW[case]).url, timeout=0.4, body=body)
    assert 0.35 <= time.monotonic() - began < 10, "they would go on for 45 s"
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.TIMEOUT)
    how_far = "the answer had not ended, " if "body" in case else "no answer came"
    assert (verdict.error or "").startswith(f"timed out after 0.4s: {how_far}")
    if "body" in case:
        assert sink.stdout.startswith(b"xx")
        assert verdict.http_status == 200


@pytest.mark.parametrize("case", ["no answer", "slow head", "slow body", "endless body"])
@pytest.mark.parametrize("cause", list(StopCause))
def test_stop(runner, raw, case, cause):
    arrived = threading.Event()

    def talk(connection: socket.socket, number: int) -> None:
        arrived.set()
        SLOW[case](connection, number)

    stop, result = StopToken(), []
    action = HttpAction("GET", raw(talk).url)
    thread = threading.Thread(
        target=lambda: result.append(
            runner.run(action, an_assignment(timeout=None), RecordingSink(), stop)
        )
    )
    thread.start()
    assert arrived.wait(5)
    asked = time.monotonic()
    stop.request(cause)
    thread.join(5)
    assert time.monotonic() - asked < 3
    (verdict,) = result
    assert verdict.outcome.value == cause.value
    assert verdict.counted is (cause is StopCause.CANCELLED)
    assert verdict.request is not None


def test_a_stop_before_the_start_calls_nobody(runner, server):
    stop = StopToken()
    stop.request(StopCause.CANCELLED)
    verdict = runner.run(HttpAction("GET", server.url), an_assignment(), RecordingSink(), stop)
    assert verdict.outcome is Outcome.CANCELLED
    assert server.seen == []


def test_a_big_body_is_read_to_the_cap(runner, server):
    server.routes["/"] = reply(503, b"x" * 5_000_000)
    server.routes["/small"] = reply(200, b"ok")
    verdict, sink = call(runner, "GET", f"{server.url}/", cap=100_000)
    assert verdict.reason is Reason.HTTP_SERVER_ERROR
    assert len(sink.stdout) == 100_000
    assert verdict.response is not None
    assert verdict.response["body_bytes"] == 100_000
    assert verdict.response["truncated"] is True
    said = "kept the first 100,000 bytes of the 5,000,000 announced; the rest was not read"
    assert said in sink.lines
    verdict, sink = call(runner, "GET", f"{server.url}/small", cap=2)
    assert sink.stdout == b"ok"
    assert verdict.response is not None
    assert verdict.response["truncated"] is False


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_packed_bodies_are_unpacked(runner, server, packing):
    body = b"hello " * 10_000
    packed = gzip.compress(body) if packing == "gzip" else zlib.compress(body)
    server.routes["/"] = reply(200, packed, Content_Encoding=packing)
    verdict, sink = call(runner, "GET", f"{server.url}/")
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == body


def test_an_unknown_packing_is_kept_as_it_came(runner, server):
    server.routes["/"] = reply(200, b"\x01\x02", Content_Encoding="rot13")
    verdict, sink = call(runner, "GET", f"{server.url}/")
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"\x01\x02"
    assert any("'rot13'" in line for line in sink.lines)


def test_a_bomb_does_not_explode(runner, server):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(300)) + packer.flush()
    server.routes["/"] = reply(200, bomb, Content_Encoding="gzip")
    before = psutil.Process().memory_info().rss
    sink = CountingSink()
    action = HttpAction("GET", f"{server.url}/")
    assignment = an_assignment(timeout=20, response_cap=50_000_000)
    verdict = runner.run(action, assignment, sink, StopToken())
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.total == 50_000_000
    assert sink.largest <= 65_536
    assert psutil.Process().memory_info().rss - before < 20_000_000


def test_chunks_arrive_as_they_come(runner, raw):
    seen_first = threading.Event()

    def talk(connection: socket.socket, number: int) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert seen_first.wait(5)
        connection.sendall(b"4\r\nlast\r\n0\r\n\r\n")

    class Watching(RecordingSink):
        def write(self, stream, data) -> None:
            super().write(stream, data)
            if data == b"first":
                seen_first.set()

    sink = Watching()
    action = HttpAction("GET", raw(talk).url)
    verdict = runner.run(action, an_assignment(timeout=5), sink, StopToken())
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"firstlast"


def test_connections_are_kept(runner, server):
    server.routes["/"] = reply(200, b"x")
    for _ in range(5):
        call(runner, "GET", f"{server.url}/")
    assert len({seen[4] for seen in server.seen}) == 1


@pytest.mark.parametrize(("method", "outcome"), [("GET", "succeeded"), ("POST", "failed")])
def test_a_kept_connection_that_closes_as_we_send(runner, raw, method, outcome):
    """The server takes the second request on the connection, and hangs up."""

    def talk(connection: socket.socket, number: int) -> None:
        for _ in range(1 if number == 0 else 5):
            if not read_request(connection):
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        read_request(connection)

    server = raw(talk)
    assert call(runner, "GET", server.url)[0].outcome is Outcome.SUCCEEDED
    verdict, sink = call(runner, method, server.url)
    assert verdict.outcome.value == outcome
    again = any("sent again" in line for line in sink.lines)
    assert again is (method == "GET")


def test_a_connection_that_was_closed_while_idle_is_not_used(runner, raw):
    closed = threading.Event()

    def talk(connection: socket.socket, number: int) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.close()
        closed.set()

    server = raw(talk)
    for _ in range(3):
        closed.clear()
        verdict, sink = call(runner, "POST", server.url, body="x")
        assert verdict.outcome is Outcome.SUCCEEDED
        assert not any("sent again" in line for line in sink.lines)
        assert closed.wait(5)


def test_nothing_stays_open(runner, server, raw):
    server.routes["/"] = reply(200, b"x" * 100_000)
    call(runner, "GET", f"{server.url}/")
    hang_up = raw(lambda connection, number: None)
    before = psutil.Process().num_fds()
    for _ in range(10):
        call(runner, "GET", f"{server.url}/", cap=10)
        call(runner, "GET", hang_up.url)
    call(runner, "GET", f"{server.url}/")
    deadline = time.monotonic() + 5
    while psutil.Process().num_fds() > before + 1 and time.monotonic() < deadline:
        threading.Event().wait(0.01)  # the server's ends close in its own time
    assert psutil.Process().num_fds() <= before + 1


def test_netrc_and_proxy(runner, server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    server.routes["/"] = reply(200)
    server.routes["http://far.invalid/"] = reply(200, b"by proxy")
    call(runner, "GET", f"{server.url}/")
    assert server.seen[0][2]["Authorization"] == "Basic bWU6c2VjcmV0"
    monkeypatch.setenv("http_proxy", f"http://u:p@127.0.0.1:{server.port}")
    verdict, sink = call(runner, "GET", "http://far.invalid/")
    assert verdict.outcome is Outcome.SUCCEEDED
    assert sink.stdout == b"by proxy"
    assert server.seen[1][2]["Proxy-Authorization"] == "Basic dTpw"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key, cert


@pytest.fixture
def secure(certificate) -> Iterator[HttpServer]:
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = HttpServer(context)
    yield server
    server.close()


def test_a_bad_certificate(runner, secure):
    verdict, _sink = call(runner, "GET", secure.url)
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.SSL_ERROR)
    assert verdict.error == (
        f"the certificate of 127.0.0.1:{secure.port} is not accepted: self-signed certificate"
    )
    assert secure.seen == []


def test_a_trusted_certificate_and_its_name(secure, certificate, runner):
    trusting = HttpRunner(environ={"REQUESTS_CA_BUNDLE": str(certificate[1])})
    let_go = threading.Event()
    try:
        secure.routes["/"] = reply(200, b"x" * 200_000)
        url = f"https://localhost:{secure.port}/"
        for _ in range(2):
            verdict, sink = call(trusting, "GET", url)
            assert verdict.outcome is Outcome.SUCCEEDED
            assert len(sink.stdout) == 200_000
        assert len({seen[4] for seen in secure.seen}) == 1
        verdict, _sink = call(trusting, "GET", f"https://127.0.0.1:{secure.port}/")
        assert verdict.reason is Reason.SSL_ERROR
        assert "127.0.0.1" in (verdict.error or "")
        secure.routes["/slow"] = lambda handler: let_go.wait(10) and None
        began = time.monotonic()
        verdict, _sink = call(trusting, "GET", url + "slow", timeout=0.3)
        assert verdict.reason is Reason.TIMEOUT
        assert time.monotonic() - began < 5
    finally:
        let_go.set()
        trusting.close()


def test_tls_to_a_server_without(runner, server):
    verdict, _sink = call(runner, "GET", server.url.replace("http:", "https:"))
    assert verdict.reason is Reason.SSL_ERROR


def test_a_handshake_that_never_ends(runner, raw):
    server = raw(_no_answer)
    began = time.monotonic()
    verdict, _sink = call(runner, "GET", server.url.replace("http:", "https:"), timeout=0.3)
    assert verdict.reason is Reason.TIMEOUT
    assert time.monotonic() - began < 10


def test_the_watchdog_is_one_thread_for_all(runner, server):
    server.routes["/"] = reply(200)
    before = threading.active_count()
    for _ in range(20):
        call(runner, "GET", f"{server.url}/", timeout=5)
    watchdogs = [t for t in threading.enumerate() if t.name == "http deadlines"]
    assert len(watchdogs) == 1
    assert threading.active_count() - before <= 2  # the watchdog, and the server's own
