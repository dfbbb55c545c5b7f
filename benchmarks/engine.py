"""JobDesk as a user runs it: ``jobdesk serve`` as a process of its own, on a home on disk."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKERS = 8
_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Drained:
    """How long a drain took, in seconds: from the first start of an attempt to the last end
    as they are on record, and from the engine's announcement (or the first start, where
    that was earlier) to the end of its process."""

    recorded: float
    wall: float


def environment(home: Path) -> dict[str, str]:
    keep = {name: value for name, value in os.environ.items() if not name.startswith("JOBDESK_")}
    return {**keep, "JOBDESK_HOME": str(home)}


def start(home: Path, *args: str) -> subprocess.Popen[bytes]:
    """An engine that has announced itself."""
    command = [sys.executable, "-m", "jobdesk", "serve", *args]
    engine = subprocess.Popen(
        command, env=environment(home), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert engine.stderr is not None
    said = engine.stderr.readline()
    if b"the engine is running" not in said:
        said += engine.communicate()[1]
        raise RuntimeError(f"the engine did not start: {said.decode()}")
    return engine


@contextmanager
def serving(home: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """An engine while inside; then it is stopped, and must have ended well."""
    engine = start(home, *args)
    try:
        yield engine
    finally:
        engine.send_signal(signal.SIGTERM)
        said = _last_words(engine, 60)
    if engine.returncode != 0:
        raise RuntimeError(f"the engine ended with {engine.returncode}: {said.decode()}")


def drain(home: Path, after: int = 0) -> Drained:
    """Let an engine run whatever is queued, and check that all of it is on record.

    ``after`` is the last id that isn't part of it.
    """
    engine = start(home, "--until-idle", "--workers", str(WORKERS))
    announced = time.time()
    said = _last_words(engine, _PATIENCE)
    ended = time.time()
    if engine.returncode != 0:
        raise RuntimeError(f"the engine ended with {engine.returncode}: {said.decode()}")
    (runs,) = ask(home, "SELECT count(*) FROM runs WHERE id > ?", after)[0]
    first, last, good, logged = ask(
        home,
        "SELECT min(started_at), max(finished_at), sum(outcome = 'succeeded'),"
        " sum(EXISTS (SELECT 1 FROM log_chunks WHERE attempt_id = attempts.id))"
        " FROM attempts WHERE run_id > ?",
        after,
    )[0]
    if (good, logged) != (runs, runs):
        raise RuntimeError(f"of {runs} runs, {good} succeeded and {logged} have a log")
    return Drained((last - first) / 1e6, ended - min(announced, first / 1e6))


def _last_words(engine: subprocess.Popen[bytes], patience: float) -> bytes:
    """Wait for its end; one that takes too long must not work on while others are measured."""
    try:
        return engine.communicate(timeout=patience)[1]
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.communicate()
        raise


def ask(home: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read the home's database."""
    with closing(sqlite3.connect(home / "jobdesk.db", timeout=30)) as db:
        return db.execute(query, values).fetchall()


def wait_until(home: Path, query: str, wanted: int, *values: Any, patience: float = 300.0) -> None:
    """Wait until a query that counts has counted ``wanted``; looks ten times a second."""
    deadline = time.monotonic() + patience
    while (found := ask(home, query, *values)[0][0]) < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {found} of {wanted} after {patience:.0f} s: {query}")
        time.sleep(0.1)
