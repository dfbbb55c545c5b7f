"""Redis and nginx on loopback, each on a free port, started for a figure and stopped after it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import Missing

_NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type text/plain; return 200 "done\\n"; }}
    }}
}}
"""


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing on disk; its URL. Raises :class:`Missing`."""
    program = _program("redis-server", "Redis is not installed (Debian: redis-server)")
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with _running([program, *options, "--dir", str(folder)], port):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """An nginx that answers every GET with a few bytes; its URL. Raises :class:`Missing`."""
    program = _program("nginx", "nginx is not installed (Debian: nginx-light)")
    port = free_port()
    # Its workers would become another user, who can't read the folder.
    user = "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, user=user))
    with _running([program, "-p", str(folder), "-c", str(config), "-e", "stderr"], port):
        yield f"http://127.0.0.1:{port}/"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str, sentence: str) -> str:
    # Debian keeps servers where only root looks.
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=places)
    if found is None:
        raise Missing(sentence)
    return found


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[None]:
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        _wait_for(server, port)
        yield
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            assert server.stdout is not None
            raise Missing(f"{server.args[0]} did not start: {server.stdout.read().decode()}")
        time.sleep(0.05)
    raise Missing(f"{server.args[0]} does not answer")
