"""What can be set about the engine; the defaults are INTERFACE's."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationInfo, field_validator

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.values import Value

MB = 1_048_576

_BOUNDS = {
    "workers": (1, 256),
    "output_cap": (64 * 1024, 1024 * MB),
    "response_cap": (1024, 256 * MB),
    "keep_finished_days": (1, 36_500),
    "keep_dead_days": (1, 36_500),
    "log_budget": (10 * MB, 1_000_000 * MB),
}


class EngineSettings(Value):
    """Graces in seconds, caps and budgets in bytes, retention in days.

    ``kill_grace`` lies between TERM and KILL; ``stop_grace`` is what running attempts
    are given when the engine stops. ``output_cap`` is for one attempt.
    """

    workers: int = 8
    kill_grace: float = 5.0
    stop_grace: float = 10.0
    output_cap: int = 10 * MB
    response_cap: int = 1 * MB
    keep_finished_days: int = 30
    keep_dead_days: int = 90
    log_budget: int = 2048 * MB

    @field_validator(*_BOUNDS, mode="before")
    @classmethod
    def _within(cls, value: Any, info: ValidationInfo) -> int:
        name = str(info.field_name)
        least, most = _BOUNDS[name]
        return check_whole(value, name, least=least, most=most)

    @field_validator("kill_grace", "stop_grace")
    @classmethod
    def _grace(cls, value: float, info: ValidationInfo) -> float:
        if not 0 <= value <= 3600:
            raise InvalidInput(str(info.field_name), value, "a number of seconds from 0 to 3600")
        return value

    @classmethod
    def lenient(cls, values: dict[str, Any]) -> EngineSettings:
        """The settings that make sense among ``values``; the others at their defaults."""
        good: dict[str, Any] = {}
        for name, value in values.items():
            try:
                cls(**{name: value})
            except InvalidInput:
                continue
            good[name] = value
        return cls(**good)
