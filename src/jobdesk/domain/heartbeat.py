"""Heartbeats: somebody outside says regularly that all is well; silence is an alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationInfo, field_validator

from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.parsing import check_name, parse_duration
from jobdesk.domain.values import Value

_LEAST = timedelta(seconds=1)


class HeartbeatSpec(Value):
    """A ping is expected ``every`` so many seconds; ``grace`` is how much later it may be."""

    name: str
    every: float
    grace: float = 60.0
    enabled: bool = True
    alerts: AlertPolicy | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _name(cls, value: Any) -> str:
        return check_name(value, "name")

    @field_validator("every", "grace", mode="before")
    @classmethod
    def _durations(cls, value: Any, info: ValidationInfo) -> float:
        name = str(info.field_name)
        least = _LEAST if name == "every" else timedelta(0)
        return parse_duration(value, name, least=least).total_seconds()

    def overdue_at(self, since: datetime) -> datetime | None:
        """When the next ping is overdue, the last one having come at ``since``."""
        if not self.enabled:
            return None
        return since + timedelta(seconds=self.every + self.grace)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A heartbeat as the store knows it; ``silent`` since its ping is overdue."""

    id: int
    spec: HeartbeatSpec
    created_at: datetime
    last_ping_at: datetime | None
    overdue_at: datetime | None
    silent: bool = False
