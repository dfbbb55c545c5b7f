"""The content of the queue dialog: what was typed, and what it would mean. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from jobdesk.domain.parsing import format_duration
from jobdesk.domain.queue import Queue, QueuePolicy, Rate
from jobdesk.domain.retry import ListBackoff, RetryPolicy
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.timeout import NO_LIMIT, check_timeout
from jobdesk.gui import format as fmt
from jobdesk.gui.models.alerts.policy_draft import AlertDraft, alert_words
from jobdesk.gui.models.assertions_draft import AssertionsDraft
from jobdesk.gui.models.backoff_draft import BackoffDraft
from jobdesk.gui.models.job_form.field_problems import Problems, refused
from jobdesk.gui.models.policy_words import delay_words

UNITS = {"s": "second", "m": "minute", "h": "hour"}
_DEFAULT = RetryPolicy()


@dataclass(frozen=True, slots=True)
class QueueDraft:
    """Each field None where the queue says nothing, so that its runs get the default.

    ``kept`` is the policy that the dialog was opened with: what it has besides these
    fields stays as it is.
    """

    concurrency: int | None = None
    rate: tuple[int, str] | None = None
    timeout: str | None = None
    retries: int | None = None
    backoff: BackoffDraft | None = None
    jitter: bool | None = None
    retry_permanent: bool | None = None
    keep_finished_days: int | None = None
    keep_finished_runs: int | None = None
    keep_dead_days: int | None = None
    success: AssertionsDraft = field(default_factory=AssertionsDraft)
    alerts: AlertDraft = field(default_factory=AlertDraft)
    kept: QueuePolicy = field(default_factory=QueuePolicy)

    @classmethod
    def of(cls, queue: Queue) -> QueueDraft:
        policy = queue.policy
        retry = policy.retry or _DEFAULT
        given = retry.model_fields_set if policy.retry else set()
        backoff = retry.backoff if "backoff" in given else None
        # A list by itself says how many retries there are; then nobody else did.
        counted = isinstance(backoff, ListBackoff) and retry.retries == len(backoff.delays)
        return cls(
            concurrency=queue.concurrency,
            rate=(policy.rate.count, policy.rate.per) if policy.rate else None,
            timeout=None if policy.timeout is None else _timeout_text(policy.timeout),
            retries=retry.retries if "retries" in given and not counted else None,
            backoff=None if backoff is None else BackoffDraft.of(backoff),
            jitter=retry.jitter if "jitter" in given else None,
            retry_permanent=retry.retry_permanent if "retry_permanent" in given else None,
            keep_finished_days=policy.keep_finished_days,
            keep_finished_runs=policy.keep_finished_runs,
            keep_dead_days=policy.keep_dead_days,
            success=AssertionsDraft.of(policy.assertions),
            alerts=AlertDraft.of(policy.alerts),
            kept=policy,
        )

    def policy(self) -> QueuePolicy:
        """What the queue says; :class:`InvalidInput` for what can't be accepted."""
        own = {
            "rate": Rate(count=self.rate[0], per=self.rate[1]) if self.rate else None,  # type: ignore[arg-type]
            "timeout": None if self.timeout is None else _own_timeout(self.timeout),
            "retry": self._retry(),
            "assertions": self.success.assertions(None),
            "alerts": self.alerts.policy(),
            "keep_finished_days": self.keep_finished_days,
            "keep_finished_runs": self.keep_finished_runs,
            "keep_dead_days": self.keep_dead_days,
        }
        return QueuePolicy(**{**dict(self.kept), **own})

    def problems(self) -> Problems:
        """What is wrong, under: timeout; base, factor, cap, fixed, delays; assertions.0
        and so on; what :class:`AlertDraft` has."""
        found: Problems = self.success.problems(None)
        if self.timeout is not None:
            text = self.timeout
            found |= refused(lambda: _own_timeout(text))
        if self.backoff is not None:
            found |= self.backoff.problems()
        return found | self.alerts.problems()

    def inherited(self, settings: EngineSettings | None) -> dict[str, str]:
        """What holds for each field while nothing is set here, with who says so;
        ``settings`` None while they aren't known yet."""
        retries, counted = self._counted_retries()
        number = f"{retries} (one for each delay)" if counted else f"{retries} (default)"
        delays = delay_words(_DEFAULT.backoff, self.retries or retries, jitter=_jitter(self.jitter))
        return {
            "timeout": "30s for HTTP calls, none for scripts (default)",
            "retries": number,
            "backoff": f"{delays or 'none'} (default)",
            "jitter": "yes (default)",
            "retry_permanent": "no (default)",
            "keep_finished_days": _days(settings.keep_finished_days if settings else None),
            "keep_finished_runs": "any number (default)",
            "keep_dead_days": _days(settings.keep_dead_days if settings else None),
        }

    def _counted_retries(self) -> tuple[int, bool]:
        """How many retries there are where no number is set, and whether a list says so."""
        if self.backoff is not None and not self.backoff.problems():
            backoff = self.backoff.backoff()
            if isinstance(backoff, ListBackoff):
                return len(backoff.delays), True
        return _DEFAULT.retries, False

    def _retry(self) -> RetryPolicy | None:
        given: dict[str, Any] = {
            "retries": self.retries,
            "backoff": None if self.backoff is None else self.backoff.backoff(),
            "jitter": self.jitter,
            "retry_permanent": self.retry_permanent,
        }
        said = {name: value for name, value in given.items() if value is not None}
        return RetryPolicy(**said) if said else None


