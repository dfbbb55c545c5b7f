"""Where a value comes from, in words."""

from __future__ import annotations

import pytest

from jobdesk.domain.policy import Source, Terms, settle
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import ListBackoff, RetryPolicy
from jobdesk.gui.models.policy_words import retry_sources, timeout_source

LIST = RetryPolicy(backoff=ListBackoff(delays=(60, 1800)))


@pytest.mark.parametrize(
    ("job", "queue", "words"),
    [
        (None, None, "default"),
        (RetryPolicy(retries=5), None, "number from the job, the rest default"),
        (RetryPolicy(retries=0), None, "from the job"),
        (None, LIST, "number and delays from queue emails, the rest default"),
        (
            RetryPolicy(retries=5),
            RetryPolicy(retries=1, backoff=LIST.backoff, jitter=True, retry_permanent=False),
            "number from the job, the rest from queue emails",
        ),
        (
            RetryPolicy(retries=5),
            LIST,
            "number from the job, delays from queue emails, the rest default",
        ),
    ],
)
def test_who_said_how_to_retry(
    job: RetryPolicy | None, queue: RetryPolicy | None, words: str
) -> None:
    settled = settle(Terms(retry=job), Source.JOB, QueuePolicy(retry=queue), "script")
    assert retry_sources(settled.retry, settled.source, "emails") == words


def test_who_said_the_timeout() -> None:
    assert timeout_source(None, Source.DEFAULT, "emails") == "default"
    assert timeout_source(5, Source.QUEUE, "emails") == "from queue emails"
    assert timeout_source(5, Source.PUSH, "emails") == "from the push"


def test_of_old_runs_nobody_knows_who_said_it() -> None:
    assert timeout_source(5, Source.DEFAULT, "emails") == ""
    assert retry_sources(RetryPolicy(retries=7), lambda _: Source.DEFAULT, "emails") == ""
