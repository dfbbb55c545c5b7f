"""Figure 12: ten thousand countdowns cost what those on the screen cost.

Two homes, one with as many retrying runs as a window shows and one with 10,000, open in
turns on the page of all runs. Measured is the CPU time of the window's process and of its
GUI thread per second; an empty window is told beside them.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.homes import make_home
from benchmarks.stalls import play
from benchmarks.window_start import open_on

GOAL = 1.2
"""The ratio up to which two costs count as the same: the noise of the measurement."""
MODULE = "benchmarks.windows.countdowns"
SCREENFUL, MANY = 20, 10_000


@dataclass(frozen=True, slots=True)
class Countdowns:
    """Share of a core that the window's process used, a round each: with a screenful of
    retrying runs, with 10,000, and of an empty window. ``gui`` is of its GUI thread alone,
    with 10,000."""

    screenful: tuple[float, ...]
    many: tuple[float, ...]
    empty: tuple[float, ...]
    gui: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return statistics.median(self.many) / statistics.median(self.screenful)


def measure(folder: Path, rounds: int = 3) -> Countdowns:
    """In two new homes below ``folder``."""
    few = make_home(folder / "few", retrying=SCREENFUL)
    many = make_home(folder / "many", retrying=MANY)
    for home in (few, many):
        open_on(home, "runs")
    told: dict[str, list[dict[str, float]]] = {"few": [], "many": [], "empty": []}
    for _ in range(rounds):
        told["empty"].append(play(MODULE, few, "empty"))
        told["few"].append(play(MODULE, few))
        told["many"].append(play(MODULE, many))
    return Countdowns(
        _of(told["few"], "process"),
        _of(told["many"], "process"),
        _of(told["empty"], "process"),
        _of(told["many"], "gui"),
    )


def _of(rounds: Sequence[dict[str, float]], name: str) -> tuple[float, ...]:
    return tuple(one[name] for one in rounds)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        show(measure(Path(folder)))


def show(found: Countdowns) -> None:
    for name in ("screenful", "many", "gui", "empty"):
        print(f"{name:10}", ", ".join(f"{100 * one:.1f} %" for one in getattr(found, name)))
    print(f"ratio {found.ratio:.2f} (goal: the same, within {GOAL})")


if __name__ == "__main__":
    main()
