"""What holds for runs and who says so, in the words of the window. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from jobdesk.domain.parsing import format_duration
from jobdesk.domain.policy import Source
from jobdesk.domain.retry import Backoff, ExponentialBackoff, FixedBackoff, RetryPolicy

_SHOWN_DELAYS = 4
_PARTS = {
    "retries": "number",
    "backoff": "delays",
    "jitter": "spread",
    "retry_permanent": "what is retried",
}


def source_words(source: Source, queue: str) -> str:
    """Who said a value: ``default``, ``from queue emails``."""
    return {
        Source.PUSH: "from the push",
        Source.JOB: "from the job",
        Source.QUEUE: f"from queue {queue}",
        Source.DEFAULT: "default",
    }[source]


def delay_words(backoff: Backoff, retries: int, *, jitter: bool) -> str:
    """``up to 10s, 20s, 40s``; "" where there is no retry to wait for."""
    if isinstance(backoff, FixedBackoff):
        return f"each after {_span(backoff.seconds)}" if retries else ""
    shown = min(retries, _SHOWN_DELAYS)
    delays = ", ".join(_span(backoff.delay(number)) for number in range(1, shown + 1))
    spread = "up to " if jitter and isinstance(backoff, ExponentialBackoff) else ""
    more = ", …" if retries > shown else ""
    return f"{spread}{delays}{more}" if delays else ""


def timeout_source(timeout: float | None, source: Source, queue: str) -> str:
    """Who said the timeout; "" for a run of a time when that wasn't written down."""
    known = source is not Source.DEFAULT or timeout is None
    return source_words(source, queue) if known else ""


def retry_sources(policy: RetryPolicy, source: Callable[[str], Source], queue: str) -> str:
    """Who said how often and how late to retry: ``from queue emails``, or, where it was
    several, ``number from the job, the rest from queue emails``. ``source`` knows for each
    field; "" for a run of a time when that wasn't written down."""
    said = {name: source(name) for name in RetryPolicy.model_fields}
    usual = RetryPolicy()
    if any(
        said[name] is Source.DEFAULT and value != getattr(usual, name) for name, value in policy
    ):
        return ""
    parts = _PARTS if policy.retries else {"retries": _PARTS["retries"]}
    groups: dict[Source, list[str]] = {}
    for name, word in parts.items():
        groups.setdefault(said[name], []).append(word)
    if len(groups) == 1:
        return source_words(next(iter(groups)), queue)
    rest = Source.DEFAULT if Source.DEFAULT in groups else list(groups)[-1]
    words = [
        f"{' and '.join(names)} {source_words(who, queue)}"
        for who, names in groups.items()
        if who is not rest
    ]
    return ", ".join([*words, f"the rest {source_words(rest, queue)}"])


def _span(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))
