"""Figure 10: the window while an engine drains as fast as it can and the history grows.

An engine with a backlog and a process that pushes keep both cores busy. Under that load,
in turns, an empty Qt window and JobDesk's: on its pages of runs (at the top, and scrolled
down with a row selected), overview, jobs, queues and dead letters.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.history import Shape
from benchmarks.results import Goal, Measured, Series, ratios
from benchmarks.stalls import play, summaries, words
from benchmarks.window_start import open_on

MODULE = "benchmarks.windows.under_load"
PUSHED_PER_SECOND = 300


def measure(bench: Bench) -> list[Measured]:
    shape = Shape(bench.size(100_000, 1_000), queued=bench.size(300_000, 5_000))
    home = bench.histories.copy(shape, bench.fresh())
    open_on(home, "runs")
    with _load(home):
        before, began = _finished(home), time.monotonic()
        found = bench.interleave(
            {"JobDesk": partial(play, MODULE, home), "empty": partial(play, MODULE, home, "empty")}
        )
        drained = (_finished(home) - before) / (time.monotonic() - began)
    mine = [summaries(told)["all"] for told in found["JobDesk"]]
    empty = tuple(summaries(told)["all"].p99 for told in found["empty"])
    p99 = tuple(one.p99 for one in mine)
    stayed = tuple(float(all(told["stayed"])) for told in found["JobDesk"])
    last = found["JobDesk"][-1]
    return [
        Measured(
            "Stalls under load, p99",
            "ms",
            (Series("JobDesk", p99), Series("longest", tuple(one.most for one in mine))),
            limits=(Series("empty window", empty),),
            goals=(
                Goal("at most 1.5 × an empty window", ratios(p99, empty), 1.5, at_least=False),
                Goal("selection and place stay", (min(stayed),), 1.0, at_least=True, unit=""),
            ),
            notes=(
                f"Meanwhile {drained:,.0f} runs a second were drained and {PUSHED_PER_SECOND}"
                " pushed.",
                words(summaries(last), summaries(last, "work")),
            ),
            higher_is_better=False,
        )
    ]


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
    return int(engine.ask(home, "SELECT count(*) FROM runs WHERE state = 'succeeded'")[0][0])
