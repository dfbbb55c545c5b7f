"""What the page of a run says."""

from __future__ import annotations

import pytest

from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, ListBackoff, RetryPolicy
from jobdesk.gui.models.run.run_page_words import retry_words


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (RetryPolicy(retries=0), "No retries"),
        (RetryPolicy(), "3 retries, after up to 10s, 20s, 40s"),
        (RetryPolicy(jitter=False), "3 retries, after 10s, 20s, 40s"),
        (
            RetryPolicy(retries=9, backoff=ExponentialBackoff(base=60, cap=90), jitter=False),
            "9 retries, after 1m, 1m30s, 1m30s, 1m30s, …",
        ),
        (RetryPolicy(retries=1, backoff=FixedBackoff(seconds=0.25)), "1 retry, each after 250ms"),
        (
            RetryPolicy(backoff=ListBackoff(delays=[1, 60]), retry_permanent=True),
            "2 retries, after 1s, 1m; also what can't get better by itself",
        ),
    ],
)
def test_retries_in_words(policy: RetryPolicy, words: str) -> None:
    assert retry_words(policy) == words
