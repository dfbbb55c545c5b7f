"""What the run came to: one table for the terminal, and the document with all values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.registry import Figure
from benchmarks.results import Goal, Judgement, Measured, Series

REMARKS = Path(__file__).with_name("remarks")
HEAD = ("figure", "JobDesk", "best peer", "limit", "ratio or value", "goal", "met?")
_INTRO = """\
# Performance

Written by `make bench`; what is said about a figure in words comes from `benchmarks/remarks`.
JobDesk is measured as a person runs it: `jobdesk serve` as a process of its own, on a home on
disk, with `synchronous=FULL`, the start of an attempt committed before anything is spawned, and
run, attempt, reason and log on record. In each round everybody is measured once, in changing
order; a value is the median of {rounds} rounds, with the lowest and the highest in parentheses.
Ratios are taken round by round. A limit is a loop that does the bare work without a queue.
"""


@dataclass(slots=True)
class Outcome:
    """What one figure gave; ``failure`` is a sentence where it could not be measured."""

    figure: Figure
    measured: list[Measured] = field(default_factory=list)
    failure: str = ""
    plots: list[str] = field(default_factory=list)
    """Pictures of it, as paths that the document links to."""


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """The table: a row for each goal."""
    found: list[tuple[str, ...]] = []
    for outcome in outcomes:
        number = str(outcome.figure.number)
        if outcome.failure:
            title = f"{number} {outcome.figure.title}"
            found.append((title, "", "", "", "", outcome.failure, Judgement.NOT_MEASURED))
        for measured in outcome.measured:
            found += [_row(number, measured, goal) for goal in measured.goals]
    return found


def _row(number: str, measured: Measured, goal: Goal) -> tuple[str, ...]:
    ours = measured.ours[0] if measured.ours else None
    return (
        f"{number} {measured.title}",
        _value(ours, measured.unit) if ours else "",
        _named(measured.best_peer),
        _named(measured.limit),
        _judged(goal),
        goal.text,
        goal.judgement,
    )


def _value(series: Series, unit: str) -> str:
    return f"{spread(series.values)} {unit}"


def _named(series: Series | None) -> str:
    return f"{series.name} {number(series.median)}" if series else "–"


def _judged(goal: Goal) -> str:
    return f"{spread(goal.values)} {goal.unit}" if goal.values else goal.why_not


def spread(values: Sequence[float]) -> str:
    """The median, with the lowest and the highest where there are several."""
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))}–{number(max(values))})"


def number(value: float) -> str:
    """Three digits that matter."""
    size = abs(value)
    if size >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 1 else f"{value:.3f}"


def tally(outcomes: Sequence[Outcome]) -> str:
    """One line: how many goals are met."""
    judged = [row[-1] for row in rows(outcomes)]
    counts = {kind: judged.count(kind) for kind in Judgement}
    shown = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"{len(judged)} goals: {shown}" if judged else "nothing was measured"


def terminal(outcomes: Sequence[Outcome]) -> str:
    """The table as plain text."""
    table = [HEAD, *rows(outcomes)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def document(
    outcomes: Sequence[Outcome],
    machine: Mapping[str, str],
    skipped: Sequence[str],
    rounds: int,
    remarks: Path = REMARKS,
) -> str:
    """docs/performance.md."""
    parts = [
        _INTRO.format(rounds=rounds),
        "## The machine\n",
        _markdown(("", ""), machine.items()),
        "## The table\n",
        _markdown(HEAD, rows(outcomes)),
        f"{tally(outcomes)}.\n",
    ]
    if skipped:
        parts += ["Not everything was there to be measured:\n"]
        parts += ["".join(f"- {sentence}\n" for sentence in skipped)]
    for outcome in outcomes:
        parts += _section(outcome, remarks)
    return "\n".join(parts)


def _section(outcome: Outcome, remarks: Path) -> list[str]:
    figure = outcome.figure
    parts = [f"## {figure.number}. {figure.title}\n"]
    if outcome.failure:
        parts.append(f"Not measured: {outcome.failure}\n")
    said: set[str] = set()
    for measured in outcome.measured:
        everybody = (*measured.ours, *measured.peers, *measured.limits)
        values = [(one.name, spread(one.values)) for one in everybody]
        parts += [f"### {measured.title}\n", _markdown(("", measured.unit), values)]
        parts += [f"{note}\n" for note in measured.notes if note not in said]
        said.update(measured.notes)
    parts += [f"![{figure.title}]({plot})\n" for plot in outcome.plots]
    file = remarks / f"{figure.name}.md"
    if file.exists():
        parts.append(file.read_text(encoding="utf-8").strip() + "\n")
    return parts


def _markdown(head: Sequence[str], body: Sequence[Sequence[str]] | object) -> str:
    lines = [head, ["---"] * len(head), *body]  # type: ignore[misc]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
