"""Connections that can be cut: what bounds the total time of an HTTP request.

A timeout of a socket bounds one read; a server that sends a byte a second never meets it.
So each connection keeps a second handle of its socket. Whoever wants the request to end,
the watchdog at the deadline or a person, shuts the connection down through that handle,
and the thread that reads from it comes back at once. A handle of its own, since wrapping
a socket for TLS takes the original away, and since a duplicate can't be somebody else's
by the time it is shut.

Looking up a host can't be cut short on any system; it is done in a thread that is left
behind when it takes too long.
"""

from __future__ import annotations

import errno
import heapq
import ipaddress
import itertools
import os
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_LOOK = 0.05
"""Seconds between two looks at the exchange while connecting or looking up a host."""

_IN_PROGRESS = (0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 0))


class Cut(StrEnum):
    """Why an exchange was cut off."""

    TIMEOUT = "timeout"
    STOP = "stop"


class Exchange:
    """One attempt's use of the network: its deadline, and the connection it is on."""

    def __init__(self, deadline: float | None) -> None:
        self.deadline = deadline
        """On the monotonic clock; None: unbounded."""
        self.cut: Cut | None = None
        self.done = False
        self.reused = False
        """Whether the latest request went over a connection that had served before."""
        self.send_failed = False
        """Whether the latest request could not be sent in whole."""
        self.connected = False
        """Whether a server (or a proxy) took a connection at all."""
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._kept: list[socket.socket] = []

    def remaining(self) -> float | None:
        """Seconds left; 0 if the deadline has passed, None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def end(self, why: Cut) -> None:
        """Cut the connection, now or as soon as there is one. From any thread."""
        with self._lock:
            if self.done or self.cut is not None:
                return
            self.cut = why
            self._shut()

    def use(self, handle: socket.socket | None, *, reused: bool) -> None:
        """From now on the exchange is on this connection."""
        with self._lock:
            self.reused = reused
            self.send_failed = False
            self.connected = self.connected or handle is not None
            self._handle = handle
            if self.cut is not None:
                self._shut()

    def release(self, handle: socket.socket) -> None:
        """The connection needs the handle no more; it is closed now, or after the attempt.

        A connection whose server will close it closes itself as soon as it has handed
        out the response: the body is read from it after that, and may have to be cut.
        """
        with self._lock:
            if self._handle is handle and not self.done:
                self._kept.append(handle)
                return
        handle.close()

    def finish(self) -> None:
        """The attempt is over: nothing can be cut any more."""
        with self._lock:
            self.done = True
            self._handle = None
            kept, self._kept = self._kept, []
        for handle in kept:
            handle.close()

    def _shut(self) -> None:
        if self._handle is not None:
            with suppress(OSError):  # not connected, or no more
                self._handle.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Cuts off exchanges at their deadlines: one thread for all, once there is need."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Exchange]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, exchange: Exchange) -> None:
        """Cut this one at its deadline, unless it is finished by then."""
        if exchange.deadline is None:
            return
        with self._changed:
            if len(self._heap) > 1000 and next(self._numbers) % 1000 == 0:
                self._heap = [entry for entry in self._heap if not entry[2].done]
                heapq.heapify(self._heap)
            entry = (exchange.deadline, next(self._numbers), exchange)
            heapq.heappush(self._heap, entry)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="http deadlines", daemon=True
                )
                self._thread.start()
            elif self._heap[0] is entry:
                self._changed.notify()

    def close(self) -> None:
        """End the thread; what is still watched is no more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and self._left() is not _DUE:
                    self._changed.wait(self._left())
                if self._closed:
                    return
                exchange = heapq.heappop(self._heap)[2]
            exchange.end(Cut.TIMEOUT)

    def _left(self) -> float | None:
        """Seconds to the earliest deadline; None without one."""
        if not self._heap:
            return None
        left = self._heap[0][0] - time.monotonic()
        return left if left > 0 else _DUE


_DUE = -1.0


class Line:
    """What the connections of one thread belong to at the moment."""

    def __init__(self) -> None:
        self.exchange = Exchange(None)


