from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.registry import Figure
from benchmarks.report import Outcome
from benchmarks.results import Goal, Measured, Series

SCRIPTS = Figure(1, "scripts", "Scripts drained")


@pytest.fixture
def outcomes() -> list[Outcome]:
    measured = Measured(
        "Scripts drained",
        "runs/s",
        (Series("JobDesk", (1400.0, 1500.0, 1450.0)),),
        (Series("huey", (900.0, 950.0, 910.0)), Series("celery", (400.0, 410.0, 420.0))),
        (Series("loop in C", (2600.0, 2500.0, 2550.0)),),
        (
            Goal("at least 1.5 × huey", (1.6, 1.58, 1.59), 1.5, at_least=True),
            Goal("ahead of dramatiq", (), 1.0, at_least=True, why_not="dramatiq was not measured"),
        ),
        ("2,000 runs.",),
    )
    return [
        Outcome(SCRIPTS, [measured], plots=["images/bench-scripts.svg"]),
        Outcome(Figure(2, "http_calls", "HTTP calls drained"), failure="nginx is not installed"),
    ]


def test_the_table_has_a_row_for_each_goal(outcomes: list[Outcome]) -> None:
    first, second, third = report.rows(outcomes)
    assert first == (
        "1 Scripts drained",
        "1,450 (1,400–1,500) runs/s",
        "huey 910",
        "loop in C 2,550",
        "1.59 (1.58–1.60) ×",
        "at least 1.5 × huey",
        "met",
    )
    assert second[4:] == ("dramatiq was not measured", "ahead of dramatiq", "not measured")
    assert (third[0], third[-1]) == ("2 HTTP calls drained", "not measured")


def test_the_tally_counts_every_goal(outcomes: list[Outcome]) -> None:
    assert report.tally(outcomes) == "3 goals: 1 met, 2 not measured"
    assert report.tally([]) == "nothing was measured"


def test_the_terminal_shows_the_same_rows_in_columns(outcomes: list[Outcome]) -> None:
    lines = report.terminal(outcomes).splitlines()
    assert len(lines) == 5
    assert {line.find("at least") for line in lines if "at least" in line} == {
        lines[0].find("goal")
    }


def test_the_document_has_everybody_the_remarks_and_the_plots(
    outcomes: list[Outcome], tmp_path: Path
) -> None:
    (tmp_path / "scripts.md").write_text("#### Where the time goes\n")
    machine = {"Processor": "a | b"}
    text = report.document(outcomes, machine, ["huey is left out: why"], 3, tmp_path)
    assert "| celery | 410 (400–420) |" in text
    assert "| Processor | a \\| b |" in text
    assert "median of 3 rounds" in text
    assert "- huey is left out: why" in text
    assert "![Scripts drained](images/bench-scripts.svg)" in text
    assert "#### Where the time goes" in text
    assert "Not measured: nginx is not installed" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.1234, "0.123"), (1.256, "1.26"), (12.34, "12.3"), (1234.5, "1,234")],
)
def test_numbers_show_three_digits(value: float, shown: str) -> None:
    assert report.number(value) == shown
