"""Figure 7: the engine's memory, at rest and after much work."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psutil

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.history import Shape
from benchmarks.results import Goal, Measured, Series
from jobdesk import Desk, ScriptAction

_TRUE = ScriptAction(["/bin/true"])
_MB = 1_000_000


def measure(bench: Bench) -> list[Measured]:
    """Resident memory in MB; a drain takes long and gives the same each time, so there is
    one, where there are rounds of everything else."""
    rest = tuple(_at_rest(bench) for _ in range(bench.rounds))
    bench.say(f"at rest: {', '.join(f'{value:.1f}' for value in rest)} MB")
    history, count = bench.size(1_000_000, 1_000), bench.size(50_000, 200)
    home = bench.histories.copy(Shape(history), bench.fresh())
    after, most = _after(home, count, bench.size(5, 1))
    bench.say(f"after {count:,} runs: {after:.1f} MB, at most {most:.1f}")
    return [
        Measured(
            "Memory of the engine at rest",
            "MB",
            (Series("JobDesk", rest),),
            goals=(Goal("under 90 MB", rest, 90.0, at_least=False, under=True, unit="MB"),),
            notes=("Resident memory 3 s after its start on an empty home.",),
            higher_is_better=False,
        ),
        Measured(
            f"Memory of the engine after {count:,} runs",
            "MB",
            (Series("JobDesk", (after,)), Series("at most meanwhile", (most,))),
            goals=(Goal("under 130 MB", (after,), 130.0, at_least=False, under=True, unit="MB"),),
            notes=(f"{count:,} scripts drained on top of {history:,} rows of history; one round.",),
            higher_is_better=False,
        ),
    ]


def _at_rest(bench: Bench) -> float:
    with engine.serving(bench.fresh()) as served:
        time.sleep(bench.size(3, 1))
        return _resident(served)


def _after(home: Path, count: int, calm: float) -> tuple[float, float]:
    """MB ``calm`` seconds after the last run, and the most at any look."""
    with Desk.open(home) as desk:
        ids = desk.push_many([_TRUE] * count)
    done = "SELECT count(*) FROM runs WHERE id >= ? AND state IN ('queued', 'running')"
    most = 0.0
    with engine.serving(home) as served:
        while engine.ask(home, done, ids[0])[0][0]:
            most = max(most, _resident(served))
            time.sleep(0.25)
        time.sleep(calm)
        after = _resident(served)
        return after, max(most, after)


def _resident(process: subprocess.Popen[bytes]) -> float:
    return float(psutil.Process(process.pid).memory_info().rss) / _MB
