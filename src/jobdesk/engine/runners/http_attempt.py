"""One HTTP attempt: a request, its redirects, its answer, within one deadline.

The time-out is for everything together: looking up the host, connecting, TLS, sending,
redirects, and the body to its end or to the cap. See ``http_wire.py`` for how.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions
from requests.auth import HTTPBasicAuth
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar
from requests.utils import requote_uri

from jobdesk import __version__
from jobdesk.clock import Clock
from jobdesk.domain.action import HttpAction
from jobdesk.domain.assertions import ResponseFacts
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import RETRY_AFTER_CAP
from jobdesk.engine.runners.base import Assignment, Sink, StopToken, stopped_verdict
from jobdesk.engine.runners.findings import failure_words, judge
from jobdesk.engine.runners.http_report import (
    broke_before_answer,
    cut,
    explain,
    mask_headers,
    mask_url,
    parse_retry_after,
    status_line,
)
from jobdesk.engine.runners.http_routes import Routes
from jobdesk.engine.runners.http_wire import Cut, Exchange, Line, WatchedAdapter

MOST_REDIRECTS = 10
CHUNK = 65_536
"""Bytes of a body that are held at a time, packed or unpacked."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Tools:
    """What an attempt is made with; belongs to one thread."""

    session: requests.Session
    adapter: WatchedAdapter
    line: Line
    routes: Routes
    clock: Clock


