"""Figure 10: the window while an engine drains as fast as it can and the history grows.

An engine with a backlog and a process that pushes keep both cores busy. Under that load,
in turns, an empty Qt window and JobDesk's: on its pages of runs (at the top, and scrolled
down with a row selected), overview, jobs, queues and dead letters.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.homes import make_home
from benchmarks.stalls import Stalls, play, summaries
from benchmarks.window_start import open_on
from jobdesk import Desk
from jobdesk.domain.run import RunState
from jobdesk.domain.run_filter import RunFilter

GOAL = 1.5
MODULE = "benchmarks.windows.under_load"
BACKLOG, PUSHED_PER_SECOND = 120_000, 300
_DRAINED = RunFilter(states=frozenset({RunState.SUCCEEDED}))


@dataclass(frozen=True, slots=True)
class UnderLoad:
    """A round each: all stalls of the window and of an empty one; the window's own work,
    step by step, of the last round; whether selection and place stayed, always; and the
    runs per second that were drained meanwhile."""

    window: tuple[Stalls, ...]
    empty: tuple[Stalls, ...]
    steps: dict[str, Stalls]
    work: dict[str, Stalls]
    stayed: bool
    drained: float

    @property
    def ratio(self) -> float:
        """Of the medians of p99; the goal is at most :data:`GOAL`."""
        mine, empty = (
            statistics.median(one.p99 for one in rounds) for rounds in (self.window, self.empty)
        )
        return mine / empty


def measure(home: Path, rounds: int = 2) -> UnderLoad:
    """On a home with a history and a backlog of runs of /bin/true."""
    open_on(home, "runs")
    window, empty, told, stayed = [], [], {}, []
    with _load(home):
        before, began = _finished(home), time.monotonic()
        for _ in range(rounds):
            empty.append(summaries(play(MODULE, home, "empty"))["all"])
            told = play(MODULE, home)
            window.append(summaries(told)["all"])
            stayed += told["stayed"]
        drained = (_finished(home) - before) / (time.monotonic() - began)
    steps, work = summaries(told), summaries(told, "work")
    return UnderLoad(tuple(window), tuple(empty), steps, work, all(stayed), drained)


@contextmanager
def _load(home: Path) -> Iterator[None]:
    environment = {**os.environ, "JOBDESK_HOME": str(home)}
    serve = [sys.executable, "-m", "jobdesk", "serve"]
    push = [sys.executable, "-m", "benchmarks.windows.pusher", str(PUSHED_PER_SECOND)]
    quiet = subprocess.DEVNULL
    with (
        subprocess.Popen(serve, env=environment, stderr=quiet) as engine,
        subprocess.Popen(push, env=environment, stdin=subprocess.PIPE) as pusher,
    ):
        try:
            time.sleep(3)
            yield
        finally:
            assert pusher.stdin is not None
            pusher.stdin.close()
            pusher.wait(30)
            engine.terminate()
            engine.wait(60)


def _finished(home: Path) -> int:
    with Desk.open(home) as desk:
        return desk.count_runs(_DRAINED, most=10_000_000)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        show(measure(make_home(Path(folder), finished=100_000, queued=BACKLOG)))


def show(found: UnderLoad) -> None:
    for name, stalls in found.steps.items():
        print(f"{name:26} {stalls}   of it work {found.work[name]}")
    for mine, empty in zip(found.window, found.empty, strict=True):
        print(f"{'window':26} {mine}\n{'an empty window':26} {empty}")
    print(f"drained {found.drained:.0f} a second; place and selection stayed: {found.stayed}")
    print(f"ratio of p99 {found.ratio:.2f} (goal: at most {GOAL})")


if __name__ == "__main__":
    main()
