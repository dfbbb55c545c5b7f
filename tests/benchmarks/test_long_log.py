"""What is made of what the window tells of a long log."""

from __future__ import annotations

from typing import Any

from benchmarks.long_log import MOST, expected, judged
from benchmarks.results import Judgement
from benchmarks.windows.long_log import OFTEN, RARE
from benchmarks.windows.writer import line

LINES = 2_000_000


def told(**other: Any) -> dict[str, Any]:
    return {
        "stalls": {"open": [1.0], "wheel": [2.0]},
        "work": {"open": [1.0], "wheel": [1.0]},
        "tail": 0.2,
        "whole": 2.0,
        "lines": LINES,
        "found_rare": 1,
        "found_often": MOST,
        "find_rare": 1.0,
        "find_often": 1.0,
        "lags": [0.1, 0.2],
        "rate": 9_900.0,
        "bytes": 200_000_000,
        "rss_before": 100_000_000,
        "rss_end": 150_000_000,
        **other,
    }


def judgements(**other: Any) -> dict[str, Judgement]:
    found = judged([told(**other)], LINES)
    return {goal.text: goal.judgement for measured in found for goal in measured.goals}


def test_a_line_has_its_number_its_time_and_a_hundred_bytes() -> None:
    words = line(1_777_777, 1_700_000_000.25).split()
    assert words[:3] == [b"line", b"1777777", b"1700000000.250"]
    assert 95 <= len(line(1_777_777, 1_700_000_000.25)) <= 105
    assert line(1, 0.0).endswith(b"\n")


def test_what_is_to_be_found_is_counted_by_itself() -> None:
    assert expected(200, OFTEN) == 11  # 17, 170 to 179
    assert expected(LINES, RARE) == 1
    assert expected(LINES, OFTEN) == MOST


def test_all_met() -> None:
    assert set(judgements().values()) == {Judgement.MET}


def test_each_fault_misses_its_own_goal() -> None:
    faults = {
        "tail": 0.4,
        "find_rare": 6.0,
        "found_often": MOST - 1,
        "lags": [0.6],
        "rate": 8_000.0,
        "rss_end": 201_000_000,
        "stalls": {"open": [51.0], "wheel": [2.0] * 1_000},
    }
    for name, value in faults.items():
        missed = [text for text, how in judgements(**{name: value}).items() if how != "met"]
        assert len(missed) == 1, (name, missed)