class _Failed(Exception):
    """The end of an attempt with a reason of its own."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(slots=True)
class _Answer:
    """What is known of the answer so far."""

    request: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    status: int | None = None
    line: str = ""
    retry_after: timedelta | None = None
    jar: RequestsCookieJar = field(default_factory=RequestsCookieJar)


class HttpAttempt:
    """Made for one attempt, used once."""

    def __init__(
        self,
        tools: Tools,
        exchange: Exchange,
        action: HttpAction,
        assignment: Assignment,
        sink: Sink,
        stop: StopToken,
    ) -> None:
        self._tools = tools
        self._exchange = exchange
        self._action = action
        self._assignment = assignment
        self._sink = sink
        self._stop = stop
        self._began = time.monotonic()
        self._answer = _Answer()
        self._kept = bytearray()
        """The body, where assertions look into it."""
        self._url = action.url

    def run(self) -> Verdict:
        """The verdict, whatever happens on the network."""
        try:
            verdict = self._judge(self._call())
        except _Failed as failure:
            verdict = Verdict(Outcome.FAILED, failure.reason, str(failure))
        except _FAILURES as error:
            reason, text = explain(error, self._url)
            verdict = Verdict(Outcome.FAILED, reason, text)
        cut = self._exchange.cut
        if cut is Cut.STOP and self._stop.cause is not None:
            verdict = stopped_verdict(self._stop.cause)
        elif cut is Cut.TIMEOUT or (verdict.reason and self._exchange.remaining() == 0):
            text = f"timed out after {self._assignment.timeout:g}s: {self._how_far()}"
            verdict = Verdict(Outcome.FAILED, Reason.TIMEOUT, text)
        if verdict.error:
            self._sink.system(f"{verdict.error} ({self._elapsed()} ms)")
        return self._complete(verdict)

    def _how_far(self) -> str:
        """What the time was over with."""
        form, exchange = self._answer.response, self._exchange
        if form is not None:
            return f"the answer had not ended, {form['body_bytes']:,} bytes of its body had come"
        return "no answer came" if exchange.connected else "no connection was made"

    def _call(self) -> requests.Response:
        """Send, follow redirects, read the body; the last response."""
        request = self._prepare()
        seen = {request.url}
        while True:
            response = self._send(request)
            target = self._target(response)
            if target is None:
                self._read(response)
                return response
            request = self._redirect(request, response, target, seen)

    def _prepare(self) -> requests.PreparedRequest:
        action, body = self._action, self._action.body
        content = None if body is None else body.encode("utf-8", "surrogatepass")
        headers = requests.structures.CaseInsensitiveDict(
            {
                "User-Agent": f"JobDesk/{__version__}",
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
                "Idempotency-Key": self._assignment.idempotency_key,
            }
        )
        if body is not None:
            headers["Content-Type"] = _content_type(body)
        headers.update({name: value.strip() for name, value in action.headers.items()})
        headers["X-JobDesk-Run"] = str(self._assignment.run_id)
        headers["X-JobDesk-Attempt"] = str(self._assignment.attempt)
        request = requests.PreparedRequest()
        request.prepare(
            method=action.method,
            url=action.url,
            headers=headers,
            data=content,
            auth=None if "Authorization" in headers else self._login(action.url),
        )
        self._sign(request)
        self._answer.request = _request_form(request, body, self._assignment.response_cap)
        return request

    def _sign(self, request: requests.PreparedRequest) -> None:
        """Sign what is sent, the body as it is now; nobody else's word counts there."""
        signer = self._assignment.signer
        if signer is None:
            return
        for name in signer.names:
            request.headers.pop(name, None)
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(body)
        seconds = int(self._tools.clock.now().timestamp())
        request.headers.update(signer.headers(seconds, content))

    def _login(self, url: str) -> HTTPBasicAuth | None:
        login = None if urlsplit(url).username else self._tools.routes.find(url).login
        return HTTPBasicAuth(*login) if login else None

    def _send(self, request: requests.PreparedRequest) -> requests.Response:
        size = len(request.body or b"")
        body = f" ({size:,} bytes)" if request.body is not None else ""
        self._url = str(request.url)
        self._sink.system(f"{request.method} {mask_url(self._url)}{body}")
        try:
            response = self._send_once(request)
        except requests.ConnectionError as error:
            if not self._may_send_again(request, error):
                raise
            self._sink.system("the connection kept from before was closed: sent again on a new one")
            response = self._send_once(request)
        extract_cookies_to_jar(self._answer.jar, request, response.raw)  # type: ignore[no-untyped-call]
        return response

    def _send_once(self, request: requests.PreparedRequest) -> requests.Response:
        left = self._exchange.remaining()
        if left == 0 or self._exchange.cut is not None:
            raise _Failed(Reason.TIMEOUT, "no time left")
        proxies = self._tools.routes.find(self._url).proxies
        return self._tools.adapter.send(
            request, stream=True, timeout=None if left is None else (left, left), proxies=proxies
        )

    def _may_send_again(self, request: requests.PreparedRequest, error: Exception) -> bool:
        # A server may close an idle connection at the very moment we send. What can't be
        # repeated is sent again only if it never went out in whole (RFC 9110, 9.2.2).
        exchange = self._exchange
        if exchange.cut is not None or not exchange.reused or not broke_before_answer(error):
            return False
        return exchange.send_failed or request.method in _IDEMPOTENT

    def _target(self, response: requests.Response) -> str | None:
        try:
            return self._tools.session.get_redirect_target(response)
        except UnicodeError:
            self._note_status(response)
            response.close()
            named = response.headers["Location"][:300]
            text = f"redirected to {named!r}, which is not a URL that can be called"
            raise _Failed(Reason.HTTP_REDIRECT, text) from None

    def _redirect(
        self,
        request: requests.PreparedRequest,
        response: requests.Response,
        target: str,
        seen: set[str | None],
    ) -> requests.PreparedRequest:
        """The request that follows; the rules are those of ``requests``."""
        assert self._answer.request is not None
        self._note_status(response)
        self._discard(response)
        try:
            url = urljoin(self._url, requote_uri(target))
        except ValueError:
            text = f"redirected to {cut(target, 300)!r}, which is not a URL that can be called"
            raise _Failed(Reason.HTTP_REDIRECT, text) from None
        followed: list[str] = self._answer.request["redirects"]
        self._sink.system(f"{self._answer.line}: redirected to {mask_url(url)}")
        if urlsplit(url).scheme.lower() not in ("http", "https"):
            text = f"redirected to {cut(mask_url(url), 300)}, which is not http or https"
            raise _Failed(Reason.HTTP_REDIRECT, text)
        if len(followed) >= MOST_REDIRECTS:
            loop = "in a loop" if url in seen else f"at last to {cut(mask_url(url), 300)}"
            text = f"redirected more than {MOST_REDIRECTS} times, {loop}"
            raise _Failed(Reason.HTTP_REDIRECT, text)
        followed.append(mask_url(url))
        fresh = request.copy()
        try:
            fresh.prepare_url(url, None)
        except _FAILURES:
            text = f"redirected to {cut(mask_url(url), 300)}, which is not a URL that can be called"
            raise _Failed(Reason.HTTP_REDIRECT, text) from None
        seen.add(fresh.url)
        self._tools.session.rebuild_method(fresh, response)
        if response.status_code not in (307, 308):
            fresh.body = None
            for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
                fresh.headers.pop(name, None)
        self._carry_secrets(fresh, url)
        self._sign(fresh)
        return fresh

    def _carry_secrets(self, fresh: requests.PreparedRequest, url: str) -> None:
        """Credentials go on only to whom they were meant for."""
        strange = self._tools.session.should_strip_auth(self._url, url)  # type: ignore[no-untyped-call]
        if strange:
            for name in ("Authorization", "Cookie", "Host", *self._assignment.secret_headers):
                fresh.headers.pop(name, None)
            login = self._login(url)
            if login is not None:
                fresh.prepare_auth(login, url)
        if "Cookie" not in self._action.headers:
            fresh.headers.pop("Cookie", None)
            fresh.prepare_cookies(self._answer.jar)

    def _discard(self, response: requests.Response) -> None:
        """Read what little there is, so that the connection can be used again."""
        try:
            if len(response.raw.read(CHUNK, decode_content=False)) < CHUNK:
                response.raw.release_conn()
                return
        except _FAILURES:
            pass  # the next request gets a new connection
        response.close()

    def _note_status(self, response: requests.Response) -> None:
        self._answer.status = response.status_code
        self._answer.line = status_line(response.status_code, response.reason)

    def _read(self, response: requests.Response) -> None:
        """Pass the body on, up to the cap, and note everything about the response."""
        self._note_status(response)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        form = self._answer.response = {
            "status": response.status_code,
            "reason": response.reason,
            "headers": mask_headers(response.headers),
            "body_bytes": 0,
            "truncated": False,
            "content_type": response.headers.get("Content-Type"),
            "encoding": response.encoding,
            "timing": {"first_byte_ms": self._elapsed(), "total_ms": None},
        }
        self._sink.system(f"{self._answer.line} after {self._elapsed()} ms")
        self._note_retry_after(response)
        known = all(part.strip() in _ENCODINGS for part in encoding.split(","))
        if not known:
            self._sink.system(f"the body is encoded as {cut(encoding, 100)!r} and kept as it came")
        try:
            self._copy_body(response, form, known)
        except _FAILURES:
            response.close()
            # A status that says no is as good without its body.
            if 200 <= response.status_code < 300 or self._exchange.cut is not None:
                raise
            self._sink.system("the answer broke off")
        finally:
            form["timing"]["total_ms"] = self._elapsed()

    def _copy_body(self, response: requests.Response, form: dict[str, Any], decode: bool) -> None:
        cap = self._assignment.response_cap
        while data := response.raw.read1(CHUNK, decode_content=decode):
            room = cap - form["body_bytes"]
            if room:
                self._sink.write(Stream.STDOUT, data[:room])
                if self._assignment.assertions:
                    self._kept += data[:room]
            form["body_bytes"] += min(room, len(data))
            if len(data) > room:
                form["truncated"] = True
                announced = response.headers.get("Content-Length", "")
                total = f" of the {int(announced):,} announced" if announced.isdigit() else ""
                self._sink.system(f"kept the first {cap:,} bytes{total}; the rest was not read")
                response.close()
                return
        response.raw.release_conn()
        self._sink.system(f"{form['body_bytes']:,} bytes in {self._elapsed()} ms")

    def _note_retry_after(self, response: requests.Response) -> None:
        value = response.headers.get("Retry-After")
        if value is None or 200 <= response.status_code < 300:
            return
        delay = parse_retry_after(value, self._tools.clock.now())
        if delay is None:
            self._sink.system(f"Retry-After {cut(value, 100)!r} is no delay or date; ignored")
        else:
            self._answer.retry_after = delay
            most = (
                " (longer than the day that is waited at most)" if delay > RETRY_AFTER_CAP else ""
            )
            self._sink.system(f"Retry-After: asks to wait {delay.total_seconds():,.0f} s{most}")

    def _judge(self, response: requests.Response) -> Verdict:
        status, line = response.status_code, self._answer.line
        if self._assignment.assertions:
            return self._judge_by_assertions(response)
        if 200 <= status < 300:
            return Verdict(Outcome.SUCCEEDED)
        return self._refused(status, line)

    def _judge_by_assertions(self, response: requests.Response) -> Verdict:
        """What is asserted about the status stands in for "2xx"; the class of a status that
        isn't right is the reason, for that is what decides about another try."""
        facts = ResponseFacts(
            response.status_code,
            dict(response.headers),
            bytes(self._kept),
            response.encoding,
            bool(self._answer.response and self._answer.response["truncated"]),
            self._elapsed(),
        )
        findings = judge(self._assignment.assertions, facts, self._sink.system)
        status_asked = any(finding.about_status for finding in findings)
        status_wrong = any(finding.about_status and not finding.passed for finding in findings)
        fine = 200 <= response.status_code < 300
        if (status_wrong and not fine) or (not status_asked and not fine):
            refused = self._refused(response.status_code, self._answer.line)
            return replace(refused, error=failure_words(findings, refused.error))
        if any(not finding.passed for finding in findings):
            return Verdict(Outcome.FAILED, Reason.RESPONSE_ASSERTION, failure_words(findings))
        return Verdict(Outcome.SUCCEEDED)

    @staticmethod
    def _refused(status: int, line: str) -> Verdict:
        reason = Reason.HTTP_SERVER_ERROR
        if 300 <= status < 400:
            reason, line = Reason.HTTP_REDIRECT, f"{line}, and nowhere to go"
        elif 400 <= status < 500:
            reason = Reason.HTTP_CLIENT_ERROR
        return Verdict(Outcome.FAILED, reason, f"HTTP {line}")

    def _complete(self, verdict: Verdict) -> Verdict:
        answer = self._answer
        return replace(
            verdict,
            http_status=answer.status,
            request=answer.request,
            response=answer.response,
            retry_after=answer.retry_after if verdict.outcome is Outcome.FAILED else None,
        )

    def _elapsed(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


def _content_type(body: str) -> str:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return "text/plain; charset=utf-8"
    return "application/json"


def _request_form(request: requests.PreparedRequest, body: str | None, cap: int) -> dict[str, Any]:
    """The first request as it is sent, for people and as JSON."""
    url = str(request.url)
    headers = {"Host": urlsplit(url).netloc.rpartition("@")[2], **request.headers}
    return {
        "method": request.method,
        "url": mask_url(url),
        "headers": mask_headers(headers),
        "body": None if body is None else body[:cap],
        "body_bytes": len(request.body or b""),
        "redirects": [],
    }
