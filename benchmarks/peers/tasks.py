"""The work, as a peer's worker does it; each task leaves a line in the ledger.

The environment says what the worker needs to know: ``BENCH_LEDGER``, the file that all of
its processes append to, and ``BENCH_URL``, what to call.
"""

from __future__ import annotations

import os
import struct
import subprocess
import threading
import time
from functools import cache
from pathlib import Path

import requests

LINE = struct.Struct("ddd")
"""due, began, ended: seconds since 1970; due is 0 where the task was due at once."""

_LOCAL = threading.local()


def script() -> None:
    """Run ``/bin/true``, its output captured."""
    began = time.time()
    subprocess.run(["/bin/true"], capture_output=True, check=True)
    _note(0.0, began)


def call() -> None:
    """GET over this thread's session, the body read."""
    began = time.time()
    answer = session().get(os.environ["BENCH_URL"], timeout=30)
    answer.raise_for_status()
    _note(0.0, began)


def clock(due: float) -> None:
    """Run ``date``: what it prints is when a script that was ``due`` really began."""
    printed = subprocess.run(["/bin/date", "+%s.%N"], capture_output=True, check=True)
    _note(due, float(printed.stdout))


def session() -> requests.Session:
    """One default session for each thread."""
    if not hasattr(_LOCAL, "session"):
        _LOCAL.session = requests.Session()
    found: requests.Session = _LOCAL.session
    return found


def do(kind: str, due: float) -> None:
    """Do a task by its name: what peers that take any function are given."""
    if kind == "script":
        script()
    elif kind == "call":
        call()
    else:
        clock(due)


def orders(arguments: list[str]) -> list[tuple[str, float]]:
    """What ``fill KIND COUNT`` or ``fill due FILE`` asks for: kinds and due times. The file
    holds offsets in seconds from now."""
    kind, number = arguments
    if kind == "due":
        now = time.time()
        return [("clock", now + float(line)) for line in Path(number).read_text().split()]
    return [(kind, 0.0)] * int(number)


def _note(due: float, began: float) -> None:
    os.write(_ledger(), LINE.pack(due, began, time.time()))


@cache
def _ledger() -> int:
    # Short writes to a file opened like this never mix, whoever else appends.
    return os.open(os.environ["BENCH_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
