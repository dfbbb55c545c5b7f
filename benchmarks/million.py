"""Figure 9: a page of a million runs: opened, scrolled, dragged, filtered.

A heartbeat in the GUI thread measures how long the event loop was away. Beside it, an empty
Qt window in the same run, before and after: what the machine does to it, it does to both.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.homes import make_home
from benchmarks.stalls import Stalls, play, summaries
from benchmarks.window_start import open_on

P99_MS, MOST_MS = 16.0, 50.0
MODULE = "benchmarks.windows.million"


@dataclass(frozen=True, slots=True)
class Million:
    """The stalls of each step and of all, what of them was the program's own work, those
    of empty windows, and bytes of memory."""

    steps: dict[str, Stalls]
    work: dict[str, Stalls]
    empty: tuple[Stalls, ...]
    rss_open: int
    rss_end: int


def measure(home: Path) -> Million:
    """On a home that :func:`benchmarks.homes.make_home` made."""
    open_on(home, "overview")
    before = summaries(play(MODULE, home, "empty"))["all"]
    told = play(MODULE, home)
    after = summaries(play(MODULE, home, "empty"))["all"]
    steps, work = summaries(told), summaries(told, "work")
    return Million(steps, work, (before, after), told["rss_open"], told["rss_end"])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        show(measure(make_home(Path(folder), finished=1_000_000)))


def show(found: Million) -> None:
    for name, stalls in found.steps.items():
        print(f"{name:26} {stalls}   of it work {found.work[name]}")
    for stalls in found.empty:
        print(f"{'an empty window':26} {stalls}")
    grown = (found.rss_end - found.rss_open) / 2**20
    print(f"memory {found.rss_open / 2**20:.0f} MB, {grown:+.0f} MB after all of it")
    print(f"goal: p99 under {P99_MS} ms, never over {MOST_MS} ms")


if __name__ == "__main__":
    main()
