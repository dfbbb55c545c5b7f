from __future__ import annotations

from datetime import timedelta

from jobdesk.domain.retention import LastCleaning, judge
from tests.support.clock import START

DAY = timedelta(days=1)


def cleanings(*days: float) -> list[bool]:
    """Whether each of these cleanings, so many days after the start, deletes."""
    last, said = None, []
    for day in days:
        last, allowed = judge(last, START + day * DAY)
        said.append(allowed)
    return said


def test_every_day_and_after_a_weekend() -> None:
    assert cleanings(0, 1, 2, 4.9, 5.5) == [True] * 5


def test_a_clock_a_year_ahead_deletes_nothing_until_it_has_said_so_for_a_day() -> None:
    assert cleanings(0, 366, 366.5, 367.5, 368) == [True, False, False, True, True]


def test_a_mistake_that_is_put_right_costs_nothing() -> None:
    assert cleanings(0, 366, 1, 2) == [True, False, True, True]
    assert cleanings(0, 366, 1, 366, 366.1) == [True, False, True, False, False]


def test_a_computer_that_is_used_once_a_week_is_cleaned_all_the_same() -> None:
    assert cleanings(0, 7, 14, 21, 28) == [True, False, True, False, True]


def test_an_old_doubt_does_not_vouch_for_a_new_jump() -> None:
    last = LastCleaning(START, START)
    assert judge(last, START + 400 * DAY) == (
        LastCleaning(START + 400 * DAY, START + 400 * DAY),
        False,
    )
