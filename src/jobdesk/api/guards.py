"""Who and what is let in before anything is looked at: hosts, sizes, tokens, rates.

Plain ASGI, so that a body is counted as it comes and nothing is read for nobody.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobdesk.api.refusals import refused
from jobdesk.desk.tokens import Tokens
from jobdesk.domain.errors import JobDeskError
from jobdesk.domain.token import Token

MAX_BODY = 17 * 1_048_576
"""Bytes: a body of 16 MB, and what JSON needs around it."""
MAX_HEADERS = 32_768
OPEN = ("/healthz", "/docs", "/openapi.json", "/swagger/")
"""What needs no token: nothing private is there."""

log = logging.getLogger(__name__)


class TooLarge(HTTPException):
    """More of a body came than is taken. What reads a body lets this kind through."""

    def __init__(self) -> None:
        super().__init__(413, "the body is too large")


class HostGuard:
    """Answers only to names of this computer, so that a page that somebody else serves
    can't reach us under a name of its own (DNS rebinding). ``allowed`` are names besides
    those of the loopback device."""

    def __init__(self, app: ASGIApp, allowed: frozenset[str], any_host: bool) -> None:
        self._app, self._allowed, self._any_host = app, allowed, any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(scope):
            await refused(403, "this server is not known under that name")(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1:
            return False
        name = _host_name(hosts[0])
        if name in ("localhost", *self._allowed) or _is_loopback(name):
            return True
        # Listening on all interfaces: their addresses are ours, and so is our own name.
        return self._any_host and (_is_address(name) or name == socket.gethostname().lower())


class SizeGuard:
    """Bounds headers and bodies, whatever length is announced."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
            await refused(431, "the headers are too large")(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced[:20]) > MAX_BODY:
            await refused(413, "the body is too large")(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise TooLarge
            return message

        await self._app(scope, counted, send)


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class TokenGuard:
    """Lets in who shows a token that is known, so often a minute. The token is at
    ``scope["state"]["token"]`` from here on."""

    def __init__(self, app: ASGIApp, tokens: Tokens, rate: Callable[[], int]) -> None:
        self._app, self._tokens, self._rate = app, tokens, rate
        self._buckets: dict[int, _Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_open(scope):
            await self._app(scope, receive, send)
            return
        shown = _bearer(Headers(scope=scope))
        try:
            token = None if shown is None else await run_in_threadpool(self._tokens.check, shown)
        except JobDeskError as error:
            log.warning("a token can't be checked: %s", error)
            await refused(503, "tokens can't be checked just now")(scope, receive, send)
            return
        if token is None:
            said = "Missing authorization token" if shown is None else "Invalid authorization token"
            answer = refused(401, said, {"WWW-Authenticate": "Bearer"})
            await answer(scope, receive, send)
            return
        wait = self._take(token)
        if wait:
            answer = refused(429, "too many requests", {"Retry-After": str(math.ceil(wait))})
            await answer(scope, receive, send)
            return
        scope.setdefault("state", {})["token"] = token
        await self._app(scope, receive, send)

    @staticmethod
    def _is_open(scope: Scope) -> bool:
        path = scope["path"]
        return any(path == one or (one[-1] == "/" and path.startswith(one)) for one in OPEN)

    def _take(self, token: Token) -> float:
        """Count a request; how many seconds there is to wait if it is one too many."""
        most, now = float(self._rate()), time.monotonic()
        bucket = self._buckets.setdefault(token.id, _Bucket(most, now))
        bucket.left = min(most, bucket.left + (now - bucket.at) * most / 60)
        bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) * 60 / most
        bucket.left -= 1
        return 0.0


class QuietHeaders:
    """What every answer says: nothing is to be kept, sniffed or framed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
            await send(message)

        await self._app(scope, receive, with_headers)


def _bearer(headers: Headers) -> str | None:
    shown = headers.getlist("authorization")
    kind, _, secret = shown[0].strip().partition(" ") if len(shown) == 1 else ("", "", "")
    return secret.strip() if kind.lower() == "bearer" and secret.strip() else None


def _host_name(host: str) -> str:
    """Without the port: ``[::1]:80``, ``localhost:80``, ``::1``."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
