"""Secrets through the whole program: used everywhere, and found nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from jobdesk.desk import Desk
from jobdesk.vault import Vault
from tests.engine.runners.servers import HttpServer, reply
from tests.support.command import Result, command, environment

SECRETS = {
    "HEADER": "h34d3r-t0p-s3cret'&\"",
    "QUERY": "qu3ry t0p/s3cret+&=",
    "BODY": 'b0dy-"t0p"-s3cret\\n',
    "VARIABLE": "v4riable-t0p-s3cret-value",
    "ARGUMENT": "4rgument 't0p' s3cret",
    "LINE": "l1ne $(id) \"t0p\" `s3cret` 'x'",
}
# Written in pieces, in base64 with what stands around it, and as others quote it.
SCRIPT = """
import base64, json, os, sys, time, urllib.parse
secret = os.environ["KEY"]
for value in (secret, sys.argv[1]):
    for part in (value[:7], value[7:], "\\n"):
        sys.stdout.write(part)
        sys.stdout.flush()
        time.sleep(0.05)
print(base64.b64encode(secret.encode()).decode())
print(base64.b64encode(b"user:" + secret.encode() + b"\\n").decode())
print(urllib.parse.quote(sys.argv[1], safe=""), json.dumps(sys.argv[1]), file=sys.stderr)
sys.exit("failed with " + secret)
"""
SIGNING = "the signing secret of the receivers"


@pytest.fixture
def server() -> Iterator[HttpServer]:
    server = HttpServer()
    yield server
    server.close()


def _set(home: Path, value: str, *args: str) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "jobdesk", *args],
        input=value.encode() + b"\n", env=environment(home), capture_output=True, check=True,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr.decode())


def _echo(handler: BaseHTTPRequestHandler) -> None:
    """Repeats everything it was told: in its body, a header, and where it redirects to."""
    told = json.dumps([handler.path, dict(handler.headers.items())]).encode()
    reply(404, told, X_Echo=handler.headers["X-Key"], Location=handler.path)(handler)


def _forms(value: str) -> Iterator[bytes]:
    yield value.encode()
    yield quote(value, safe="").encode()
    yield quote(value).encode()
    yield json.dumps(value)[1:-1].encode()
    yield base64.b64encode(value.encode()).rstrip(b"=")[:-1]


def test_a_secret_is_used_and_found_nowhere(own_home: Path, server: HttpServer) -> None:
    said = [_set(own_home, SECRETS["HEADER"], "secret", "set", "HEADER")]
    with Desk.open(own_home) as desk:
        for name, value in SECRETS.items():
            desk.secrets.set(name, value)
    path = f"/echo?a=1&k={quote(SECRETS['QUERY'], safe='')}"
    server.routes[path] = _echo
    for args in (
        ("--http", "POST", f"{server.url}/echo?a=1&k=${{secret:QUERY}}",
         "-H", "X-Key: ${secret:HEADER}", "--data", '{"k": "${secret:BODY}"}'),
        ("--env", "KEY=${secret:VARIABLE}", "--", sys.executable, "-c", SCRIPT,
         "${secret:ARGUMENT}"),
        ("--shell", "printf '%s\\n' '${secret:LINE}' | tee /dev/stderr; exit 3"),
        ("--", sys.executable, "-c", "pass", "${secret:NEVER_SET}"),
    ):  # fmt: skip
        said.append(command(own_home, "push", "--retries", "0", *args))
    assert said[-1].err.startswith("warning: the secret NEVER_SET is not set")
    assert command(own_home, "serve", "--until-idle").code == 1
    runs = ["1", "2", "3", "4"]
    said += [command(own_home, "show", run, "--json") for run in runs]
    said += [command(own_home, "log", run) for run in runs]
    said += [
        command(own_home, *args)
        for args in (("runs", "--json"), ("secret", "list", "--json"), ("doctor", "--json"))
    ]

    # It was used.
    ((_method, asked, headers, body, _port),) = server.seen
    assert unquote(asked).endswith(f"k={SECRETS['QUERY']}")
    assert headers["X-Key"] == SECRETS["HEADER"]
    assert json.loads(body) == {"k": SECRETS["BODY"]}
    shown = [result.json for result in said[5:9]]
    assert [run["reason"] for run in shown] == [
        "http_client_error", "exit_code", "exit_code", "secret_missing",
    ]  # fmt: skip
    assert shown[3]["error"] == "NEVER_SET: the secret is not set"
    logs = [result.text for result in said[9:13]]
    assert logs[0].count("***") >= 3
    assert logs[1].count("***") >= 7
    assert logs[2].count("***") == 2
    assert "JOBDESK_SECRET_1" in logs[2]

    # It is found nowhere.
    places = {str(file): file.read_bytes() for file in own_home.rglob("*") if file.is_file()}
    places |= {f"answer {n}": one.out + one.err.encode() for n, one in enumerate(said)}
    assert {Path(name).name for name in places} >= {"jobdesk.db", "engine.log", "secrets.enc"}
    for name, value in SECRETS.items():
        for form in _forms(value):
            assert [place for place, data in places.items() if form in data] == [], (name, form)
    assert Vault.open(own_home).get_all(SECRETS) == SECRETS


def test_every_request_is_signed_until_signing_is_removed(
    own_home: Path, server: HttpServer
) -> None:
    server.routes["/hook"] = reply(200)

    def call() -> tuple[dict[str, str], bytes]:
        push = ("push", "--http", "POST", f"{server.url}/hook", "--data", '{"n": "ü"}')
        assert command(own_home, *push).code == 0
        assert command(own_home, "serve", "--until-idle").code == 0
        return server.seen[-1][2], server.seen[-1][3]

    def expected(secret: str, headers: dict[str, str], body: bytes) -> str:
        stamp = headers["X-Recuro-Timestamp"]
        assert abs(time.time() - int(stamp)) < 60
        signed = f"{stamp}.{body.decode()}".encode()
        return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()

    _set(own_home, SIGNING, "signing", "set")
    headers, body = call()
    assert headers["X-Recuro-Signature"] == expected(SIGNING, headers, body)
    assert "X-Recuro-Signature-Previous" not in headers
    _set(own_home, "another secret, as long", "signing", "rotate")
    headers, body = call()
    assert headers["X-Recuro-Signature"] == expected("another secret, as long", headers, body)
    assert headers["X-Recuro-Signature-Previous"] == expected(SIGNING, headers, body)
    command(own_home, "signing", "remove")
    headers, _ = call()
    assert not any(name.startswith("X-Recuro") for name in headers)
    for file in own_home.rglob("*"):
        assert not file.is_file() or SIGNING.encode() not in file.read_bytes(), file
