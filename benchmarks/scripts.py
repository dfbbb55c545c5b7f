"""Figure 1: scripts drained. ``/bin/true``, its output captured, everything recorded."""

from __future__ import annotations

import os

from benchmarks.drains import Rates
from benchmarks.engine import WORKERS
from benchmarks.harness import Bench
from benchmarks.limits.c_spawn import SpawnLoop
from benchmarks.limits.loop import run_loop
from benchmarks.results import Measured, beside

C_LOOP = "loop in C"
LOOP = "loop in Python"


def measure(bench: Bench) -> list[Measured]:
    count = bench.size(400, 100)
    cores = os.cpu_count() or 1
    spawn = SpawnLoop(bench.fresh())
    rated = Rates(bench, "script", count).measure(
        {
            C_LOOP: lambda: spawn.run(count, cores),
            LOOP: lambda: run_loop("script", count, WORKERS),
        }
    )
    ours = rated.ours[0]
    goals = [
        beside(ours, rated.peers, "huey", 1.5, "at least 1.5 × huey with fsync"),
        beside(ours, rated.peers, "APScheduler", 1.25, "at least 1.25 × APScheduler"),
        beside(ours, rated.peers, "dramatiq", 1.0, "ahead of dramatiq"),
        beside(ours, rated.limits, C_LOOP, 0.5, "at least half of the loop in C"),
    ]
    notes = (
        f"{count:,} runs of /bin/true, {WORKERS} workers, output captured.",
        f"The loop in C calls posix_spawn from {cores} threads, one for each core (with 8 it is"
        f" slower); the loop in Python calls subprocess.run from {WORKERS}.",
    )
    return [rated.measured("Scripts drained", goals, *notes)]
