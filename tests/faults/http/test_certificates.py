"""Certificates that must not be trusted. (Self-signed ones: ``tests/engine/runners``.)"""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jobdesk.domain.action import HttpAction
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.engine.runners.base import StopToken
from jobdesk.engine.runners.http import HttpRunner
from tests.engine.runners.recording import RecordingSink, an_assignment
from tests.engine.runners.servers import HttpServer, reply

_CONFIG = """
[ca]
default_ca = ours
[ours]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


@pytest.fixture
def serve_with(tmp_path: Path) -> Iterator[Callable[..., tuple[int, Path]]]:
    """Makes a certificate for a name and a span of time, and serves with it: the port and
    the file of the certificate."""
    servers: list[HttpServer] = []

    def make(name: str, start: str, end: str) -> tuple[int, Path]:
        key, request, cert = (tmp_path / part for part in ("key.pem", "request.pem", "cert.pem"))
        (tmp_path / "index").touch()
        (tmp_path / "config").write_text(_CONFIG.format(folder=tmp_path))
        for line in (
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            f" -keyout {key} -out {request} -subj /CN={name} -addext subjectAltName=DNS:{name}",
            f"openssl ca -config {tmp_path / 'config'} -batch -selfsign -keyfile {key}"
            f" -in {request} -out {cert} -notext -startdate {start} -enddate {end}",
        ):
            subprocess.run(line.split(), check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        servers.append(HttpServer(context))
        servers[-1].routes["/"] = reply(200, b"ok")
        return servers[-1].port, cert

    yield make
    for server in servers:
        server.close()


def call(port: int, trusted: Path) -> Verdict:
    """Call the server as ``localhost``, trusting who signed its certificate."""
    with closing(HttpRunner(environ={"REQUESTS_CA_BUNDLE": str(trusted)})) as runner:
        action = HttpAction("GET", f"https://localhost:{port}/")
        return runner.run(action, an_assignment(timeout=30), RecordingSink(), StopToken())


@pytest.mark.parametrize(
    ("name", "start", "end", "why"),
    [
        ("localhost", "20200101000000Z", "20200201000000Z", "certificate has expired"),
        ("localhost", "21000101000000Z", "21000201000000Z", "certificate is not yet valid"),
        ("elsewhere.example", "20200101000000Z", "21000101000000Z", "Hostname mismatch"),
        ("localhost", "20200101000000Z", "21000101000000Z", None),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(
    serve_with: Callable[..., tuple[int, Path]], name: str, start: str, end: str, why: str | None
) -> None:
    port, trusted = serve_with(name, start, end)
    verdict = call(port, trusted)
    if why is None:
        assert verdict.outcome is Outcome.SUCCEEDED, "the test's own certificates are good ones"
        return
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.SSL_ERROR)
    said = f"the certificate of localhost:{port} is not accepted: {why}"
    assert (verdict.error or "").startswith(said)
