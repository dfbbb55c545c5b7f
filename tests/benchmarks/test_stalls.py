"""What is made of the beats of an event loop."""

from __future__ import annotations

import pytest

from benchmarks.stalls import Stalls, summaries, summary, words


def test_percentiles_by_nearest_rank() -> None:
    assert summary(range(1, 101)) == Stalls(100, 50, 99, 100)
    assert summary(range(1, 1001)) == Stalls(1000, 500, 990, 1000)
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


def test_the_words_below_the_table() -> None:
    steps = {name: Stalls(9, 1.0, p99, 9.0) for name, p99 in (("open", 4.0), ("all", 5.0))}
    assert words(steps, steps).endswith(": open 4.0 (4.0).")
