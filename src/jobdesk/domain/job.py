"""A job: what a person sets up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import field_validator

from jobdesk.domain.action import Action
from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_name, check_whole, parse_duration
from jobdesk.domain.queue import DEFAULT_QUEUE
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import Run
from jobdesk.domain.trigger import Cron, Trigger
from jobdesk.domain.values import Value

MAX_PRIORITY = 1_000_000


class Overlap(StrEnum):
    """What a fire does while an earlier run of its job is not finished."""

    SKIP = "skip"
    QUEUE = "queue"
    PARALLEL = "parallel"
    REPLACE = "replace"


class JobSpec(Value):
    """Everything a person decides about a job. ``timeout`` is in seconds, None for none
    (scripts) or 30 s in total (HTTP); ``trigger`` None means by hand only."""

    name: str
    action: Action
    trigger: Trigger | None = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    retry: RetryPolicy = RetryPolicy()
    timeout: float | None = None
    overlap: Overlap = Overlap.QUEUE
    catch_up: CatchUp = CatchUp.LATEST
    enabled: bool = True

    @field_validator("name", "queue", mode="before")
    @classmethod
    def _names(cls, value: Any, info: Any) -> str:
        return check_name(value, info.field_name)

    @field_validator("priority", mode="before")
    @classmethod
    def _priority(cls, value: Any) -> int:
        return check_priority(value)

    @field_validator("timeout", mode="before")
    @classmethod
    def _timeout(cls, value: Any) -> float | None:
        return check_timeout(value)

    @field_validator("overlap", mode="before")
    @classmethod
    def _overlap(cls, value: Any) -> Any:
        return _choice(Overlap, value, "overlap")

    @field_validator("catch_up", mode="before")
    @classmethod
    def _catch_up(cls, value: Any) -> Any:
        return _choice(CatchUp, value, "catch_up")


def check_priority(value: Any) -> int:
    return check_whole(value, "priority", least=-MAX_PRIORITY, most=MAX_PRIORITY)


def check_timeout(value: Any) -> float | None:
    """Seconds, or None; zero and less make no sense."""
    if value is None:
        return None
    return parse_duration(value, "timeout", above=timedelta(0)).total_seconds()


def _choice(kind: type[StrEnum], value: Any, field: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise InvalidInput(field, value, f"one of {', '.join(kind)}") from None


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the store knows it: the spec, and what time has made of it.

    ``anchor_at`` is what an interval counts from; ``last_due_at`` and ``next_due_at``
    are the newest fire that was dealt with and the next one (None: never, or disabled).
    """

    id: int
    spec: JobSpec
    created_at: datetime
    updated_at: datetime
    anchor_at: datetime
    last_due_at: datetime | None
    next_due_at: datetime | None
    last_run: Run | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def timezone(self) -> str | None:
        return self.spec.trigger.tz if isinstance(self.spec.trigger, Cron) else None
