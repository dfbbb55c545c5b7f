"""By which way and as whom a host is called: proxies and netrc, looked up once in a while.

Asking the environment anew costs 40% of the time of a request to this computer.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, get_netrc_auth

from jobdesk.clock import Clock

FRESH = 60.0
"""Seconds that an answer is kept, so that an edited netrc needs no new engine."""

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Route:
    """How a host is reached: proxies by scheme, and user and password if netrc has them."""

    proxies: dict[str, str]
    login: tuple[str, str] | None
    until: float


class Routes:
    """The routes of one engine; shared by all threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], Route] = {}

    def find(self, url: str) -> Route:
        """The route to the host of ``url``."""
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc.rpartition("@")[2])
        now = self._clock.monotonic()
        route = self._known.get(key)
        if route is None or route.until <= now:
            if len(self._known) >= _MOST:
                self._known = {}
            route = Route(dict(get_environ_proxies(url)), get_netrc_auth(url), now + FRESH)
            self._known[key] = route
        return route
