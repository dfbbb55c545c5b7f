"""Figure 12: ten thousand countdowns cost what those on the screen cost.

Two homes, one with as many retrying runs as a window shows and one with 10,000, each open on
the page of all runs. Measured is the CPU time of the window's process and of its GUI thread
per second. As that is less than a hundredth of a core, the two windows and an empty one are
open at once, and the same seconds of all three are measured: the noise is the same for all.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.history import Shape
from benchmarks.results import Goal, Measured, Series, ratios
from benchmarks.stalls import play_together
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
    shares = _shares(bench, homes)
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


def _shares(bench: Bench, homes: dict[str, Path]) -> dict[str, tuple[float, ...]]:
    """Per cent of a core of each window, one a round. The engines are there before: a window
    that starts its own comes to rest later."""
    plays = {name: (MODULE, home) for name, home in homes.items()}
    plays |= {"empty": (MODULE, homes["screenful"], "empty")}
    shares: dict[str, list[float]] = {name: [] for name in plays}
    with ExitStack() as engines:
        for home in homes.values():
            open_on(home, "runs")
            engines.enter_context(engine.serving(home))
        for number in range(bench.rounds):
            for name, told in play_together(plays).items():
                shares[name].append(100 * told["process"])
            last = ", ".join(f"{name} {found[-1]:.3g}" for name, found in shares.items())
            bench.say(f"round {number + 1} of {bench.rounds}: {last}")
    return {name: tuple(found) for name, found in shares.items()}
