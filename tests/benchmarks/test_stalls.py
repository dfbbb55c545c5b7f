"""What is made of the beats of an event loop."""

from __future__ import annotations

import pytest

from benchmarks.countdowns import Countdowns
from benchmarks.stalls import Stalls, summaries, summary
from benchmarks.under_load import UnderLoad
from benchmarks.window_start import Started, WindowStart


def test_percentiles_by_nearest_rank() -> None:
    assert summary(range(1, 101)) == Stalls(100, 51, 100, 100)
    assert summary(range(1, 1001)) == Stalls(1000, 501, 991, 1000)
    assert summary([7.0]) == Stalls(1, 7.0, 7.0, 7.0)


def test_no_beat_at_all_is_no_result() -> None:
    with pytest.raises(ValueError, match="not one beat"):
        summary([])


def test_steps_and_all_of_them() -> None:
    told = {"stalls": {"open": [1.0, 2.0], "wheel": [9.0], "nothing": []}, "work": {"open": [3.0]}}
    found = summaries(told)
    assert set(found) == {"open", "wheel", "all"}
    assert found["all"].most == 9.0
    assert summaries(told, "work")["all"].beats == 1


def test_ratios_are_of_medians() -> None:
    fast, slow = Started(1.0, 0.5), Started(30.0, 0.5)
    assert WindowStart((Started(1.5, 1), slow, fast), (fast, fast, slow)).ratio == 1.5
    window = tuple(Stalls(9, 1, p99, 9) for p99 in (6, 3, 50))
    empty = tuple(Stalls(9, 1, p99, 9) for p99 in (4, 5, 3))
    assert UnderLoad(window, empty, {}, {}, True, 1.0).ratio == 1.5
    assert Countdowns((0.1, 0.2, 0.9), (0.2, 0.1, 0.3), (0.0,), (0.0,)).ratio == 1.0
