"""The engine's end of the line: hears pokes at once, relays at most ten times a second."""

from __future__ import annotations

import logging
import os
import secrets
import select
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from pathlib import Path

_LONGEST_PATH = 100
"""Unix socket paths end at 104 (macOS) or 108 (Linux) bytes."""

STATUS = "status"
"""What a client says who asks how the engine is."""

_RELAY = 0.1
_PAUSE = 0.1

log = logging.getLogger(__name__)


class Hub:
    """Accepts clients; a client either sends one list of topics, or says ``"follow"``
    and is then sent every list of topics that anybody committed, or says ``"status"`` and
    is sent a dict of plain values: what ``status`` answers, from memory."""

    def __init__(
        self,
        home: Path,
        on_poke: Callable[[frozenset[str]], None],
        status: Callable[[], dict[str, str | None]] = dict,
    ) -> None:
        self._on_poke, self._status = on_poke, status
        self.key = secrets.token_hex(16)
        self._own_folder: Path | None = None
        self._listener = self._open(home)
        self._guard = threading.Lock()
        self._clients: set[Connection] = set()
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
        """End it; a second time changes nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        # A call to ourselves ends the accept that the thread is waiting in.
        try:
            Client(self.address).close()
        except (OSError, EOFError):
            log.debug("the hub was closed already")
        with self._guard:
            # Under the guard: whoever serves one closes it, and its number would be another's.
            for client in self._clients:
                hang_up(client)
        for thread in self._threads:
            thread.join(1.0)
        try:
            self._listener.close()
        except OSError as error:
            log.info("the socket was gone already: %s", error)  # with its folder, say
        if self._own_folder is not None:
            shutil.rmtree(self._own_folder, ignore_errors=True)

    def _open(self, home: Path) -> Listener:
        # Without the key: who calls is asked for it in a thread of his own, so that one who
        # never answers keeps nobody else waiting.
        if sys.platform == "win32":
            return Listener(rf"\\.\pipe\jobdesk-{secrets.token_hex(8)}", "AF_PIPE")
        path = home / "engine.sock"
        if len(str(path).encode()) > _LONGEST_PATH:
            self._own_folder = Path(tempfile.mkdtemp(prefix="jobdesk-"))
            path = self._own_folder / "engine.sock"
        path.unlink(missing_ok=True)
        try:
            listener = Listener(str(path), "AF_UNIX", backlog=128)
        except OSError as error:
            log.warning("no Unix socket at %s (%s); using loopback TCP", path, error)
            return Listener(("127.0.0.1", 0), "AF_INET", backlog=128)
        path.chmod(0o600)
        return listener

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client = self._listener.accept()
            except (EOFError, OSError) as error:
                if not self._closing.wait(_PAUSE):  # out of file descriptors, say
                    log.warning("a client could not be heard: %s", error)
                continue
            with self._guard:
                self._clients.add(client)
            threading.Thread(
                target=self._serve, args=(client,), name="hub-client", daemon=True
            ).start()

    def _serve(self, client: Connection) -> None:
        try:
            key = bytes.fromhex(self.key)
            deliver_challenge(client, key)
            answer_challenge(client, key)
            while not self._closing.is_set():
                self._take(client, client.recv())
        except AuthenticationError as error:
            log.info("a client was turned away: %s", error)
        except (EOFError, OSError):
            pass  # the client hung up
        except Exception:
            log.exception("a client said what nobody understands")
        finally:
            with self._guard:
                self._clients.discard(client)
                if client in self._followers:
                    self._followers.remove(client)
                client.close()

    def _take(self, client: Connection, message: object) -> None:
        if message == "follow":
            with self._guard:
                self._followers.append(client)
                # "Look at everything": from here on nothing is missed, so what was
                # committed before must be looked at now.
                self._send(client, ["*"])
        elif message == STATUS:
            client.send(self._status())
        elif isinstance(message, list):
            topics = frozenset(map(str, message))
            self._on_poke(topics)
            self.publish(topics)

    def _relay(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            with self._guard:
                topics, self._pending = sorted(self._pending), set()
                if topics:
                    # Under the guard, so that nobody closes what is written to.
                    for follower in self._followers:
                        self._send(follower, topics)
            self._closing.wait(_RELAY)

    def _send(self, follower: Connection, topics: list[str]) -> None:
        try:
            if is_stuck(follower):
                # It has not read for minutes (stopped, or in a debugger). When it calls
                # again, it looks at everything anyway.
                log.info("a follower that does not read is hung up on")
                hang_up(follower)
            else:
                follower.send(topics)
        except (OSError, ValueError):
            log.debug("a follower is gone")


def is_stuck(connection: Connection) -> bool:
    """Whether sending would have to wait for the other side to read."""
    if sys.platform == "win32":
        return False
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLOUT)
    return not poller.poll(0)


def hang_up(connection: Connection) -> None:
    """End a connection that another thread may be reading: that one gets EOF."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as handle:
            handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()
