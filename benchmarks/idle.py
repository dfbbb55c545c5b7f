"""Figure 6: engine and window with nothing to do but to wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.results import Goal, Measured, Series
from jobdesk import Cron, Desk, ScriptAction


def measure(bench: Bench) -> list[Measured]:
    jobs, seconds = bench.size(1_000, 20), bench.size(3, 2)
    home = bench.fresh()
    with Desk.open(home) as desk:
        for number in range(jobs):
            trigger = Cron(f"{number % 60} {number % 24} 29 2 *", tz="UTC")
            desk.add_job(f"job {number}", ScriptAction(["/bin/true"]), trigger=trigger)
    with engine.serving(home) as served, _window(home) as window:
        time.sleep(bench.size(6, 3))  # what has to be done at the start is done
        watched = [psutil.Process(served.pid), psutil.Process(window.pid)]
        rounds = [_sample(watched, seconds) for _ in range(bench.rounds)]
    shares = tuple(sum(share for share, _ in both) for both in rounds)
    written = tuple(sum(count for _, count in both) for both in rounds)
    engines = tuple(both[0][0] for both in rounds)
    windows = tuple(both[1][0] for both in rounds)
    note = (
        f"{jobs:,} enabled jobs with a cron trigger, nothing due; {len(rounds)} spells of"
        f" {seconds} s one after the other, the window open on a screen in memory."
    )
    return [
        Measured(
            "Idle, processor",
            "% of a core",
            (
                Series("JobDesk, both", shares),
                Series("the engine", engines),
                Series("the window", windows),
            ),
            goals=(Goal("under 1% of a core", shares, 1.0, at_least=False, under=True, unit="%"),),
            notes=(note, "Processor time as the system counts it, children included."),
            higher_is_better=False,
        ),
        _disk(written),
    ]


def _disk(written: tuple[float, ...]) -> Measured:
    known = all(count >= 0 for count in written)
    values = written if known else ()
    why = "" if known else "this system doesn't count what a process writes"
    return Measured(
        "Idle, written to disk",
        "bytes",
        (Series("JobDesk, both", values),) if known else (),
        goals=(Goal("nothing", values, 0.0, at_least=False, unit="bytes", why_not=why),),
        higher_is_better=False,
    )


@contextmanager
def _window(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = {**engine.environment(home), "QT_QPA_PLATFORM": "offscreen"}
    window = subprocess.Popen(
        [sys.executable, "-m", "jobdesk"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield window
        if window.poll() is not None:
            raise RuntimeError("the window has ended")
    finally:
        if window.poll() is None:
            window.send_signal(signal.SIGTERM)
        window.communicate(timeout=60)


def _sample(watched: Sequence[psutil.Process], seconds: float) -> list[tuple[float, float]]:
    """For each process: per cent of a core, and bytes written (-1 where nobody counts)."""
    before = [(_used(process), _written(process)) for process in watched]
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    after = [(_used(process), _written(process)) for process in watched]
    return [
        (100 * (used - used_before) / took, -1.0 if total < 0 else total - total_before)
        for (used_before, total_before), (used, total) in zip(before, after, strict=True)
    ]


def _used(process: psutil.Process) -> float:
    """Seconds of processor time."""
    return sum(process.cpu_times()[:4])


def _written(process: psutil.Process) -> float:
    """Bytes that it had the system write to a disk, so far."""
    if not hasattr(process, "io_counters") or os.name != "posix":
        return -1.0
    return float(process.io_counters().write_bytes)
