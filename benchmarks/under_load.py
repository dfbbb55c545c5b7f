"""Figure 10: the window while an engine drains as fast as it can and the history grows.

An engine with a backlog and a process that pushes keep both cores busy. Under that load,
in turns, an empty Qt window and JobDesk's: on its pages of runs (at the top, and scrolled
down with a row selected), overview, jobs, queues and dead letters. By then the engine has
done much work, so what memory it keeps of that is measured afterwards.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.history import Shape, queue_up
from benchmarks.memory import resident
from benchmarks.results import Goal, Measured, Series, ratios
from benchmarks.stalls import play, summaries, words
from benchmarks.window_start import open_on
from jobdesk import Desk

MODULE = "benchmarks.windows.under_load"
PUSHED_PER_SECOND = 30
_BEGUN = "SELECT max(id) FROM attempts"
"""Told at once, however long the history: each run that is drained here has one attempt."""
_CALM = "SELECT count(*) = 0 FROM runs WHERE state = 'running'"


def measure(bench: Bench) -> list[Measured]:
    history, wanted = bench.size(1_000_000, 1_000), bench.size(50_000, 200)
    home = bench.histories.copy(Shape(history), bench.fresh())
    queue_up(home, bench.size(150_000, 5_000))
    open_on(home, "runs")
    first = _begun(home)
    with engine.serving(home) as served, _watched(served) as seen:
        with _pushing(home):
            time.sleep(3)
            before, began = _begun(home), time.monotonic()
            found = bench.interleave(
                {
                    "JobDesk": partial(play, MODULE, home),
                    "empty": partial(play, MODULE, home, "empty"),
                }
            )
            drained = (_begun(home) - before) / (time.monotonic() - began)
            engine.wait_until(home, _BEGUN, first + wanted)
        _calm_down(home, bench.size(5, 1))
        after, count = resident(served), _begun(home) - first
    most = max(*seen, after)
    bench.say(f"after {count:,} runs: {after:.1f} MB, at most {most:.1f}")
    note = f"{count:,} scripts drained on top of {history:,} rows of history; one round."
    return [
        _stalls(found["JobDesk"], found["empty"], drained),
        Measured(
            f"Memory of the engine after {wanted:,} runs",
            "MB",
            (Series("JobDesk", (after,)), Series("at most meanwhile", (most,))),
            goals=(Goal("under 130 MB", (after,), 130.0, at_least=False, under=True, unit="MB"),),
            notes=(note,),
            higher_is_better=False,
        ),
    ]


def _stalls(mine: list[dict[str, Any]], empty: list[dict[str, Any]], drained: float) -> Measured:
    """``drained`` is how many runs a second the engine drained meanwhile."""
    p99, most, limit = _p99(mine), tuple(summaries(told)["all"].most for told in mine), _p99(empty)
    stayed = min(float(all(told["stayed"])) for told in mine)
    return Measured(
        "Stalls under load, p99",
        "ms",
        (Series("JobDesk", p99), Series("longest", most)),
        limits=(Series("empty window", limit),),
        goals=(
            Goal("at most 1.5 × an empty window", ratios(p99, limit), 1.5, at_least=False),
            Goal("selection and place stay", (stayed,), 1.0, at_least=True, unit=""),
        ),
        notes=(
            f"Meanwhile {drained:,.0f} runs a second were drained and {PUSHED_PER_SECOND} pushed.",
            words(summaries(mine[-1]), summaries(mine[-1], "work")),
        ),
        higher_is_better=False,
    )


def _p99(rounds: list[dict[str, Any]]) -> tuple[float, ...]:
    return tuple(summaries(told)["all"].p99 for told in rounds)


@contextmanager
def _pushing(home: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.windows.pusher", str(PUSHED_PER_SECOND)]
    pusher = subprocess.Popen(command, env=engine.environment(home), stdin=subprocess.PIPE)
    try:
        yield
    finally:
        pusher.communicate(timeout=30)


@contextmanager
def _watched(served: subprocess.Popen[bytes]) -> Iterator[list[float]]:
    """The engine's memory while inside, in MB: a look four times a second."""
    seen, ended = [resident(served)], threading.Event()

    def watch() -> None:
        while not ended.wait(0.25):
            seen.append(resident(served))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def _calm_down(home: Path, seconds: float) -> None:
    """Let the engine end what it has begun, and then do nothing for so long."""
    with Desk.open(home) as desk:
        desk.pause_all()
    engine.wait_until(home, _CALM, 1)
    time.sleep(seconds)


def _begun(home: Path) -> int:
    return int(engine.ask(home, _BEGUN)[0][0])
