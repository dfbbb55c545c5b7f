"""Figure 7: the engine's memory at rest. After much work it is looked at in figure 10, where
an engine drains for minutes anyway."""

from __future__ import annotations

import subprocess
import time

import psutil

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.results import Goal, Measured, Series

_MB = 1_000_000


def measure(bench: Bench) -> list[Measured]:
    rest = tuple(_at_rest(bench) for _ in range(bench.rounds))
    bench.say(f"at rest: {', '.join(f'{value:.1f}' for value in rest)} MB")
    return [
        Measured(
            "Memory of the engine at rest",
            "MB",
            (Series("JobDesk", rest),),
            goals=(Goal("under 90 MB", rest, 90.0, at_least=False, under=True, unit="MB"),),
            notes=("Resident memory 2 s after its start on an empty home.",),
            higher_is_better=False,
        )
    ]


def _at_rest(bench: Bench) -> float:
    with engine.serving(bench.fresh()) as served:
        time.sleep(bench.size(2, 1))
        return resident(served)


def resident(process: subprocess.Popen[bytes]) -> float:
    """MB that the process has in memory."""
    return float(psutil.Process(process.pid).memory_info().rss) / _MB
