"""What is asked for again and again is done at once, and then at a pace."""

from __future__ import annotations

import time

from pytestqt.qtbot import QtBot

from jobdesk.gui.pace import Pace


def test_the_first_is_done_at_once_and_what_comes_in_its_rest_once_more(qtbot: QtBot) -> None:
    done: list[float] = []
    pace = Pace(lambda: done.append(time.monotonic()), 60, 200)
    pace.ask()
    assert len(done) == 1
    for _ in range(5):
        pace.ask()
    assert len(done) == 1
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done[1] - done[0] > 0.05
    qtbot.wait(250)
    assert len(done) == 2


def test_rests_grow_in_a_storm_up_to_the_most_and_shrink_after_it(qtbot: QtBot) -> None:
    done: list[int] = []
    pace = Pace(lambda: done.append(round(pace._pause)), 20, 60)
    pace.ask()
    while len(done) < 6:
        pace.ask()
        qtbot.wait(5)
    assert done == [20, 30, 45, 60, 60, 60]
    qtbot.waitUntil(lambda: not pace._timer.isActive())
    pace.ask()
    assert done[-1] == 20
