"""Sends messages over everything that Apprise speaks: mail, Slack, ntfy, webhooks, and so on.

Apprise is loaded when something is really sent or looked at: it brings a hundred services.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobdesk.domain.errors import InvalidInput

if TYPE_CHECKING:
    from apprise import NotifyBase

_EXAMPLES = (
    "an address such as mailto://user:password@mail.example, slack://…, ntfy://… or json://…"
)

_ONE_AT_A_TIME = threading.Lock()
"""What Apprise says of an error goes to one logger for all threads, so that it is told apart
by thread. The lock is for who begins and ends to listen, not for while they do."""


class NotSent(Exception):
    """A message could not be sent; the message says why, in the service's own words."""


def masked(url: str) -> str:
    """The address for people: with passwords and tokens masked. Raises InvalidInput for
    one that leads nowhere."""
    shown: str = _service(url).url(privacy=True)  # type: ignore[no-untyped-call]
    return shown.partition("?")[0]


def send(url: str, title: str, text: str) -> None:
    """Send a message; raises :class:`NotSent`, or InvalidInput for an address that can't be."""
    service = _service(url)
    with _listening() as said:
        fine = service.notify(title=title, body=text)
    if not fine:
        raise NotSent(_reason(said, url))


def _service(url: str) -> NotifyBase:
    import apprise

    with _listening() as said:
        made = apprise.Apprise.instantiate(url)
    if made is None:
        scheme = url.partition("://")[0]
        why = _reason(said, url)
        raise InvalidInput("url", f"{scheme}://…", f"{_EXAMPLES} ({why})")
    return made


def _reason(said: list[str], hidden: str = "") -> str:
    """What was the matter; never the address itself, which holds secrets."""
    lines = [line for line in said if not hidden or hidden not in line]
    return " ".join(lines)[:500] or "the service did not say why"


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What Apprise logs in this thread meanwhile at warning or above: it returns no reasons."""
    said: list[str] = []
    mine = threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == mine:
                said.append(record.getMessage())

    ear, logger = Ear(logging.WARNING), logging.getLogger("apprise")
    with _ONE_AT_A_TIME:
        logger.propagate = False  # addresses stay out of our own log
        logger.setLevel(logging.WARNING)
        logger.addHandler(ear)
    try:
        yield said
    finally:
        with _ONE_AT_A_TIME:
            logger.removeHandler(ear)