class _Watched(HTTPConnection):
    """A connection that tells the exchange of its line what it is on."""

    line: Line
    _handle: socket.socket | None = None
    _served = 0

    def _new_conn(self) -> socket.socket:
        exchange = self.line.exchange
        addresses = self._look_up(exchange)
        failure: OSError | None = None
        for family, kind, protocol, _name, address in addresses:
            try:
                return self._connect(socket.socket(family, kind, protocol), address, exchange)
            except OSError as error:
                failure = error
            if exchange.cut is not None or exchange.remaining() == 0:
                raise ConnectTimeoutError(self, "connecting took too long")
        raise NewConnectionError(self, f"no connection: {failure}") from failure

    def request(self, *arguments: Any, **options: Any) -> None:
        self.line.exchange.use(self._handle, reused=self._served > 0)
        self._served += 1
        try:
            super().request(*arguments, **options)
        except OSError:
            self.line.exchange.send_failed = True
            raise
        self._acknowledge_quickly()

    def _acknowledge_quickly(self) -> None:
        """Spare servers that send head and body apart the 40 ms of a delayed ACK (Linux).

        It waits for data to go along with; the server's kernel waits for it (Nagle).
        """
        option = getattr(socket, "TCP_QUICKACK", None)
        if option is not None and self._handle is not None:
            with suppress(OSError):
                self._handle.setsockopt(socket.IPPROTO_TCP, option, 1)

    def close(self) -> None:
        handle, self._handle = self._handle, None
        self._served = 0
        super().close()
        if handle is not None:
            self.line.exchange.release(handle)

    def _look_up(self, exchange: Exchange) -> list[Any]:
        host = self._dns_host.strip("[]")
        try:
            return look_up(host, self.port, exchange)
        except OSError as error:
            failure = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, failure) from error
        except UnicodeError as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from error

    def _connect(self, sock: socket.socket, address: Any, exchange: Exchange) -> socket.socket:
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.setblocking(False)
            code = sock.connect_ex(address)
            if code not in _IN_PROGRESS:
                raise OSError(code, os.strerror(code))
            _wait_connected(sock, exchange)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            sock.settimeout(exchange.remaining() or None)
            self._handle = sock.dup()
        except BaseException:
            sock.close()
            raise
        exchange.use(self._handle, reused=False)
        return sock


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS; the handshake can be cut as well."""


class WatchedAdapter(HTTPAdapter):
    """The connections of one thread, each of them watched.

    ``context`` makes the TLS context that all threads share: loading the certificates
    takes 20 ms, which is too much for each connection.
    """

    def __init__(self, line: Line, context: Callable[[], ssl.SSLContext]) -> None:
        self._pools = _pool_classes(line)
        self._context = context
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        pool: Any
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            pool = {"cert_reqs": "CERT_REQUIRED", "ssl_context": self._context()}
        return host, pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to do: the context knows what to trust, and always verifies."""


def look_up(host: str, port: int, exchange: Exchange) -> list[Any]:
    """The addresses of a host; raises ``OSError`` or ``UnicodeError``.

    Raises ``TimeoutError`` when the exchange is cut first.
    """
    kind = socket.SOCK_STREAM
    if host == "localhost" or _is_address(host):
        return socket.getaddrinfo(host, port, type=kind)
    found: list[list[Any]] = []
    failed: list[Exception] = []
    ready = threading.Event()

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=kind))
        except Exception as error:
            failed.append(error)
        ready.set()

    threading.Thread(target=ask, name="host look-up", daemon=True).start()
    while not ready.wait(_LOOK):
        if exchange.cut is not None or exchange.remaining() == 0:
            raise TimeoutError(f"looking up {host} took too long")
    if failed:
        raise failed[0]
    return found[0]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _wait_connected(sock: socket.socket, exchange: Exchange) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while not selector.select(_LOOK):
            if exchange.cut is not None or exchange.remaining() == 0:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def _pool_classes(line: Line) -> dict[str, Any]:
    """Pools whose connections are on ``line``; urllib3 makes connections from classes."""

    class Plain(_Watched):
        pass

    class Tls(_WatchedTls):
        pass

    Plain.line = Tls.line = line

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}
