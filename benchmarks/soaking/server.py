"""A loopback server that answers as servers do: well, badly, late, or not at all."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ANSWERS = ("200", "200", "200", "500", "404", "429", "slow", "never", "reset", "flaky")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        attempt = int(self.headers["X-JobDesk-Attempt"])
        self.server.note(int(self.headers["Idempotency-Key"].rpartition("-")[2]), attempt)
        kind = self.path.strip("/").partition("?")[0]
        if kind == "reset":
            hard = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
            self.close_connection = True
            return
        if kind in ("slow", "never"):
            self.server.closing.wait(1.0 if kind == "slow" else 10.0)
        status = {"flaky": 200 if attempt > 1 else 503, "500": 500, "429": 429, "404": 404}
        code = status.get(kind, 200)
        body = f"answer {kind} {attempt}\n".encode()
        with suppress(OSError):  # the caller may be gone by now
            self.send_response(code)
            if code == 429:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """Notes each call in a ledger, as :mod:`benchmarks.soaking.script` does its starts."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, ledger: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.closing = threading.Event()
        self._ledger = ledger

    def note(self, run: int, attempt: int) -> None:
        times = f"{time.time_ns()} {time.monotonic_ns()}"
        with self._ledger.open("ab", buffering=0) as file:
            file.write(f"call {run} {attempt} 0 {times} -\n".encode())

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that is killed in mid-call is what this is all about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(ledger: Path) -> Iterator[Server]:
    server = Server(ledger)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="soak-server")
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
