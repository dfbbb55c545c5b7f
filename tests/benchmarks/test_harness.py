from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.harness import Bench, Missing
from benchmarks.history import Histories
from benchmarks.registry import FIGURES, chosen


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(3, False, tmp_path, Histories(tmp_path / "histories"))


def test_everybody_is_measured_in_each_round_and_nobody_is_always_first(bench: Bench) -> None:
    order: list[str] = []

    def measured(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = bench.interleave({name: lambda n=name: measured(n) for name in ("JobDesk", "a", "b")})
    assert order == ["JobDesk", "a", "b", "a", "b", "JobDesk", "b", "JobDesk", "a"]
    assert found == {"JobDesk": [1.0, 6.0, 8.0], "a": [2.0, 4.0, 9.0], "b": [3.0, 5.0, 7.0]}


def test_who_is_missing_is_left_out_with_a_sentence(bench: Bench) -> None:
    def missing() -> float:
        raise Missing("it is not installed")

    found = bench.interleave({"JobDesk": lambda: 1.0, "huey": missing})
    assert found == {"JobDesk": [1.0, 1.0, 1.0]}
    assert bench.skipped == ["huey is left out: it is not installed"]


def test_jobdesk_itself_can_not_be_left_out(bench: Bench) -> None:
    def missing() -> float:
        raise Missing("pushing took too long")

    with pytest.raises(Missing, match="too long"):
        bench.interleave({"JobDesk": missing, "huey": lambda: 1.0})


def test_figures_are_chosen_by_name() -> None:
    assert chosen([]) == list(FIGURES)
    assert [figure.number for figure in chosen(["push", "scripts"])] == [3, 1]
    with pytest.raises(ValueError, match="no figure 'nap'"):
        chosen(["nap"])


def test_every_figure_has_its_module() -> None:
    for figure in FIGURES:
        assert callable(figure.load()), figure.name
