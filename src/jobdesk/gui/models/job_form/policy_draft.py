"""How a job runs, as the form holds it: queue, retries, timeout and the like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jobdesk.domain.action import check_url
from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.job import JobSpec, Overlap, check_priority
from jobdesk.domain.parsing import check_name, check_whole, format_duration
from jobdesk.domain.policy import Settled, Source, Terms, settle
from jobdesk.domain.queue import DEFAULT_QUEUE, QueuePolicy
from jobdesk.domain.retry import MAX_RETRIES, ListBackoff, RetryPolicy
from jobdesk.domain.timeout import NO_LIMIT, check_timeout
from jobdesk.gui.models.backoff_draft import BackoffDraft
from jobdesk.gui.models.job_form.field_problems import Problems, refused
from jobdesk.gui.models.policy_words import delay_words, source_words

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
    """All of it as texts and choices. What a queue can say, too, is None where the job
    leaves it to the queue; ``callback_url`` "" is nobody."""

    queue: str = DEFAULT_QUEUE
    priority: str = "0"
    timeout: str | None = None
    retries: int | None = None
    backoff: BackoffDraft | None = None
    jitter: bool | None = None
    retry_permanent: bool | None = None
    overlap: Overlap = Overlap.QUEUE
    catch_up: CatchUp = CatchUp.LATEST
    callback_url: str = ""

    @classmethod
    def of(cls, spec: JobSpec) -> PolicyDraft:
        retry = spec.retry or RetryPolicy()
        given = retry.model_fields_set if spec.retry else set()
        backoff = retry.backoff if "backoff" in given else None
        # A list by itself says how many retries there are; then nobody else did.
        counted = isinstance(backoff, ListBackoff) and retry.retries == len(backoff.delays)
        return cls(
            queue=spec.queue,
            priority=str(spec.priority),
            timeout=None if spec.timeout is None else _text(spec.timeout),
            retries=retry.retries if "retries" in given and not counted else None,
            backoff=None if backoff is None else BackoffDraft.of(backoff),
            jitter=retry.jitter if "jitter" in given else None,
            retry_permanent=retry.retry_permanent if "retry_permanent" in given else None,
            overlap=spec.overlap,
            catch_up=spec.catch_up,
            callback_url=spec.callback_url or "",
        )

    def values(self) -> dict[str, Any]:
        """The fields of :class:`JobSpec` that this decides; :class:`InvalidInput`."""
        return {
            "queue": check_name(self.queue, "queue"),
            "priority": check_priority(self.priority),
            **self._said(),
            "overlap": self.overlap,
            "catch_up": self.catch_up,
            "callback_url": self.callback_url.strip() or None,
        }

    def problems(self) -> Problems:
        """What is wrong, under: queue, priority, timeout, retries; base, factor, cap,
        fixed, delays; callback_url."""
        found = refused(lambda: check_name(self.queue, "queue"))
        found |= refused(lambda: check_priority(self.priority))
        found |= refused(self._timeout)
        found |= refused(self._retries)
        if self.backoff is not None:
            found |= self.backoff.problems()
        if url := self.callback_url.strip():
            found |= refused(lambda: check_url(url, "callback_url"))
        return found

    # -- what it means -------------------------------------------------------------------

    def settled(self, queue: QueuePolicy | None, kind: str) -> Settled:
        """What holds for the job's runs in a queue that says this; :class:`InvalidInput`."""
        return settle(Terms(**self._said()), Source.JOB, queue, kind)

    def inherited(self, queue: QueuePolicy | None, kind: str) -> dict[str, str]:
        """What holds for each field while the job says nothing of it, with who says so."""
        usual = settle(Terms(), Source.JOB, queue, kind)
        retry, name = usual.retry, self.queue
        counted = self._listed()
        number = "one for each delay" if counted else source_words(usual.source("retries"), name)
        many = counted or retry.retries
        if self.retries is not None and not refused(self._retries):
            many = self.retries
        jitter = retry.jitter if self.jitter is None else self.jitter
        delays = delay_words(retry.backoff, many, jitter=jitter)
        words = {
            "timeout": _timeout_words(usual.timeout, kind),
            "backoff": delays or "none",
            "jitter": "yes" if retry.jitter else "no",
            "retry_permanent": "yes" if retry.retry_permanent else "no",
        }
        said = {
            field: f"{text} ({source_words(usual.source(field), name)})"
            for field, text in words.items()
        }
        return {**said, "retries": f"{counted or retry.retries} ({number})"}

    def starting(self, queue: QueuePolicy | None, kind: str) -> PolicyDraft:
        """What the inputs hold when a switch is turned on: the value that held before."""
        usual = settle(Terms(), Source.JOB, queue, kind)
        retry = usual.retry
        timeout = "30s" if usual.timeout is None else _text(usual.timeout)
        return PolicyDraft(
            timeout=timeout if self.timeout is None else self.timeout,
            retries=retry.retries if self.retries is None else self.retries,
            backoff=self.backoff or BackoffDraft.of(retry.backoff),
            jitter=retry.jitter if self.jitter is None else self.jitter,
            retry_permanent=retry.retry_permanent
            if self.retry_permanent is None
            else self.retry_permanent,
        )

    @property
    def changed_words(self) -> list[str]:
        """What differs from the defaults, in few words each."""
        usual = PolicyDraft()
        words = []
        if self.queue != usual.queue:
            words.append(f"queue {self.queue}")
        if self.priority.strip() != usual.priority:
            words.append(f"priority {self.priority.strip()}")
        if self.timeout is not None:
            words.append(f"timeout {self.timeout.strip()}")
        if self.retries is not None:
            words.append(f"{self.retries} {'retry' if self.retries == 1 else 'retries'}")
        if self.backoff is not None or self.jitter is not None:
            words.append("own delays")
        if self.overlap != usual.overlap:
            words.append(f"overlap: {OVERLAP_WORDS[self.overlap][0].lower()}")
        if self.catch_up != usual.catch_up:
            words.append(f"missed: {CATCH_UP_WORDS[self.catch_up][0].lower()}")
        if self.callback_url.strip():
            words.append("calls back")
        return words

    # -- reading it ----------------------------------------------------------------------

    def _said(self) -> dict[str, Any]:
        """Timeout and retries, each of them only where the job says so."""
        given: dict[str, Any] = {
            "retries": self._retries(),
            "backoff": None if self.backoff is None else self.backoff.backoff(),
            "jitter": self.jitter,
            "retry_permanent": self.retry_permanent,
        }
        said = {name: value for name, value in given.items() if value is not None}
        return {"timeout": self._timeout(), "retry": RetryPolicy(**said) if said else None}

    def _timeout(self) -> float | None:
        # Empty is no timeout of its own, which is what the switch is for.
        return None if self.timeout is None else check_timeout(self.timeout.strip())

    def _retries(self) -> int | None:
        if self.retries is None:
            return None
        return check_whole(self.retries, "retries", least=0, most=MAX_RETRIES)

    def _listed(self) -> int:
        """How many delays the job lists, which is how many retries there are then."""
        if self.backoff is None or self.backoff.problems():
            return 0
        backoff = self.backoff.backoff()
        return len(backoff.delays) if isinstance(backoff, ListBackoff) else 0


def _timeout_words(timeout: float | None, kind: str) -> str:
    if timeout is None:
        return "30s in total" if kind == "http" else "none"
    return _text(timeout)


def _text(seconds: float) -> str:
    if seconds == NO_LIMIT:
        return "none"
    return format_duration(timedelta(seconds=seconds))
