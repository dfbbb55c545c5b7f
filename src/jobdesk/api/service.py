"""The API's life: started, moved and stopped as the settings say, in threads of its own.

Nothing of FastAPI is loaded before somebody wants it.
"""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from jobdesk.desk import Desk
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.settings import EngineSettings

if TYPE_CHECKING:
    from uvicorn import Server

_STOP = 3.0
"""Seconds in which requests under way may end."""

log = logging.getLogger(__name__)


class ApiService:
    """Serves the API of one desk beside an engine. ``listen`` (HOST:PORT) overrules the
    setting; a port that is taken is an error then, and a line in the log otherwise."""

    def __init__(self, database_url: str, home: Path, listen: str | None = None) -> None:
        self._url, self._home, self._listen = database_url, home, listen
        self._serving: _Serving | None = None
        self._wish: tuple[str, int, tuple[str, ...]] | None = None
        self._settings = EngineSettings()
        self._changed = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._follow, name="api-settings", daemon=True)

    def start(self, settings: EngineSettings) -> None:
        """Begin; raises Unavailable where ``listen`` can't be had."""
        self._settings = settings
        self._apply(must=self._listen is not None)
        self._thread.start()

    def use(self, settings: EngineSettings) -> None:
        """The settings have changed; returns at once."""
        self._settings = settings
        self._changed.set()

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens, if it does."""
        return self._serving.address if self._serving is not None else None

    def close(self) -> None:
        """Stop serving; requests under way get a moment to end."""
        self._closed = True
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()
        self._end()

    def _follow(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._closed:
                return
            self._apply(must=False)

    def _apply(self, *, must: bool) -> None:
        """Serve as the settings say; nothing is touched while that is what is done."""
        settings = self._settings
        where = self._listen if self._listen is not None else settings.api_listen
        wish = (where, settings.api_rate, settings.api_cors)
        if wish == self._wish:
            return
        self._wish = wish
        self._end()
        if not where:
            return
        try:
            self._serving = _Serving(self._url, self._home, settings, where)
            log.info("the HTTP API listens on %s", where)
        except OSError as error:
            said = f"the HTTP API can't listen on {where}: {error.strerror or error}"
            if must:
                raise Unavailable(f"{said}. Name another port, or end who has it") from None
            log.error("%s", said)
        except Unavailable as error:
            log.error("the HTTP API can't be served: %s", error)

    def _end(self) -> None:
        if self._serving is not None:
            self._serving.stop()
            self._serving = None


class _Serving:
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

        self._closing = threading.Event()
        manners = Manners(host, settings.api_rate, settings.api_cors, self._closing)
        config = uvicorn.Config(
            make_app(self._desk, manners),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(_STOP),
            timeout_keep_alive=30,
            limit_concurrency=200,
            h11_max_incomplete_event_size=65_536,
        )
        self._server = _quiet_server(config)
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
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def _quiet_server(config: object) -> Server:
    """A server that leaves signals to the engine."""
    import contextlib

    import uvicorn

    class Quiet(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self):  # type: ignore[no-untyped-def]
            yield

    return Quiet(config)  # type: ignore[arg-type]
