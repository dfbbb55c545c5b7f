from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.retry import (
    MAX_RETRIES,
    RETRY_AFTER_CAP,
    ExponentialBackoff,
    FixedBackoff,
    ListBackoff,
    RetryPolicy,
    parse_backoff,
)

backoffs = st.one_of(
    st.builds(
        ExponentialBackoff,
        base=st.floats(0.001, 1e5),
        factor=st.floats(1, 1000),
        cap=st.floats(0.001, 1e6),
    ),
    st.builds(FixedBackoff, seconds=st.floats(0, 1e6)),
    st.builds(ListBackoff, delays=st.lists(st.floats(0, 1e6), min_size=1, max_size=20)),
)
policies = st.builds(
    RetryPolicy,
    retries=st.integers(0, MAX_RETRIES),
    backoff=backoffs,
    jitter=st.booleans(),
    retry_permanent=st.booleans(),
)


def seconds(*delays: float) -> list[timedelta]:
    return [timedelta(seconds=delay) for delay in delays]


@given(policies, st.integers(1, MAX_RETRIES), st.integers(0, 2**32))
def test_jitter_only_shortens(policy: RetryPolicy, retry: int, seed: int) -> None:
    longest = policy.longest_delay(retry)
    delay = policy.delay(retry, rng=random.Random(seed))
    assert timedelta(0) <= delay <= longest
    if not policy.jitter or not isinstance(policy.backoff, ExponentialBackoff):
        assert delay == longest


def test_jitter_is_spread_over_the_whole_delay() -> None:
    policy = RetryPolicy(backoff=ExponentialBackoff(base=100, cap=100))
    rng = random.Random(7)
    delays = sorted(policy.delay(1, rng=rng).total_seconds() for _ in range(1000))
    assert delays[0] < 2
    assert delays[-1] > 98
    assert 40 < sum(delays) / 1000 < 60


def test_it_doubles_up_to_the_cap() -> None:
    assert RetryPolicy(retries=10).preview() == seconds(
        10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600
    )


def test_numbers_beyond_a_float_are_the_cap() -> None:
    backoff = ExponentialBackoff(base=10, factor=1000, cap=3600)
    assert [backoff.delay(n) for n in (1, 2, 100, 1000)] == [10, 3600, 3600, 3600]


def test_the_last_listed_delay_serves_those_beyond() -> None:
    policy = RetryPolicy(retries=4, backoff=ListBackoff(delays=("1s", "1m")))
    assert policy.preview() == seconds(1, 60, 60, 60)


def test_a_list_says_how_many_retries_unless_they_are_given() -> None:
    backoff = ListBackoff(delays=(1, 2, 3, 4, 5))
    assert RetryPolicy(backoff=backoff).retries == 5
    assert RetryPolicy(backoff=backoff, retries=1).retries == 1


@pytest.mark.parametrize(
    ("wish", "delay"),
    [
        (timedelta(0), timedelta(seconds=30)),
        (timedelta(seconds=29), timedelta(seconds=30)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=400), RETRY_AFTER_CAP),
    ],
)
def test_the_servers_wish_is_a_floor_with_a_cap(wish: timedelta, delay: timedelta) -> None:
    policy = RetryPolicy(backoff=FixedBackoff(seconds=30))
    assert policy.delay(1, retry_after=wish, rng=random.Random(1)) == delay


def test_a_delay_above_the_cap_of_wishes_is_not_shortened_by_one() -> None:
    policy = RetryPolicy(backoff=FixedBackoff(seconds=3 * 86_400))
    wish = timedelta(days=2)
    assert policy.delay(1, retry_after=wish, rng=random.Random(1)) == timedelta(days=3)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (None, None),
        (0, None),
        (9, None),  # the policy waits longer anyhow
        (11.2, "the server asks to wait 12s"),
        (2027, "the server asks to wait 33m47s"),
        (86_400, "the server asks to wait 1d"),
        (31_536_000, "the server asks to wait longer than 1 day, so 1 day is waited"),
    ],
)
def test_a_wait_that_the_server_asked_for_is_said(wish: float | None, words: str | None) -> None:
    policy = RetryPolicy(backoff=FixedBackoff(seconds=10))
    retry_after = None if wish is None else timedelta(seconds=wish)
    delay = policy.delay(1, retry_after=retry_after, rng=random.Random(1))
    assert policy.words_for_wait(delay, retry_after) == words


@given(policies)
def test_what_is_stored_is_read_back(policy: RetryPolicy) -> None:
    assert RetryPolicy.model_validate_json(policy.model_dump_json()) == policy
    assert RetryPolicy(**policy.to_json()) == policy


@pytest.mark.parametrize(
    "text", ["exponential:10s:2:1h", "fixed:30s", "fixed:0s", "list:10s,1m,1h30m"]
)
def test_the_text_form_goes_both_ways(text: str) -> None:
    assert str(parse_backoff(text)) == text


def test_later_parts_of_the_text_form_may_be_left_out() -> None:
    assert parse_backoff("exponential") == ExponentialBackoff()
    assert parse_backoff("exponential:1m") == ExponentialBackoff(base=60)
    assert parse_backoff(" exponential:1m:3 ") == ExponentialBackoff(base=60, factor=3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "linear:1s",
        "fixed",
        "fixed:",
        "fixed:-1s",
        "list:",
        "list:1s,,2s",
        "exponential:0s",
        "exponential:1s:0.5",
        "exponential:1s:nan",
        "exponential:1s:2:1h:9",
        "exponential::2",
        "list:" + ",".join(["1s"] * (MAX_RETRIES + 1)),
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^(backoff|factor)"):
        parse_backoff(text)


@pytest.mark.parametrize("retries", [-1, 1001, 1.5, True, "many"])
def test_a_number_of_retries_that_makes_no_sense(retries: object) -> None:
    with pytest.raises(InvalidInput, match=r"^retries: "):
        RetryPolicy(retries=retries)
