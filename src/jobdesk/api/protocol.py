"""What uvicorn does another way here: what it refuses by itself is JSON too."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol


class QuietServer(uvicorn.Server):
    """Leaves signals to the engine."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class JsonProtocol(H11Protocol):
    """Says no in JSON to what is no HTTP, or has headers without end."""

    def send_400_response(self, msg: str) -> None:
        body = json.dumps({"error": "this is no HTTP request that can be read"}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
