"""One socket, and the server on it; nothing of FastAPI is loaded before there is one."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

from jobdesk.desk import Desk
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.settings import EngineSettings

_STOP = 3.0
"""Seconds in which requests under way may end."""


class Serving:
    """One socket, the server on it, and the desk that it calls."""

    def __init__(self, url: str, home: Path, settings: EngineSettings, where: str) -> None:
        host, _, port = where.rpartition(":")
        host = host.strip("[]")
        self._socket = _bound(host, int(port))
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        try:
            self._desk = Desk.open(home, database_url=url)
        except Unavailable:
            self._socket.close()
            raise
        # Only now, when there is somebody to load it for.
        import uvicorn

        from jobdesk.api.app import Manners, make_app
        from jobdesk.api.protocol import JsonProtocol, QuietServer

        self._closing = threading.Event()
        manners = Manners(host, settings.api_rate, settings.api_cors, self._closing)
        config = uvicorn.Config(
            make_app(self._desk, manners),
            loop="asyncio",
            http=JsonProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(_STOP),
            timeout_keep_alive=30,
            h11_max_incomplete_event_size=65_536,
        )
        self._server = QuietServer(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="api", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        self._server.should_exit = True
        self._thread.join(_STOP + 2)
        self._socket.close()
        self._desk.close()


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens; raises OSError where the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio lets small answers go at once only where the protocol is named; else each of
    # them waits 40 ms for the other side to acknowledge the headers.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":
            # There the other option lets two listen on one port.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made
