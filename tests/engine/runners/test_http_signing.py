"""Every request is signed as it is sent; verified as a stranger would."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator

import pytest

from jobdesk.domain.action import HttpAction
from jobdesk.domain.outcome import Outcome, Verdict
from jobdesk.domain.signing import Signer
from jobdesk.engine.runners.base import StopToken
from jobdesk.engine.runners.http import HttpRunner
from tests.engine.runners.recording import RecordingSink, an_assignment
from tests.engine.runners.servers import HttpServer, reply

Seen = tuple[str, str, dict[str, str], bytes, int]


@pytest.fixture
def runner() -> Iterator[HttpRunner]:
    runner = HttpRunner(environ={})
    yield runner
    runner.close()


@pytest.fixture
def servers() -> Iterator[tuple[HttpServer, HttpServer]]:
    both = HttpServer(), HttpServer()
    yield both
    for server in both:
        server.close()


def _call(runner: HttpRunner, action: HttpAction, signer: Signer | None, *secret: str) -> Verdict:
    assignment = an_assignment(timeout=10, signer=signer, secret_headers=frozenset(secret))
    return runner.run(action, assignment, RecordingSink(), StopToken())


def _is_signed(seen: Seen, secret: bytes, header: str = "X-Recuro-Signature") -> bool:
    _method, _path, headers, body, _port = seen
    stamp = headers["X-Recuro-Timestamp"]
    assert abs(time.time() - int(stamp)) < 60
    made = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, headers[header])


def test_every_request_is_signed_with_the_body_that_it_carries(
    runner: HttpRunner, servers: tuple[HttpServer, HttpServer]
) -> None:
    first, other = servers
    first.routes["/kept"] = reply(307, Location=f"{first.url}/dropped")
    first.routes["/dropped"] = reply(302, Location=f"{other.url}/end")
    other.routes["/end"] = reply(200)
    body = '{"käse": 1}'
    action = HttpAction("POST", f"{first.url}/kept", body=body)
    verdict = _call(runner, action, Signer(b"new", b"old"))
    assert verdict.outcome is Outcome.SUCCEEDED
    seen = [*first.seen, *other.seen]
    assert [(one[0], one[3].decode()) for one in seen] == [
        ("POST", body), ("POST", body), ("GET", ""),
    ]  # fmt: skip
    for one in seen:
        assert _is_signed(one, b"new")
        assert _is_signed(one, b"old", "X-Recuro-Signature-Previous")
    assert verdict.request is not None
    assert verdict.request["headers"]["X-Recuro-Signature"] == seen[0][2]["X-Recuro-Signature"]


def test_nobody_else_writes_the_signature(
    runner: HttpRunner, servers: tuple[HttpServer, HttpServer]
) -> None:
    server, _ = servers
    server.routes["/"] = reply(200)
    forged = {
        "x-recuro-signature": "forged",
        "X-RECURO-TIMESTAMP": "1",
        "X-Recuro-Signature-Previous": "forged",
    }
    action = HttpAction("GET", f"{server.url}/", headers=forged)
    _call(runner, action, Signer(b"key"))
    (seen,) = server.seen
    assert _is_signed(seen, b"key")
    assert not any(text in seen[2].values() for text in ("forged", "1"))
    _call(runner, action, None)
    assert server.seen[1][2]["x-recuro-signature"] == "forged", "unsigned, it is the job's affair"


def test_a_secret_header_is_for_the_host_that_was_asked_for(
    runner: HttpRunner, servers: tuple[HttpServer, HttpServer]
) -> None:
    first, other = servers
    first.routes["/a"] = reply(302, Location="/b")
    first.routes["/b"] = reply(302, Location=f"{other.url}/c")
    other.routes["/c"] = reply(200)
    headers = {"X-Api-Key": "value", "X-Plain": "plain"}
    _call(runner, HttpAction("GET", f"{first.url}/a", headers=headers), None, "x-api-key")
    assert [one[2].get("X-Api-Key") for one in (*first.seen, *other.seen)] == [
        "value", "value", None,
    ]  # fmt: skip
    assert other.seen[0][2]["X-Plain"] == "plain"
