"""Figure 12: ten thousand countdowns cost what those on the screen cost.

Two homes, one with as many retrying runs as a window shows and one with 10,000, open in
turns on the page of all runs. Measured is the CPU time of the window's process and of its
GUI thread per second; an empty window is told beside them.
"""

from __future__ import annotations

from functools import partial

from benchmarks.harness import Bench
from benchmarks.history import Shape
from benchmarks.results import Goal, Measured, Series, ratios
from benchmarks.stalls import play
from benchmarks.window_start import open_on

MODULE = "benchmarks.windows.countdowns"
SCREENFUL = 20
WITHIN = 1.2
"""The ratio up to which two costs count as the same: the noise of the measurement."""


def measure(bench: Bench) -> list[Measured]:
    many = bench.size(10_000, 100)
    homes = {
        "JobDesk": bench.histories.copy(Shape(0, retrying=many), bench.fresh()),
        "screenful": bench.histories.copy(Shape(0, retrying=SCREENFUL), bench.fresh()),
    }
    for home in homes.values():
        open_on(home, "runs")
    contenders = {name: partial(play, MODULE, home) for name, home in homes.items()}
    contenders["empty"] = partial(play, MODULE, homes["screenful"], "empty")
    found = bench.interleave(contenders)
    shares = {
        name: tuple(100 * told["process"] for told in rounds) for name, rounds in found.items()
    }
    against = ratios(shares["JobDesk"], shares["screenful"])
    text = "no more than a screenful of them costs"
    return [
        Measured(
            f"Countdowns of {many:,} runs",
            "% of a core",
            (Series("JobDesk", shares["JobDesk"]), Series("a screenful", shares["screenful"])),
            limits=(Series("empty window", shares["empty"]),),
            goals=(Goal(text, against, WITHIN, at_least=False),),
            notes=(f"Processor time of the window's process; the same means within {WITHIN}.",),
            higher_is_better=False,
        )
    ]
