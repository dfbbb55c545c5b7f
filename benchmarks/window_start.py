"""Figure 8: from the start of the process to a painted window with rows in it.

Beside it, the bare script: PySide6.QtWidgets and SQLAlchemy imported, an empty window shown.
Both are whole processes, started in turns. The window opens on the page of all runs of a
home with a million of them, where no engine runs: the window starts one, as it does for
whoever opens it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.homes import make_home

GOAL = 1.5
_PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds until the picture: on the wall clock, and of CPU time in that process."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class WindowStart:
    """One entry a round, JobDesk's beside the bare script's."""

    jobdesk: tuple[Started, ...]
    bare: tuple[Started, ...]

    @property
    def ratio(self) -> float:
        """Of the medians of the wall clock; the goal is at most :data:`GOAL`."""
        return _median(self.jobdesk) / _median(self.bare)


def _median(rounds: tuple[Started, ...]) -> float:
    return statistics.median(one.wall for one in rounds)


def measure(home: Path, rounds: int = 5) -> WindowStart:
    """Start both in turns on a home that :func:`benchmarks.homes.make_home` made."""
    open_on(home, "runs")
    mine, bare = [], []
    for _ in range(rounds):
        bare.append(start("benchmarks.windows.bare", home))
        mine.append(start("benchmarks.windows.started", home))
    return WindowStart(tuple(mine), tuple(bare))


def start(module: str, home: Path) -> Started:
    """Start one of :mod:`benchmarks.windows` and wait until it has told its moment."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"JOBDESK_HOME": str(home)}
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=environment,
        stdout=subprocess.PIPE,
        timeout=_PATIENCE,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[0])
    return Started(told["at"] - before, told["cpu"])


def open_on(home: Path, page: str) -> None:
    """Have the next window of this home open on a page."""
    (home / "window.json").write_text(json.dumps({"page": page}))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(make_home(Path(folder), finished=1_000_000))
    for name in ("bare", "jobdesk"):
        rounds = getattr(found, name)
        walls = ", ".join(f"{one.wall:.2f}" for one in rounds)
        cpus = ", ".join(f"{one.cpu:.2f}" for one in rounds)
        print(f"{name:8} wall {walls} s; CPU {cpus} s")
    print(f"ratio {found.ratio:.2f} (goal: at most {GOAL})")


if __name__ == "__main__":
    main()
