"""The engine's end of the line: hears pokes at once, relays at most ten times a second."""

from __future__ import annotations

import logging
import secrets
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from pathlib import Path

_LONGEST_PATH = 100
"""Unix socket paths end at 104 (macOS) or 108 (Linux) bytes."""

_RELAY = 0.1

log = logging.getLogger(__name__)


class Hub:
    """Accepts clients; a client either sends one list of topics, or says ``"follow"``
    and is then sent every list of topics that anybody committed."""

    def __init__(self, home: Path, on_poke: Callable[[frozenset[str]], None]) -> None:
        self._on_poke = on_poke
        self.key = secrets.token_hex(16)
        self._socket_file: Path | None = None
        self._listener = self._open(home)
        self._guard = threading.Lock()
        self._followers: list[Connection] = []
        self._pending: set[str] = set()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._accept, name="hub-accept", daemon=True),
            threading.Thread(target=self._relay, name="hub-relay", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def address(self) -> str | tuple[str, int]:
        address: str | tuple[str, int] = self._listener.address
        return address

    def publish(self, topics: frozenset[str]) -> None:
        """Relay topics to the followers, soon."""
        with self._guard:
            if not self._followers:
                return
            self._pending |= topics
        self._wake.set()

    def close(self) -> None:
        self._closing.set()
        self._wake.set()
        # A call to ourselves ends the accept that the thread is waiting in.
        try:
            from multiprocessing.connection import Client

            Client(self.address, authkey=bytes.fromhex(self.key)).close()
        except (OSError, EOFError, AuthenticationError):
            log.debug("the hub was closed already")
        for thread in self._threads:
            thread.join(1.0)
        self._listener.close()
        with self._guard:
            for follower in self._followers:
                follower.close()
            self._followers.clear()

    def _open(self, home: Path) -> Listener:
        key = bytes.fromhex(self.key)
        if sys.platform == "win32":
            return Listener(rf"\\.\pipe\jobdesk-{secrets.token_hex(8)}", "AF_PIPE", authkey=key)
        path = home / "engine.sock"
        if len(str(path).encode()) > _LONGEST_PATH:
            path = Path(tempfile.mkdtemp(prefix="jobdesk-")) / "engine.sock"
        path.unlink(missing_ok=True)
        try:
            listener = Listener(str(path), "AF_UNIX", backlog=128, authkey=key)
        except OSError as error:
            log.warning("no Unix socket at %s (%s); using loopback TCP", path, error)
            return Listener(("127.0.0.1", 0), "AF_INET", backlog=128, authkey=key)
        path.chmod(0o600)
        return listener

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client = self._listener.accept()
            except (AuthenticationError, EOFError, OSError) as error:
                if not self._closing.is_set():
                    log.info("a client was turned away: %s", error)
                continue
            if self._closing.is_set():
                client.close()
                return
            threading.Thread(
                target=self._serve, args=(client,), name="hub-client", daemon=True
            ).start()

    def _serve(self, client: Connection) -> None:
        try:
            while True:
                message = client.recv()
                if message == "follow":
                    with self._guard:
                        self._followers.append(client)
                else:
                    topics = frozenset(map(str, message))
                    self._on_poke(topics)
                    self.publish(topics)
        except (EOFError, OSError, TypeError):
            pass  # the client hung up
        finally:
            with self._guard:
                if client in self._followers:
                    self._followers.remove(client)
            client.close()

    def _relay(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            with self._guard:
                topics, self._pending = sorted(self._pending), set()
                followers = list(self._followers)
            if topics:
                for follower in followers:
                    try:
                        follower.send(topics)
                    except (OSError, ValueError):
                        log.debug("a follower is gone")
            self._closing.wait(_RELAY)
