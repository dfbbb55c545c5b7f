"""How a job runs, as the form holds it: queue, retries, timeout and the like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.job import JobSpec, Overlap, check_priority
from jobdesk.domain.parsing import check_name, check_whole, format_duration
from jobdesk.domain.policy import NO_LIMIT, check_timeout
from jobdesk.domain.queue import DEFAULT_QUEUE
from jobdesk.domain.retry import MAX_RETRIES, RetryPolicy
from jobdesk.gui.models.backoff_draft import BackoffDraft, BackoffKind
from jobdesk.gui.models.job_form.field_problems import Problems, refused

OVERLAP_WORDS = {
    Overlap.QUEUE: ("Wait", "The new run waits its turn in the queue."),
    Overlap.SKIP: ("Skip", "The new run is skipped, and the list of runs says so."),
    Overlap.PARALLEL: ("Run both", "The new run starts beside the earlier one."),
    Overlap.REPLACE: ("Replace", "The earlier run is cancelled, and the new one starts."),
}
CATCH_UP_WORDS = {
    CatchUp.LATEST: ("Run once", "However many were missed, one run makes up for them."),
    CatchUp.SKIP: ("Skip", "What was missed is shown as skipped; it goes on with the next one."),
    CatchUp.ALL: ("Run all", "Every missed time gets its run, the newest 1,000 at most."),
}


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """All of it as texts and choices; ``timeout`` "" is none."""

    queue: str = DEFAULT_QUEUE
    priority: str = "0"
    timeout: str = ""
    retries: str = "3"
    backoff: BackoffKind = BackoffKind.EXPONENTIAL
    base: str = "10s"
    factor: str = "2"
    cap: str = "1h"
    jitter: bool = True
    fixed: str = "30s"
    delays: str = "10s, 1m, 10m"
    retry_permanent: bool = False
    overlap: Overlap = Overlap.QUEUE
    catch_up: CatchUp = CatchUp.LATEST
    said: frozenset[str] = frozenset()
    """What the job says of retries by itself, even where that is the default."""

    @classmethod
    def of(cls, spec: JobSpec) -> PolicyDraft:
        retry = spec.retry or RetryPolicy()
        delays = BackoffDraft.of(retry.backoff)
        return cls(
            queue=spec.queue,
            priority=str(spec.priority),
            timeout="" if spec.timeout is None else _text(spec.timeout),
            retries=str(retry.retries),
            jitter=retry.jitter,
            retry_permanent=retry.retry_permanent,
            overlap=spec.overlap,
            catch_up=spec.catch_up,
            said=frozenset(retry.model_fields_set),
            backoff=delays.kind,
            base=delays.base,
            factor=delays.factor,
            cap=delays.cap,
            fixed=delays.fixed,
            delays=delays.delays,
        )

    def values(self) -> dict[str, Any]:
        """The fields of :class:`JobSpec` that this decides; :class:`InvalidInput`."""
        return {
            "queue": check_name(self.queue, "queue"),
            "priority": check_priority(self.priority),
            "timeout": check_timeout(self.timeout.strip() or None),
            "retry": self.retry(),
            "overlap": self.overlap,
            "catch_up": self.catch_up,
        }

    def retry(self) -> RetryPolicy | None:
        """What the job says, or what differs from the default; the rest the queue says."""
        said = RetryPolicy(
            retries=check_whole(self.retries, "retries", least=0, most=MAX_RETRIES),
            backoff=self._delays().backoff(),
            jitter=self.jitter,
            retry_permanent=self.retry_permanent,
        )
        usual = RetryPolicy()
        given = {
            name: value
            for name, value in said
            if name in self.said or value != getattr(usual, name)
        }
        return RetryPolicy(**given) if given else None

    def problems(self) -> Problems:
        """What is wrong, under: queue, priority, timeout, retries; base, factor, cap,
        fixed, delays."""
        return {
            **refused(lambda: check_name(self.queue, "queue")),
            **refused(lambda: check_priority(self.priority)),
            **refused(lambda: check_timeout(self.timeout.strip() or None)),
            **refused(lambda: check_whole(self.retries, "retries", least=0, most=MAX_RETRIES)),
            **self._delays().problems(),
        }

    @property
    def changed_words(self) -> list[str]:
        """What differs from the defaults, in few words each."""
        usual = PolicyDraft()
        words = []
        if self.queue != usual.queue:
            words.append(f"queue {self.queue}")
        if self.priority.strip() != usual.priority:
            words.append(f"priority {self.priority.strip()}")
        if self.timeout.strip():
            words.append(f"timeout {self.timeout.strip()}")
        if self.overlap != usual.overlap:
            words.append(f"overlap: {OVERLAP_WORDS[self.overlap][0].lower()}")
        if self.catch_up != usual.catch_up:
            words.append(f"missed: {CATCH_UP_WORDS[self.catch_up][0].lower()}")
        return words

    def _delays(self) -> BackoffDraft:
        return BackoffDraft(self.backoff, self.base, self.factor, self.cap, self.fixed, self.delays)


def _text(seconds: float) -> str:
    if seconds == NO_LIMIT:
        return "none"
    return format_duration(timedelta(seconds=seconds))
