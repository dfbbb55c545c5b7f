"""Runs and their attempts, as the store hands them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from jobdesk.domain.outcome import Outcome, Reason

if TYPE_CHECKING:
    from jobdesk.domain.action import HttpAction, ScriptAction
    from jobdesk.domain.policy import RunPolicy
    from jobdesk.domain.retry import RetryPolicy


class RunState(StrEnum):
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    DISCARDED = "discarded"


FINISHED = frozenset(
    {
        RunState.SUCCEEDED,
        RunState.DEAD,
        RunState.CANCELLED,
        RunState.SKIPPED,
        RunState.DISCARDED,
    }
)
UNFINISHED = frozenset(RunState) - FINISHED


class Origin(StrEnum):
    PUSH = "push"
    TRIGGER = "trigger"
    MANUAL = "manual"
    REPLAY = "replay"
    CALLBACK = "callback"
    """Tells somebody else's endpoint how a run ended."""


@dataclass(frozen=True, slots=True)
class Run:
    """One request to execute an action, with a snapshot of it.

    ``title`` is what lists show: the job's name, or one line of the action. ``attempt``
    is the number of the latest attempt (0: none yet); ``uncounted`` of them were
    interrupted by a graceful stop and don't use up ``max_attempts``. ``due_at`` is when
    it was asked to run, ``available_at`` when it may run next; ``started_at`` is the
    start of the first attempt, ``attempt_started_at`` that of the latest. ``spec`` and
    ``retry_spec`` are the snapshots as stored; :attr:`action` and :attr:`retry` read
    them, and raise ValueError where that can't be done. ``problem`` says what else of the
    row can't be read; such a run is shown and set aside. ``policy_spec`` is likewise what
    :attr:`policy` reads, and ``about`` the run that a callback tells of. All times are
    aware UTC.
    """

    id: int
    title: str
    job_id: int | None
    job: str | None
    queue: str
    state: RunState
    origin: Origin
    priority: int
    attempt: int
    uncounted: int
    max_attempts: int
    created_at: datetime
    due_at: datetime
    available_at: datetime
    started_at: datetime | None
    attempt_started_at: datetime | None
    finished_at: datetime | None
    reason: Reason | None
    error: str | None
    replay_of: int | None
    replayed_by: int | None
    key: str | None
    timeout: float | None
    cancel_requested: bool
    spec: str
    retry_spec: str
    policy_spec: str | None = None
    about: int | None = None
    problem: str | None = None

    @property
    def action(self) -> ScriptAction | HttpAction:
        from jobdesk.domain.action import read_action  # late: lists of runs don't need it

        return read_action(self.spec)

    @property
    def retry(self) -> RetryPolicy:
        from jobdesk.domain.retry import RetryPolicy

        return RetryPolicy.model_validate_json(self.retry_spec)

    @property
    def policy(self) -> RunPolicy:
        """What else holds for it: success assertions, a callback, where its terms are from."""
        from jobdesk.domain.policy import PLAIN, RunPolicy

        return (
            PLAIN if self.policy_spec is None else RunPolicy.model_validate_json(self.policy_spec)
        )

    @property
    def attempts_allowed(self) -> int:
        """The number that the last attempt may have: "attempt 2 of 4"."""
        return self.max_attempts + self.uncounted

    @property
    def finished(self) -> bool:
        return self.state in FINISHED

    @property
    def needs_attention(self) -> bool:
        """A dead letter that nobody has replayed."""
        return self.state is RunState.DEAD and self.replayed_by is None and not self.problem

    @property
    def readable(self) -> bool:
        """Whether all of it makes sense to this program, its action and policy too."""
        try:
            return bool(self.action and self.retry and self.policy) and self.problem is None
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a run. ``outcome`` is None while it runs; ``duration_ms`` likewise.

    ``request`` and ``response`` are what an HTTP attempt sent and got (see
    :class:`~jobdesk.domain.outcome.Verdict`); ``omitted_bytes`` and ``omitted_lines``
    count the output that was not kept.
    """

    id: int
    run_id: int
    number: int
    outcome: Outcome | None
    reason: Reason | None
    error: str | None
    exit_code: int | None
    http_status: int | None
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    omitted_bytes: int
    omitted_lines: int
    request: dict[str, Any] | None
    response: dict[str, Any] | None
