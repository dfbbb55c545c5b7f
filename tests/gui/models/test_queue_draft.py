"""What the queue dialog holds, without the dialog."""

from __future__ import annotations

import pytest

from jobdesk.domain.queue import Queue, QueuePolicy, parse_rate
from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, ListBackoff, RetryPolicy
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.gui.models.backoff_draft import BackoffDraft, BackoffKind
from jobdesk.gui.models.queue_draft import (
    QueueDraft,
    beat_words,
    policy_lines,
    policy_words,
    rate_words,
    starting,
)


@pytest.mark.parametrize(
    "policy",
    [
        QueuePolicy(),
        QueuePolicy(rate="5/s", timeout="90s", keep_finished_days=3, keep_dead_days=14),
        QueuePolicy(timeout="none", keep_finished_runs=500),
        QueuePolicy(retry=RetryPolicy(retries=3)),
        QueuePolicy(retry=RetryPolicy(retries=0, jitter=False, retry_permanent=True)),
        QueuePolicy(retry=RetryPolicy(backoff=ListBackoff(delays=(60, 1800, 10800)))),
        QueuePolicy(retry=RetryPolicy(retries=5, backoff=FixedBackoff(seconds=1.5))),
        QueuePolicy(retry=RetryPolicy(backoff=ExponentialBackoff(factor=1.5))),
        QueuePolicy(assertions=[{"type": "status_code_equals", "value": "200"}]),
    ],
)
def test_what_is_left_alone_comes_back_as_it_was(policy: QueuePolicy) -> None:
    draft = QueueDraft.of(Queue(1, "emails", policy=policy))
    assert draft.policy() == policy
    assert draft.policy().to_json() == policy.to_json()
    assert draft.problems() == {}


def test_what_equals_the_default_is_still_the_queue_s_own() -> None:
    policy = QueueDraft(retries=3, jitter=True).policy()
    assert policy.retry is not None
    assert policy.retry.model_fields_set == {"retries", "jitter"}


def test_delays_are_read_as_recuro_writes_them() -> None:
    draft = QueueDraft(backoff=BackoffDraft(BackoffKind.LIST, delays="60, 1800, 10800"))
    retry = draft.policy().retry
    assert retry is not None
    assert (retry.retries, retry.backoff) == (3, ListBackoff(delays=(60, 1800, 10800)))


def test_no_timeout_at_all_is_said_by_none() -> None:
    assert QueueDraft(timeout=" none ").policy().timeout == NO_LIMIT


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (QueueDraft(timeout=""), "timeout"),
        (QueueDraft(timeout="soon"), "timeout"),
        (QueueDraft(backoff=BackoffDraft(cap="?")), "cap"),
        (QueueDraft(backoff=BackoffDraft(BackoffKind.LIST, delays="1m, x")), "delays"),
        (QueueDraft(backoff=BackoffDraft(BackoffKind.FIXED, fixed="")), "fixed"),
    ],
)
def test_what_is_wrong_is_said_by_field(draft: QueueDraft, field: str) -> None:
    assert list(draft.problems()) == [field]


def test_what_is_inherited_is_said_with_its_source() -> None:
    words = QueueDraft().inherited(EngineSettings(keep_dead_days=45))
    assert words["retries"] == "3 (default)"
    assert words["backoff"] == "up to 10s, 20s, 40s (default)"
    assert words["keep_dead_days"] == "45 days (settings)"
    assert QueueDraft().inherited(None)["keep_dead_days"] == "as the settings say"


def test_a_list_of_delays_says_how_many_retries_there_are() -> None:
    draft = QueueDraft(backoff=BackoffDraft(BackoffKind.LIST, delays="1m, 30m"))
    assert draft.inherited(None)["retries"] == "2 (one for each delay)"


def test_a_switch_starts_from_what_held_before() -> None:
    inputs = starting(QueueDraft(retries=7), EngineSettings(keep_finished_days=12))
    assert (inputs.retries, inputs.keep_finished_days, inputs.jitter) == (7, 12, True)
    assert inputs.problems() == {}


def test_a_policy_in_words() -> None:
    policy = QueuePolicy(
        rate="100/m",
        timeout="90s",
        retry=RetryPolicy(backoff=ListBackoff(delays=(60, 1800))),
        keep_dead_days=14,
    )
    assert policy_words(policy) == "own timeout, retries, delays, history"
    assert policy_lines(policy) == [
        "Timeout: 1m30s",
        "Delays: 1m, 30m",
        "Dead letters: kept 14 days",
    ]
    assert (policy_words(QueuePolicy()), policy_lines(QueuePolicy())) == ("", [])
    assert policy_words(QueuePolicy(rate="5/s")) == ""
    rate = parse_rate("100/m")
    assert rate_words(rate) == "100 per minute"
    assert beat_words(rate) == "Evenly spread: one every 600 ms"
