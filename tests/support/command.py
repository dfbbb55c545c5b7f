"""The program as other people start it: a process of its own, and an engine likewise."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jobdesk

_SOURCE = str(Path(jobdesk.__file__).parents[1])
PATIENCE = 60.0
"""Seconds for what takes one on a quiet machine."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; fails where anything else is there too."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        return self.out.decode()


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with the package that is being tested and ``home``."""
    path = os.pathsep.join(filter(None, [_SOURCE, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "JOBDESK_HOME": str(home), **(more or {})}


def start(
    home: Path, *args: str | bytes, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a command in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "jobdesk", *args],
        env=environment(home, env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> Result:
    """Wait for a command; it must not have printed a traceback."""
    out, err = process.communicate(timeout=PATIENCE)
    assert b"Traceback" not in err, err.decode()
    return Result(process.returncode, out, err.decode())


def command(
    home: Path, *args: str | bytes, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Result:
    """Run a command to its end."""
    return finish(start(home, *args, env=env, cwd=cwd))


def started(home: Path, *args: str) -> subprocess.Popen[bytes]:
    """An engine that says it is running."""
    engine = start(home, "serve", *args)
    assert engine.stderr is not None
    said = engine.stderr.readline()
    assert b"the engine is running" in said, said + engine.stderr.read()
    return engine


@contextmanager
def serving(home: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """An engine while inside; then it is stopped, and must have nothing to complain of."""
    engine = started(home, *args)
    try:
        yield engine
    finally:
        if engine.poll() is None:
            engine.send_signal(signal.SIGTERM)
        result = finish(engine)
    assert result.code in (0, -signal.SIGKILL), result
