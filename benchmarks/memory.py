"""Figure 7: the engine's memory at rest. After much work it is looked at in figure 10, where
an engine drains for minutes anyway."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack

import psutil

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.results import Goal, Measured, Series

_MB = 1_000_000


def measure(bench: Bench) -> list[Measured]:
    rest = _at_rest(bench)
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


def _at_rest(bench: Bench) -> tuple[float, ...]:
    """Of several engines, all there at once: they do nothing, and so not to each other."""
    with ExitStack() as engines:
        served = [engines.enter_context(engine.serving(bench.fresh())) for _ in range(bench.rounds)]
        time.sleep(bench.size(2, 1))
        return tuple(resident(one) for one in served)


def resident(process: subprocess.Popen[bytes]) -> float:
    """MB that the process has in memory."""
    return float(psutil.Process(process.pid).memory_info().rss) / _MB
