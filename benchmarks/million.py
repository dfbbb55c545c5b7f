"""Figure 9: a page of a million runs: opened, scrolled, dragged, filtered.

A heartbeat in the GUI thread measures how long the event loop was away. Beside it, an empty
Qt window in the same round: what the machine does to it, it does to both.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.history import Shape
from benchmarks.results import Goal, Measured, Series
from benchmarks.stalls import play, summaries, words
from benchmarks.window_start import open_on

MODULE = "benchmarks.windows.million"
_MB = 1_000_000


def measure(bench: Bench) -> list[Measured]:
    history = bench.size(1_000_000, 2_000)
    home = bench.histories.copy(Shape(history), bench.fresh())
    contenders = {"JobDesk": partial(_jobdesk, home), "empty": partial(play, MODULE, home, "empty")}
    with engine.serving(home):  # else each window starts and stops one
        found = bench.interleave(contenders)
    mine = [summaries(told)["all"] for told in found["JobDesk"]]
    empty = [summaries(told)["all"] for told in found["empty"]]
    p99, most = tuple(one.p99 for one in mine), tuple(one.most for one in mine)
    last = found["JobDesk"][-1]
    return [
        Measured(
            "Stalls over a million runs, p99",
            "ms",
            (Series("JobDesk", p99), Series("longest", most)),
            limits=(Series("empty window", tuple(one.p99 for one in empty)),),
            goals=(
                Goal("p99 under 16 ms", p99, 16.0, at_least=False, under=True, unit="ms"),
                Goal("never over 50 ms", (max(most),), 50.0, at_least=False, unit="ms"),
            ),
            notes=(
                f"{history:,} runs; {mine[0].beats:,} beats a round; the longest of an empty"
                f" window {max(one.most for one in empty):.0f} ms.",
                words(summaries(last), summaries(last, "work")),
            ),
            higher_is_better=False,
        ),
        _memory([told["rss_open"] for told in found["JobDesk"]],
                [told["rss_end"] for told in found["JobDesk"]]),
    ]  # fmt: skip


def _jobdesk(home: Path) -> dict[str, Any]:
    open_on(home, "overview")
    return play(MODULE, home)


def _memory(before: list[int], after: list[int]) -> Measured:
    grown = tuple((b - a) / _MB for a, b in zip(before, after, strict=True))
    return Measured(
        "Memory of the window over a million runs",
        "MB",
        (
            Series("JobDesk, the page opened", tuple(one / _MB for one in before)),
            Series("after all of it", tuple(one / _MB for one in after)),
        ),
        goals=(Goal("grows by under 30 MB", grown, 30.0, at_least=False, under=True, unit="MB"),),
        notes=("Resident memory. The page keeps at most 2,200 rows, wherever it is.",),
        higher_is_better=False,
    )
