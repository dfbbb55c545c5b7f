"""Asking whether the API answers, on real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from jobdesk.gui.api_probe import Answer, probe


class _Page(BaseHTTPRequestHandler):
    status, body = 200, b""

    def do_GET(self) -> None:
        found = self.path == "/healthz"
        self.send_response(self.status if found else 404)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    made = HTTPServer(("127.0.0.1", 0), type("Page", (_Page,), {}))
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b'{"status": "ok"}', Answer.OURS),
        (503, b'{"status": "trouble"}', Answer.OURS),
        (200, b"<html>a printer</html>", Answer.OTHERS),
        (200, b'["ok"]', Answer.OTHERS),
        (404, b"", Answer.OTHERS),
        (302, b"", Answer.OTHERS),
    ],
)
def test_who_answers(server: HTTPServer, status: int, body: bytes, answer: Answer) -> None:
    page = server.RequestHandlerClass
    page.status, page.body = status, body  # type: ignore[attr-defined]
    assert probe(f"http://127.0.0.1:{server.server_port}") is answer


def test_nobody_answers() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # and never listens
        assert probe(f"http://127.0.0.1:{reserved.getsockname()[1]}") is Answer.NOBODY


def test_a_name_that_can_t_be_one_is_nobody_s() -> None:
    assert probe("http://a..b:80") is Answer.NOBODY
