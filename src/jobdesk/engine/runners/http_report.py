"""What people read about an HTTP attempt: failures, requests and responses in words."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3.exceptions

from jobdesk.domain.outcome import Reason

MASK = "***"
MASKED_HEADERS = frozenset(
    {"authorization", "cookie", "proxy-authorization", "set-cookie", "proxy-authenticate"}
)
_MOST_DIGITS = 12
"""Of the seconds of a ``Retry-After``: 30,000 years will do, and a timedelta can hold them."""


def mask_url(url: str) -> str:
    """The URL without a password that it may carry."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=f"{MASK}@{parts.netloc.rpartition('@')[2]}"))


def mask_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers as text, without what would let others in."""
    return {
        name: MASK if name.lower() in MASKED_HEADERS else _text(value)
        for name, value in headers.items()
    }


def cut(text: str, most: int) -> str:
    """At most so much of a text. The ellipsis says so to people, and to whoever looks for
    the beginning of a secret there."""
    return text if len(text) <= most else f"{text[:most]}…"


def status_line(status: int, reason: str | None) -> str:
    """``503 Service Unavailable``, with the usual words if the server sent none."""
    if not reason:
        try:
            reason = HTTPStatus(status).phrase
        except ValueError:
            reason = ""
    return f"{status} {cut(reason, 200)}".strip()


def parse_retry_after(value: str, now: datetime) -> timedelta | None:
    """The delay that a ``Retry-After`` header asks for (RFC 9110, section 10.2.3).

    Seconds (``2027`` is no year) or an HTTP date; what has passed is no delay. None for
    anything else. However long the delay is, the retry policy has a cap.
    """
    text = value.strip()
    if re.fullmatch("[0-9]+", text):
        digits = text.lstrip("0") or "0"
        return timedelta(seconds=int(digits if len(digits) <= _MOST_DIGITS else "9" * _MOST_DIGITS))
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(timedelta(0), moment - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def explain(error: BaseException, url: str) -> tuple[Reason, str]:
    """What a failed request failed of: the reason, and one line for people.

    The libraries wrap causes several layers deep; the innermost that says something wins.
    """
    causes = list(_causes(error))
    where = _where(url)
    for test in (_proxy, _name_resolution, _tls, _invalid, _connection, _protocol):
        found = test(causes, where)
        if found is not None:
            return found
    return Reason.CONNECTION_ERROR, _short(str(causes[-1]) or type(causes[-1]).__name__)


def broke_before_answer(error: BaseException) -> bool:
    """Whether the connection broke before a byte of an answer came."""
    kinds = (
        http.client.RemoteDisconnected,
        ConnectionResetError,
        ConnectionAbortedError,
        BrokenPipeError,
        ssl.SSLEOFError,
    )
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, outermost first."""
    seen: set[int] = set()
    to_do: list[Any] = [error]
    while to_do:
        cause = to_do.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        to_do += [getattr(cause, "reason", None), *cause.args, cause.__cause__, cause.__context__]


Causes = list[BaseException]
Found = tuple[Reason, str] | None


def _first(causes: Causes, *kinds: type[BaseException]) -> BaseException | None:
    return next((cause for cause in causes if isinstance(cause, kinds)), None)


def _proxy(causes: Causes, where: str) -> Found:
    if _first(causes, urllib3.exceptions.ProxyError) is None:
        return None
    inner = next((c for c in reversed(causes) if isinstance(c, OSError)), causes[-1])
    return Reason.CONNECTION_ERROR, f"the proxy could not be used: {_short(_os_text(inner))}"


def _name_resolution(causes: Causes, where: str) -> Found:
    error = _first(causes, urllib3.exceptions.NameResolutionError, socket.gaierror)
    if error is None:
        return None
    return Reason.DNS_ERROR, f"could not resolve host {where.rpartition(':')[0]}"


def _tls(causes: Causes, where: str) -> Found:
    error = _first(causes, ssl.SSLError)
    if isinstance(error, ssl.SSLCertVerificationError):
        text = _short(error.verify_message)
        return Reason.SSL_ERROR, f"the certificate of {where} is not accepted: {text}"
    if error is None:
        error = _first(causes, requests.exceptions.SSLError, urllib3.exceptions.SSLError)
        if error is None:
            return None
    text = getattr(error, "reason", None) or str(error)
    text = text.replace("_", " ").lower() if isinstance(text, str) else str(text)
    return Reason.SSL_ERROR, f"no secure connection to {where}: {_short(text)}"


def _invalid(causes: Causes, where: str) -> Found:
    if _first(causes, urllib3.exceptions.InvalidHeader) is not None:
        return None  # the server's; requests gives it the name of what we can't send
    if isinstance(header := _first(causes, requests.exceptions.InvalidHeader), BaseException):
        return Reason.INVALID_URL, f"a header cannot be sent: {_short(str(header))}"
    error = _first(
        causes,
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
        urllib3.exceptions.LocationValueError,
        http.client.InvalidURL,
        UnicodeError,
    )
    if error is None:
        return None
    return Reason.INVALID_URL, f"not a URL that can be called: {_short(str(error))}"


def _connection(causes: Causes, where: str) -> Found:
    for kind, text in (
        (http.client.RemoteDisconnected, f"{where} closed the connection without an answer"),
        (ConnectionRefusedError, f"connection refused by {where}"),
        (ConnectionResetError, f"connection reset by {where}"),
        (ConnectionAbortedError, f"connection to {where} aborted"),
        (BrokenPipeError, f"connection closed by {where} while sending"),
    ):
        if _first(causes, kind) is not None:
            return Reason.CONNECTION_ERROR, text
    for error in causes:
        if isinstance(error, OSError) and error.errno and error.strerror:
            if error.errno == errno.ETIMEDOUT:
                return Reason.CONNECTION_ERROR, f"no answer from {where}"
            return Reason.CONNECTION_ERROR, f"no connection to {where}: {error.strerror}"
    return None


def _protocol(causes: Causes, where: str) -> Found:
    error = _first(causes, urllib3.exceptions.IncompleteRead, http.client.IncompleteRead)
    if error is not None:
        expected = getattr(error, "expected", None)
        missing = f", {expected:,} bytes before its end" if isinstance(expected, int) else ""
        return Reason.CONNECTION_ERROR, f"the answer broke off{missing}"
    if (error := _first(causes, urllib3.exceptions.DecodeError)) is not None:
        return Reason.CONNECTION_ERROR, f"the body is not what it says: {_short(str(error))}"
    wrong = (http.client.HTTPException, urllib3.exceptions.InvalidHeader)
    if (error := _first(causes, *wrong)) is not None:
        text = f"{type(error).__name__} {error}"
        return Reason.CONNECTION_ERROR, f"{where} does not speak HTTP: {_short(text)}"
    return None


def _where(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return f"{parts.hostname}:{port}"
    except ValueError:
        return "?:?"


def _os_text(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return cut(line, 300)
