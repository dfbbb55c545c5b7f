"""A real engine under a flood of output, and what is measured of it meanwhile."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jobdesk import Desk, RetryPolicy, ScriptAction
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.run import Attempt, Run, RunState

MB = 1_048_576
ONCE = RetryPolicy(retries=0)


def script(code: str) -> ScriptAction:
    """Python that starts quickly; ``write`` is ``os.write``, and all of it is written."""
    lines = "import os, sys, time\ndef write(f, d):\n  while d: d = d[os.write(f, d):]\n"
    return ScriptAction([sys.executable, "-I", "-S", "-c", lines + code])


@dataclass
class Watch:
    """The most that was seen while something went on."""

    rss_before: int
    rss: int = 0
    file: int = 0
    wal: int = 0
    seconds: list[float] = field(default_factory=list)
    """From the push of each small run to its end."""

    @property
    def grown(self) -> int:
        """By how many bytes the engine's memory grew at most."""
        return self.rss - self.rss_before


@contextmanager
def watching(desk: Desk, home: Path, engine: int, *, small: bool = True) -> Iterator[Watch]:
    """Watch the engine's memory and the files; with ``small``, push small runs meanwhile."""
    warm_up(desk)
    process = psutil.Process(engine)
    watch = Watch(process.memory_info().rss)
    over = threading.Event()
    failed: list[BaseException] = []

    def look() -> None:
        while not over.wait(0.05):
            watch.rss = max(watch.rss, process.memory_info().rss)
            watch.file = max(watch.file, size_of(home / "jobdesk.db"))
            watch.wal = max(watch.wal, size_of(home / "jobdesk.db-wal"))

    def push() -> None:
        while not over.wait(0.5):
            began = time.monotonic()
            run = desk.push(script("print('small')"), retry=ONCE)
            try:
                assert desk.wait(run.id, timeout=60).state is RunState.SUCCEEDED
            except BaseException as error:
                failed.append(error)
                return
            watch.seconds.append(time.monotonic() - began)

    threads = [threading.Thread(target=look)]
    if small:
        threads.append(threading.Thread(target=push))
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failed, failed


def warm_up(desk: Desk) -> None:
    """Let the engine load all that it needs for a run before its memory is measured."""
    for _ in range(3):
        run = desk.push(script("write(1, b'x' * 300000); write(2, b'y')"), retry=ONCE)
        assert desk.wait(run.id, timeout=60).state is RunState.SUCCEEDED


def size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def log_of(desk: Desk, run: Run) -> tuple[Attempt, list[LogChunk]]:
    (attempt,) = desk.attempts(run.id)
    return attempt, list(desk.log(run.id))


def rows_of(home: Path, run: Run) -> int:
    """How many rows of the database the log takes."""
    query = (
        "SELECT count(*) FROM log_chunks JOIN attempts ON attempts.id = attempt_id WHERE run_id = ?"
    )
    with closing(sqlite3.connect(home / "jobdesk.db")) as peek:
        return int(peek.execute(query, (run.id,)).fetchone()[0])


def output(chunks: Sequence[LogChunk]) -> list[LogChunk]:
    return [chunk for chunk in chunks if chunk.stream is not Stream.SYSTEM]


def check_the_sums(attempt: Attempt, chunks: Sequence[LogChunk], size: int, lines: int) -> None:
    """What is kept and what was left out are together what was written."""
    kept = output(chunks)
    assert sum(len(c.data) for c in kept) + attempt.omitted_bytes == size
    assert sum(c.data.count(b"\n") for c in kept) + attempt.omitted_lines == lines
    marks = [c for c in chunks if c.stream is Stream.SYSTEM and b"were left out" in c.data]
    words = f"{attempt.omitted_bytes:,} bytes ({attempt.omitted_lines:,} lines)"
    assert [words in mark.data.decode() for mark in marks] == [True] * bool(attempt.omitted_bytes)


def head_and_tail(chunks: Sequence[LogChunk]) -> tuple[bytes, bytes]:
    """The output before and after the sentence that says what is missing."""
    at = next(c.seq for c in chunks if b"were left out" in c.data)
    kept = output(chunks)
    head = b"".join(c.data for c in kept if c.seq < at)
    return head, b"".join(c.data for c in kept if c.seq > at)
