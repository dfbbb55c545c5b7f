from __future__ import annotations

from jobdesk.gui.restarts import SPAN, Restarts


def test_pauses_grow_and_the_fifth_death_is_the_last() -> None:
    restarts = Restarts()
    assert [restarts.died(t) for t in (0, 2, 5, 10, 19)] == [1.0, 2.0, 4.0, 8.0, None]


def test_deaths_of_long_ago_don_t_count() -> None:
    restarts = Restarts()
    for moment in (0.0, 1.0, 2.0, 3.0):
        restarts.died(moment)
    assert restarts.died(3.0 + SPAN + 0.1) == 1.0


def test_on_the_edge_of_the_span_they_do() -> None:
    restarts = Restarts()
    restarts.died(0.0)
    assert restarts.died(SPAN) == 2.0


def test_forgotten_deaths_don_t_count() -> None:
    restarts = Restarts()
    for moment in range(5):
        restarts.died(float(moment))
    restarts.forget()
    assert restarts.died(5.0) == 1.0
