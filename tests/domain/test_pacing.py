from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.pacing import latest, next_start, starts
from jobdesk.domain.queue import Rate, parse_rate

SECOND = 1_000_000


def through(rate: Rate, looks: list[int]) -> list[int]:
    """When runs start that wait from the beginning, at these looks."""
    after: int | None = None
    begun: list[int] = []
    for now in looks:
        count = starts(rate, after, now)
        if count:
            after = next_start(rate, after, now, count)
        begun += [now] * count
    return begun


def test_slow_rates_are_to_the_point() -> None:
    looks = [second * SECOND for second in range(61)]
    assert through(parse_rate("6/m"), looks) == [n * 10 * SECOND for n in range(7)]


def test_what_was_not_used_is_not_made_up_for() -> None:
    rate = parse_rate("1/s")
    after = next_start(rate, None, 0, 1)
    assert starts(rate, after, SECOND - 1) == 0
    assert starts(rate, after, 3600 * SECOND) == 1


def test_fast_rates_come_in_small_heaps() -> None:
    begun = through(parse_rate("1000/s"), list(range(0, SECOND, 10_000)))
    assert 960 <= len(begun) <= 1_020
    assert max(begun.count(now) for now in set(begun)) <= 21


def test_a_clock_that_is_set_back_holds_up_nobody() -> None:
    rate = parse_rate("1/m")
    after = next_start(rate, None, 400 * 86_400 * SECOND, 1)
    assert after > latest(rate, SECOND)
    assert starts(rate, after, SECOND) == 1
    assert next_start(rate, after, SECOND, 1) == 61 * SECOND


@given(
    st.integers(1, 5_000),
    st.sampled_from("smh"),
    st.lists(st.integers(0, 10 * SECOND), min_size=1, max_size=60),
)
def test_never_more_than_the_rate(count: int, per: str, pauses: list[int]) -> None:
    rate = Rate.model_validate({"count": count, "per": per})
    looks, now = [], 0
    for pause in pauses:
        looks.append(now)
        now += pause
    begun = through(rate, looks)
    for first, start in enumerate(begun):
        for more in (1, 10, 100):
            if first + more < len(begun):
                # The tolerance lets so many run ahead, once.
                least = more * rate.interval * SECOND - 20_001 - more
                assert begun[first + more] - start >= least
