from __future__ import annotations

import math
from typing import Any

import pytest

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import JobSpec
from jobdesk.domain.policy import Settled, Source, Terms, settle
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import ListBackoff, RetryPolicy
from jobdesk.domain.timeout import NO_LIMIT, check_timeout


def test_who_says_nothing_gets_the_defaults() -> None:
    found = settle(Terms(), Source.PUSH, None, "script")
    assert found == Settled(None, RetryPolicy(), (), {})
    assert found.source("retries") is Source.DEFAULT
    assert settle(Terms(), Source.JOB, QueuePolicy(), "script") == found


def test_each_value_is_inherited_for_itself() -> None:
    queue = QueuePolicy(
        timeout=60, retry=RetryPolicy(backoff=ListBackoff(delays=(60, 1800, 10800)))
    )
    found = settle(Terms(retry=RetryPolicy(retries=5)), Source.PUSH, queue, "script")
    assert (found.timeout, found.retry.retries, str(found.retry.backoff)) == (
        60,
        5,
        "list:1m,30m,3h",
    )
    assert found.sources == {
        "timeout": Source.QUEUE,
        "retries": Source.PUSH,
        "backoff": Source.QUEUE,
    }
    assert settle(Terms(), Source.PUSH, queue, "script").retry.retries == 3


def test_who_says_the_default_means_it() -> None:
    queue = QueuePolicy(timeout=5, retry=RetryPolicy(retries=9))
    own = Terms(timeout="none", retry=RetryPolicy(retries=3))  # type: ignore[arg-type]
    found = settle(own, Source.JOB, queue, "script")
    assert (found.timeout, found.retry.retries) == (NO_LIMIT, 3)
    assert set(found.sources.values()) == {Source.JOB}


def test_what_was_said_is_written_down_and_no_more() -> None:
    spec = JobSpec(
        name="a",
        action=ScriptAction(["true"]),
        retry=RetryPolicy(retries=3),
        timeout=math.inf,
    )
    kept = JobSpec.model_validate_json(spec.model_dump_json())
    assert kept == spec
    assert kept.retry is not None
    assert kept.retry.model_fields_set == {"retries"}
    assert spec.to_json()["retry"] == {"retries": 3}
    assert spec.to_json()["timeout"] == "none"


@pytest.mark.parametrize("value", [0, 0.0, -1, "0", "inf", "x", "", math.nan])
def test_timeouts_that_make_no_sense(value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"timeout: .* or none"):
        check_timeout(value)


@pytest.mark.parametrize(
    ("text", "interval"), [("5/s", 0.2), ("100/m", 0.6), ("20 / hour", 180), ("1/Second", 1)]
)
def test_rates(text: str, interval: float) -> None:
    policy = QueuePolicy(rate=text)  # type: ignore[arg-type]
    assert policy.rate is not None
    assert policy.rate.interval == pytest.approx(interval)
    assert QueuePolicy.model_validate_json(policy.model_dump_json()) == policy


@pytest.mark.parametrize("text", ["", "5", "0/s", "5/d", "-1/s", "1.5/s", "100001/s", "٣/s"])
def test_rates_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="rate"):
        QueuePolicy(rate=text)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["keep_finished_days", "keep_finished_runs", "keep_dead_days"])
def test_nothing_is_kept_for_no_time(name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        QueuePolicy(**{name: 0})
