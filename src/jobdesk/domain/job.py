"""A job: what a person sets up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import field_validator, model_validator

from jobdesk.domain.action import Action, check_url
from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.assertions import check_assertions
from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_name, check_whole
from jobdesk.domain.policy import Settled, Terms
from jobdesk.domain.queue import DEFAULT_QUEUE
from jobdesk.domain.run import Run
from jobdesk.domain.trigger import Cron, Trigger

MAX_PRIORITY = 1_000_000


class Overlap(StrEnum):
    """What a fire does while an earlier run of its job is not finished."""

    SKIP = "skip"
    QUEUE = "queue"
    PARALLEL = "parallel"
    REPLACE = "replace"


class JobSpec(Terms):
    """Everything a person decides about a job. What it doesn't say of timeout, retries and
    assertions its runs get from their queue; ``trigger`` None means by hand only, and
    ``callback_url`` is told how each of its runs ended."""

    name: str
    action: Action
    trigger: Trigger | None = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    overlap: Overlap = Overlap.QUEUE
    catch_up: CatchUp = CatchUp.LATEST
    enabled: bool = True
    callback_url: str | None = None
    alerts: AlertPolicy | None = None

    @field_validator("name", "queue", mode="before")
    @classmethod
    def _names(cls, value: Any, info: Any) -> str:
        return check_name(value, info.field_name)

    @field_validator("priority", mode="before")
    @classmethod
    def _priority(cls, value: Any) -> int:
        return check_priority(value)

    @model_validator(mode="after")
    def _assertions_fit(self) -> Self:
        check_assertions(self.action.type, self.assertions or ())
        return self

    @field_validator("callback_url", mode="before")
    @classmethod
    def _callback(cls, value: Any) -> str | None:
        return None if value is None else check_url(value, "callback_url")

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
    ``settled`` is what holds for its runs by now, its queue's word included.
    """

    id: int
    spec: JobSpec
    created_at: datetime
    updated_at: datetime
    anchor_at: datetime
    last_due_at: datetime | None
    next_due_at: datetime | None
    last_run: Run | None = None
    settled: Settled = field(default_factory=Settled)

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def timezone(self) -> str | None:
        return self.spec.trigger.tz if isinstance(self.spec.trigger, Cron) else None
