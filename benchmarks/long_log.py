"""Figure 11: a log of two million lines, 200 MB, that a script is still writing.

An engine runs one script, whose output fills the log; the window opens the run, scrolls,
searches, and then follows while the script writes 10,000 lines a second.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks import engine
from benchmarks.harness import Bench
from benchmarks.results import Goal, Measured, Series, percentile
from benchmarks.stalls import play, summaries, words
from benchmarks.window_start import open_on
from benchmarks.windows.long_log import GO, OFTEN, RARE
from benchmarks.windows.writer import PER_SECOND
from benchmarks.windows.writer import __file__ as WRITER
from jobdesk import Desk, ScriptAction

MODULE = "benchmarks.windows.long_log"
_MB = 1_000_000
_CAP = 1_000 * 1_048_576
MOST = 100_000
"""As many finds the window keeps."""


def measure(bench: Bench) -> list[Measured]:
    lines = bench.size(2_000_000, 20_000)
    home = bench.fresh()
    run_id = _pushed(home, lines)
    open_on(home, "overview")
    with engine.serving(home):
        count = "SELECT coalesce(sum(length(data)), 0) FROM log_chunks WHERE stream != 'system'"
        engine.wait_until(home, count, lines * 90)
        found = bench.interleave({"JobDesk": lambda: play(MODULE, home, str(run_id), str(lines))})
    return judged(found["JobDesk"], lines)


def _pushed(home: Path, lines: int) -> int:
    with Desk.open(home) as desk:
        roomy = {"output_cap": _CAP, "stop_grace": 0.0}
        desk.save_settings(desk.settings().model_copy(update=roomy))
        script = ScriptAction([sys.executable, WRITER, str(lines), str(home / GO)])
        return desk.push(script).id


def judged(mine: list[dict[str, Any]], lines: int) -> list[Measured]:
    """What is made of what the window told, round by round."""
    p99 = tuple(summaries(told)["all"].p99 for told in mine)
    most = tuple(summaries(told)["all"].most for told in mine)
    complete = [
        [told["found_rare"], told["found_often"]]
        == [expected(told["lines"], text) for text in (RARE, OFTEN)]
        for told in mine
    ]
    return [
        Measured(
            "A log of two million lines opened at its tail",
            "ms",
            (
                _series("JobDesk, its last line is there", mine, "tail", 1000),
                _series("all of it is there", mine, "whole", 1000),
            ),
            goals=(_goal("the last line within 300 ms", mine, "tail", 1000, 300.0, "ms"),),
            notes=(
                f"{lines:,} lines, {mine[-1]['bytes'] / _MB:,.0f} MB, of a script that still"
                " runs. Counted from the click on the run.",
            ),
            higher_is_better=False,
        ),
        Measured(
            "Text found in all of a long log",
            "s",
            (
                _series("JobDesk, a text that is there once", mine, "find_rare"),
                _series("one that is there often", mine, "find_often"),
            ),
            goals=(
                _goal("all of it searched within 5 s", mine, "find_rare", 1, 5.0, "s"),
                Goal("nothing is missed", (float(all(complete)),), 1.0, at_least=True, unit=""),
            ),
            notes=(f"The second is there in more than {MOST:,} lines; so many finds are kept.",),
            higher_is_better=False,
        ),
        Measured(
            "Stalls over a long log, p99",
            "ms",
            (Series("JobDesk", p99), Series("longest", most)),
            goals=(
                Goal("p99 under 16 ms", p99, 16.0, at_least=False, under=True, unit="ms"),
                Goal("never over 50 ms", (max(most),), 50.0, at_least=False, unit="ms"),
            ),
            notes=(words(summaries(mine[-1]), summaries(mine[-1], "work")),),
            higher_is_better=False,
        ),
        _followed(mine),
        _memory(mine),
    ]


def _followed(mine: list[dict[str, Any]]) -> Measured:
    behind = tuple(1000 * percentile(told["lags"], 0.99) for told in mine)
    rates = tuple(told["rate"] / PER_SECOND for told in mine)
    return Measured(
        f"Following {PER_SECOND:,} lines a second, p99 behind the writer",
        "ms",
        (Series("JobDesk", behind),),
        goals=(
            Goal("at most half a second behind", behind, 500.0, at_least=False, unit="ms"),
            Goal("all that is written comes", rates, 0.9, at_least=True),
        ),
        notes=(
            "How old the newest line on the screen is, as the line says itself: through the"
            " pipe, the engine, its commit and the window's reading.",
        ),
        higher_is_better=False,
    )


def _memory(mine: list[dict[str, Any]]) -> Measured:
    grown = tuple((told["rss_end"] - told["rss_before"]) / _MB for told in mine)
    shares = tuple(g * _MB / told["bytes"] for g, told in zip(grown, mine, strict=True))
    return Measured(
        "Memory that a long log takes in the window",
        "MB",
        (Series("JobDesk", grown),),
        goals=(Goal("at most half of the log's size", shares, 0.5, at_least=False),),
        notes=("Resident memory after all of it, less that before the log was opened.",),
        higher_is_better=False,
    )


def expected(lines: int, text: str) -> int:
    """How often a text is to be found in that many lines of the script."""
    found = sum(text in f"line {number} " for number in range(lines))
    return min(MOST, found)


def _series(name: str, mine: list[dict[str, Any]], key: str, factor: float = 1) -> Series:
    return Series(name, tuple(factor * told[key] for told in mine))


def _goal(
    text: str, mine: list[dict[str, Any]], key: str, factor: float, bound: float, unit: str
) -> Goal:
    return Goal(text, _series("", mine, key, factor).values, bound, at_least=False, unit=unit)
