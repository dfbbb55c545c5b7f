"""Calling HTTP endpoints: what all attempts share.

Each thread has a session of its own with its own connections, which are kept open between
attempts; no cookies are. Deadlines, routes and trusted certificates are shared.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from jobdesk.clock import Clock, SystemClock
from jobdesk.domain.action import HttpAction
from jobdesk.domain.outcome import Verdict
from jobdesk.engine.runners.base import Assignment, Sink, StopToken, stopped_verdict
from jobdesk.engine.runners.http_attempt import HttpAttempt, Tools
from jobdesk.engine.runners.http_routes import Routes
from jobdesk.engine.runners.http_wire import Cut, Exchange, Line, Watchdog, WatchedAdapter
from jobdesk.engine.runners.steps import BLOCK, Steps


class HttpRunner:
    """Calls endpoints; one for all threads of an engine. Close it at the end.

    Certificates are checked against certifi's list, or the file or folder that
    ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` in ``environ`` names.
    """

    def __init__(
        self, clock: Clock | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._clock = clock or SystemClock()
        self._environ = dict(os.environ if environ is None else environ)
        self._watchdog = Watchdog()
        self._routes = Routes(self._clock)
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._tls: ssl.SSLContext | None = None

    def steps(
        self, action: HttpAction, assignment: Assignment, sink: Sink, stop: StopToken
    ) -> Steps[Verdict]:
        """:meth:`run`, in a thread of its own."""
        yield BLOCK
        return self.run(action, assignment, sink, stop)

    def run(
        self, action: HttpAction, assignment: Assignment, sink: Sink, stop: StopToken
    ) -> Verdict:
        """Call the endpoint; any 2xx is a success. Bodies go to the sink as stdout."""
        if stop.cause is not None:
            return stopped_verdict(stop.cause)
        timeout = assignment.timeout
        exchange = Exchange(None if timeout is None else time.monotonic() + timeout)
        tools = self._tools(exchange)
        forget_stop = stop.on_request(lambda: exchange.end(Cut.STOP))
        self._watchdog.watch(exchange)
        try:
            return HttpAttempt(tools, exchange, action, assignment, sink, stop).run()
        finally:
            forget_stop()
            exchange.finish()

    def close(self) -> None:
        """Close all connections and end the watchdog; no attempt may be under way."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
        self._watchdog.close()

    def _tools(self, exchange: Exchange) -> Tools:
        tools: Tools | None = getattr(self._threads, "tools", None)
        if tools is None:
            line = Line()
            session = requests.Session()
            session.trust_env = False
            adapter = WatchedAdapter(line, self._tls_context)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            with self._lock:
                self._sessions.append(session)
            tools = self._threads.tools = Tools(session, adapter, line, self._routes, self._clock)
        tools.line.exchange = exchange
        return tools

    def _tls_context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
                place = (
                    self._environ.get("REQUESTS_CA_BUNDLE")
                    or self._environ.get("CURL_CA_BUNDLE")
                    or DEFAULT_CA_BUNDLE_PATH
                )
                if Path(place).is_dir():
                    context.load_verify_locations(capath=place)
                else:
                    context.load_verify_locations(cafile=place)
                self._tls = context
            return self._tls