def rate_words(rate: Rate) -> str:
    """``5 per second``."""
    return f"{fmt.count(rate.count)} per {UNITS[rate.per]}"


def beat_words(rate: Rate) -> str:
    """How far apart starts are: ``Evenly spread: one every 200 ms``"""
    return f"Evenly spread: one every {fmt.seconds(rate.interval)}"


def policy_words(policy: QueuePolicy) -> str:
    """What a queue has a word on, in short: ``own timeout, retries, history``; "" where it
    leaves all of it to others. Its rate is shown beside its limit."""
    given = policy.retry.model_fields_set if policy.retry else set()
    kept = (policy.keep_finished_days, policy.keep_finished_runs, policy.keep_dead_days)
    names = [
        name
        for name, said in (
            ("timeout", policy.timeout is not None),
            ("retries", "retries" in given or "retry_permanent" in given),
            ("delays", "backoff" in given or "jitter" in given),
            ("assertions", policy.assertions is not None),
            ("alerts", policy.alerts is not None),
            ("history", any(one is not None for one in kept)),
        )
        if said
    ]
    return f"own {', '.join(names)}" if names else ""


def policy_lines(policy: QueuePolicy) -> list[str]:
    """What a queue says besides its rate, a line each, for a tooltip."""
    draft = QueueDraft.of(Queue(0, "", policy=policy))
    lines = []
    if draft.timeout is not None:
        lines.append(f"Timeout: {draft.timeout}")
    if draft.retries is not None:
        lines.append(f"Retries: {draft.retries}")
    if draft.backoff is not None and policy.retry is not None:
        retry = policy.retry
        words = delay_words(retry.backoff, retry.retries, jitter=retry.jitter)
        lines.append(f"Delays: {words or 'none'}")
    if draft.jitter is not None:
        lines.append("Delays are spread at random" if draft.jitter else "Delays are kept exactly")
    if draft.retry_permanent is not None:
        words = "Retries" if draft.retry_permanent else "Doesn't retry"
        lines.append(f"{words} what can't get better by itself")
    if policy.assertions is not None:
        lines.append(f"Success: {fmt.counted(len(policy.assertions), 'assertion')}")
    if words := alert_words(policy.alerts):
        lines.append(f"Alerts: {words}")
    for what, days in (
        ("Finished runs", policy.keep_finished_days),
        ("Dead letters", policy.keep_dead_days),
    ):
        if days is not None:
            lines.append(f"{what}: kept {fmt.counted(days, 'day')}")
    if policy.keep_finished_runs is not None:
        lines.append(f"Finished runs: the newest {fmt.count(policy.keep_finished_runs)} are kept")
    return lines


def starting(draft: QueueDraft, settings: EngineSettings) -> QueueDraft:
    """What the inputs hold when a switch is turned on: the value that held before."""
    return QueueDraft(
        concurrency=draft.concurrency or 4,
        rate=draft.rate or (5, "s"),
        timeout="30s" if draft.timeout is None else draft.timeout,
        retries=_DEFAULT.retries if draft.retries is None else draft.retries,
        backoff=draft.backoff or BackoffDraft(),
        jitter=_jitter(draft.jitter),
        retry_permanent=bool(draft.retry_permanent),
        keep_finished_days=draft.keep_finished_days or settings.keep_finished_days,
        keep_finished_runs=draft.keep_finished_runs or 1000,
        keep_dead_days=draft.keep_dead_days or settings.keep_dead_days,
        success=draft.success,
        alerts=draft.alerts,
        kept=draft.kept,
    )


def _own_timeout(text: str) -> float | None:
    # Empty is no timeout of its own, which is what the switch is for.
    return check_timeout(text.strip())


def _timeout_text(timeout: float) -> str:
    if timeout == NO_LIMIT:
        return "none"
    return format_duration(timedelta(seconds=timeout))


def _jitter(jitter: bool | None) -> bool:
    return _DEFAULT.jitter if jitter is None else jitter


def _days(days: int | None) -> str:
    return f"{fmt.counted(days, 'day')} (settings)" if days else "as the settings say"
