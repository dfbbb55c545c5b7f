"""Figure 8: from the start of the process to a painted window with rows in it.

Beside it, the bare script: PySide6.QtWidgets and SQLAlchemy imported, an empty window shown.
Both are whole processes, started in turns. The window opens on the page of all runs of a
home with a million of them, where no engine runs: the window starts one, as it does for
whoever opens it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.harness import Bench
from benchmarks.history import Shape
from benchmarks.results import Goal, Measured, Series, ratios

_PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds until the picture: on the wall clock, and of CPU time in that process."""

    wall: float
    cpu: float


def measure(bench: Bench) -> list[Measured]:
    history = bench.size(1_000_000, 1_000)
    home = bench.histories.copy(Shape(history), bench.fresh())
    open_on(home, "runs")
    modules = {"JobDesk": "benchmarks.windows.started", "bare script": "benchmarks.windows.bare"}
    for module in modules.values():
        start(module, home)  # from now on the files are in memory, for both
    found = bench.interleave(
        {name: partial(start, module, home) for name, module in modules.items()}
    )
    walls = {name: tuple(one.wall for one in rounds) for name, rounds in found.items()}
    cpus = {name: median(one.cpu for one in rounds) for name, rounds in found.items()}
    against = ratios(walls["JobDesk"], walls["bare script"])
    note = (
        f"{history:,} runs in the history; processor time until then {cpus['JobDesk']:.2f} s,"
        f" of the bare script {cpus['bare script']:.2f} s."
    )
    return [
        Measured(
            "Start to a painted window with rows",
            "s",
            (Series("JobDesk", walls["JobDesk"]),),
            limits=(Series("bare script, empty window", walls["bare script"]),),
            goals=(Goal("at most 1.5 × the bare script", against, 1.5, at_least=False),),
            notes=(note,),
            higher_is_better=False,
        )
    ]


def start(module: str, home: Path) -> Started:
    """Start one of :mod:`benchmarks.windows` and wait until it has told its moment."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"JOBDESK_HOME": str(home)}
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_PATIENCE,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[0])
    return Started(told["at"] - before, told["cpu"])


def open_on(home: Path, page: str) -> None:
    """Have the next window of this home open on a page."""
    (home / "window.json").write_text(json.dumps({"page": page}))
