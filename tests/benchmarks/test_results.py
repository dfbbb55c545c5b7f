from __future__ import annotations

import pytest

from benchmarks.results import Goal, Judgement, Measured, Series, beside, percentile, ratios


def test_a_ratio_is_taken_round_by_round() -> None:
    # The second round was slow for both, and the ratio doesn't see it.
    assert ratios((100.0, 50.0), (50.0, 25.0)) == (2.0, 2.0)


def test_a_ratio_needs_as_many_rounds_of_both() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ratios((1.0, 2.0), (1.0,))


@pytest.mark.parametrize(
    ("values", "at_least", "judgement"),
    [
        ((1.0, 1.5, 9.0), True, Judgement.MET),
        ((1.0, 1.49, 9.0), True, Judgement.MISSED),
        ((0.1, 1.5, 9.0), False, Judgement.MET),
        ((0.1, 1.51, 1.6), False, Judgement.MISSED),
        ((), True, Judgement.NOT_MEASURED),
    ],
)
def test_the_median_is_judged(
    values: tuple[float, ...], at_least: bool, judgement: Judgement
) -> None:
    assert Goal("", values, 1.5, at_least).judgement is judgement


def test_a_goal_beside_someone_who_was_not_measured_says_so() -> None:
    goal = beside(Series("JobDesk", (2.0,)), [Series("celery", (1.0,))], "huey", 1.5, "ahead")
    assert goal.judgement is Judgement.NOT_MEASURED
    assert goal.why_not == "huey was not measured"


def test_a_goal_beside_a_peer_is_the_ratio_to_it() -> None:
    others = [Series("celery", (1.0, 1.0)), Series("huey", (2.0, 4.0))]
    assert beside(Series("JobDesk", (4.0, 6.0)), others, "huey", 1.5, "").values == (2.0, 1.5)


def test_the_best_peer_depends_on_what_is_better() -> None:
    peers = (Series("quick", (1.0, 2.0, 3.0)), Series("slow", (4.0, 5.0, 6.0)))
    rates = Measured("", "runs/s", (), peers)
    delays = Measured("", "ms", (), peers, higher_is_better=False)
    assert rates.best_peer is not None
    assert delays.best_peer is not None
    assert (rates.best_peer.name, delays.best_peer.name) == ("slow", "quick")
    assert rates.limit is None


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected
