"""``python -m benchmarks [FIGURE ...]``: measure, print the table, write the document.

A full run writes ``docs/performance.md`` and its pictures; one of some figures, or a quick
one, only prints, unless ``--out`` names a file. Exit code 1 when a figure could not be
measured because of an error; a goal that isn't met is said in the table.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine, plots, report
from benchmarks.harness import Bench, Missing, workspace
from benchmarks.registry import FIGURES, Figure, chosen
from benchmarks.report import Outcome

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
ROUNDS = 5


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    try:
        figures = chosen(options.figures)
    except ValueError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    _warn_if_busy()
    described = machine.describe()
    began = time.monotonic()
    with workspace(options.rounds, quick=options.quick) as bench:
        outcomes = [_measure(figure, bench) for figure in figures]
        skipped = bench.skipped
    minutes = (time.monotonic() - began) / 60
    described["The run took"] = f"{minutes:.1f} minutes"
    out = options.out or (None if options.quick or figures != list(FIGURES) else DOCUMENT)
    if out is not None:
        _write(out, outcomes, described, skipped, options.rounds)
    print(f"\n{report.terminal(outcomes)}\n\n{report.tally(outcomes)}; {minutes:.1f} minutes")
    for sentence in skipped:
        print(f"- {sentence}")
    return 1 if any(outcome.failure.startswith("error") for outcome in outcomes) else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = ", ".join(figure.name for figure in FIGURES)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {names}; default: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="tiny numbers: does it work at all?")
    parser.add_argument("--out", type=Path, default=None, help="write the document here")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def _warn_if_busy() -> None:
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 4:
        print(f"benchmarks: this machine is busy (load {load:.1f}); the figures will be noisy")


def _measure(figure: Figure, bench: Bench) -> Outcome:
    """A figure; one that fails doesn't take the others with it."""
    print(f"{figure.number}. {figure.title}", flush=True)
    outcome = Outcome(figure)
    began = time.monotonic()
    try:
        outcome.measured = figure.load()(bench)
    except Missing as missing:
        outcome.failure = str(missing)
        bench.skip(f"{figure.title}: {missing}")
    except Exception as error:
        traceback.print_exc()
        first = str(error).splitlines()[0] if str(error) else ""
        outcome.failure = f"error: {type(error).__name__}: {first}"
    bench.say(f"took {time.monotonic() - began:.0f} s")
    return outcome


def _write(
    out: Path,
    outcomes: list[Outcome],
    described: dict[str, str],
    skipped: list[str],
    rounds: int,
) -> None:
    for outcome in outcomes:
        try:
            made = plots.draw(outcome.figure, outcome.measured, out.parent / "images")
        except Missing as missing:
            if str(missing) not in skipped:
                skipped.append(str(missing))
            continue
        outcome.plots = [f"images/{file.name}" for file in made]
    out.write_text(report.document(outcomes, described, skipped, rounds), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
