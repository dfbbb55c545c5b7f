"""What is made of the beats of an event loop."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.stalls import Stalls, play_together, summaries, summary, words


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


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules can be played."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return tmp_path


def test_those_played_together_go_once_all_are_ready(scripts: Path) -> None:
    (scripts / "played.py").write_text(
        "import json, sys, time\n"
        "time.sleep(float(sys.argv[1]))\n"
        "told = {'ready': time.monotonic()}\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "print(json.dumps(told | {'gone': time.monotonic()}))\n"
    )
    plays = {name: ("played", scripts, seconds) for name, seconds in (("a", "0"), ("b", "0.3"))}
    told = play_together(plays)
    assert list(told) == ["a", "b"]
    assert min(one["gone"] for one in told.values()) > max(one["ready"] for one in told.values())


def test_one_that_fails_before_it_is_ready_says_why(scripts: Path) -> None:
    (scripts / "waits.py").write_text("print('ready', flush=True)\ninput()\n")
    (scripts / "fails.py").write_text("raise SystemExit('there is no display')\n")
    with pytest.raises(RuntimeError, match="b did not get ready: there is no display"):
        play_together({"a": ("waits", scripts), "b": ("fails", scripts)})
