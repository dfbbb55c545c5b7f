"""Whether the HTTP API really answers: asked where it should listen. Off the GUI thread."""

from __future__ import annotations

import json
from enum import StrEnum
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

_PATIENCE = 3.0
_MOST = 4096


class Answer(StrEnum):
    """What came of asking."""

    OURS = "ours"
    OTHERS = "others"
    NOBODY = "nobody"


def probe(base: str) -> Answer:
    """Ask the JobDesk that should answer at ``base``, such as ``http://127.0.0.1:8127``."""
    # Straight there: a proxy of the system would speak for itself.
    opener = build_opener(ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(f"{base}/healthz", timeout=_PATIENCE) as answer:
            return _judge(answer.read(_MOST))
    except HTTPError as error:
        with error:
            return _judge(error.read(_MOST))
    except HTTPException:
        return Answer.OTHERS
    except (OSError, UnicodeError):  # the latter: what can't be a name
        return Answer.NOBODY


class _NoRedirect(HTTPRedirectHandler):
    """Whoever sends us elsewhere isn't ours."""

    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


def _judge(body: bytes) -> Answer:
    try:
        said = json.loads(body)
    except ValueError:
        return Answer.OTHERS
    known = isinstance(said, dict) and said.get("status") in ("ok", "trouble")
    return Answer.OURS if known else Answer.OTHERS
