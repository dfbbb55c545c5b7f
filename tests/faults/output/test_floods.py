"""Scripts that print without end: memory, disk and the other runs don't feel it."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from jobdesk import Desk
from jobdesk.domain.log import Stream
from jobdesk.domain.run import RunState
from tests.faults.output.flood import (
    MB,
    ONCE,
    Watch,
    check_the_sums,
    head_and_tail,
    log_of,
    rows_of,
    script,
    watching,
)
from tests.support.command import environment, serving

CAP = 10 * MB
HEAD = 9 * MB
REPORT = logging.getLogger("floods")
FLAT = 50 * MB
PROMPT = 15.0
"""Seconds for a run that takes a tenth of one on a quiet machine."""


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


def check_the_engine(watch: Watch) -> None:
    small = sorted(watch.seconds)
    REPORT.info(
        f"memory +{watch.grown / MB:.1f} MB; file {watch.file / MB:.1f} MB,"
        f" its journal {watch.wal / MB:.1f} MB; {len(small)} small runs,"
        f" {small[len(small) // 2]:.3f} s in the middle, {small[-1]:.3f} s at most"
    )
    assert watch.grown < FLAT
    assert watch.file < 2 * CAP, "what is left out takes no room"
    assert watch.wal < 64 * MB
    assert small[-1] < PROMPT


@pytest.mark.slow_fault
@pytest.mark.timeout(180)
def test_two_gigabytes_without_a_line_break_and_somebody_who_follows(
    desk: Desk, own_home: Path
) -> None:
    size = 2 * 1024 * MB
    code = (
        "block = bytes(range(32, 96)) * 1024\n"
        f"for n in range({size} // len(block)): write(1, block)"
    )
    with serving(own_home) as engine, watching(desk, own_home, engine.pid) as watch:
        run = desk.push(script(code), retry=ONCE)
        follower = subprocess.Popen(
            [sys.executable, "-m", "jobdesk", "log", str(run.id), "--follow"],
            env=environment(own_home),
            stdout=subprocess.DEVNULL,
        )
        assert desk.wait(run.id, timeout=150).state is RunState.SUCCEEDED
        assert follower.wait(30) == 0
    attempt, chunks = log_of(desk, run)
    check_the_sums(attempt, chunks, size, 0)
    head, tail = head_and_tail(chunks)
    assert len(head) == HEAD
    assert MB <= len(tail) < MB + 65_536
    block = bytes(range(32, 96)) * (CAP // 64)
    assert head == block[:HEAD]
    assert tail == block[-len(tail) :]
    check_the_engine(watch)


@pytest.mark.slow_fault
@pytest.mark.timeout(180)
def test_a_minute_of_ten_thousand_writes_a_second_on_both_streams(
    desk: Desk, own_home: Path
) -> None:
    each = 600_000
    # A hundredth of a second at a time: a write alone can't be timed.
    code = (
        "began = time.monotonic()\n"
        f"for n in range({each}):\n"
        "  os.write(1, b'o%010d\\n' % n); os.write(2, b'e%010d\\n' % n)\n"
        "  if n % 100 == 99: time.sleep(max(0, began + n / 10000 - time.monotonic()))\n"
    )
    with serving(own_home) as engine, watching(desk, own_home, engine.pid) as watch:
        run = desk.push(script(code), retry=ONCE)
        assert desk.wait(run.id, timeout=150).state is RunState.SUCCEEDED
    attempt, chunks = log_of(desk, run)
    check_the_sums(attempt, chunks, 2 * each * 12, 2 * each)
    head, tail = head_and_tail(chunks)
    assert len(head) + len(tail) >= CAP
    for stream, letter in ((Stream.STDOUT, "o"), (Stream.STDERR, "e")):
        kept = b"".join(c.data for c in desk.log(run.id, stream=stream)).decode()
        numbers = [int(line[1:]) for line in kept.splitlines() if len(line) == 11]
        assert kept.startswith(f"{letter}0000000000\n{letter}0000000001\n")
        assert kept.endswith(f"{letter}{each - 1:010d}\n")
        jumps = [b - a for a, b in pairwise(numbers) if b != a + 1]
        assert len(jumps) == 1, "whole but for the one gap"
    rows = rows_of(own_home, run)
    REPORT.info(f"{rows} rows, took {attempt.duration_ms} ms")
    assert rows < 10_000, "and not one for each of 1,200,000 writes"
    check_the_engine(watch)
