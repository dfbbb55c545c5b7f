"""A queue: a named lane with limits of its own, and with what its runs inherit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.policy import Terms
from jobdesk.domain.values import Value

DEFAULT_QUEUE = "default"
MAX_CONCURRENCY = 10_000
RATE_FORM = "a number of starts per second, minute or hour, such as 5/s, 100/m or 20/h"

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d{1,6})\s*/\s*(s|m|h|second|minute|hour|sec|min)", re.ASCII | re.IGNORECASE)


class Rate(Value):
    """At most ``count`` starts in each second, minute or hour, evenly spread over it."""

    count: int
    per: Literal["s", "m", "h"]

    @field_validator("count", mode="before")
    @classmethod
    def _count(cls, value: Any) -> int:
        return check_whole(value, "rate", least=1, most=100_000)

    @property
    def interval(self) -> float:
        """Seconds from one start to the next."""
        return _UNITS[self.per] / self.count

    def __str__(self) -> str:
        return f"{self.count}/{self.per}"


def parse_rate(text: Any) -> Rate:
    """``5/s``, ``100/m``, ``20/hour``."""
    found = _RATE.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise InvalidInput("rate", text, RATE_FORM)
    try:
        return Rate.model_validate({"count": found[1], "per": found[2][0].lower()})
    except ValueError:
        raise InvalidInput("rate", text, RATE_FORM) from None


class QueuePolicy(Terms):
    """What a queue's runs inherit, how fast they start, and how long they are kept (None:
    as long as the settings say; ``keep_finished_runs`` None: any number)."""

    rate: Rate | None = None
    alerts: AlertPolicy | None = None
    keep_finished_days: int | None = None
    keep_finished_runs: int | None = None
    keep_dead_days: int | None = None

    @field_validator("rate", mode="before")
    @classmethod
    def _rate(cls, value: Any) -> Any:
        return parse_rate(value) if isinstance(value, str) else value

    @field_validator("keep_finished_days", "keep_dead_days", mode="before")
    @classmethod
    def _days(cls, value: Any, info: ValidationInfo) -> int | None:
        name = str(info.field_name)
        return None if value is None else check_whole(value, name, least=1, most=36_500)

    @field_validator("keep_finished_runs", mode="before")
    @classmethod
    def _runs(cls, value: Any) -> int | None:
        if value is None:
            return None
        return check_whole(value, "keep_finished_runs", least=1, most=100_000_000)


@dataclass(frozen=True, slots=True)
class Queue:
    """A lane and what waits in it. ``concurrency`` None means no limit but the workers."""

    id: int
    name: str
    paused: bool = False
    concurrency: int | None = None
    queued: int = 0
    running: int = 0
    retrying: int = 0
    scheduled: int = 0
    dead: int = 0
    policy: QueuePolicy = field(default_factory=QueuePolicy)
