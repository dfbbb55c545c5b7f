"""Delays before retries as forms hold them: texts, and the kind that is chosen. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, ListBackoff, parse_backoff
from jobdesk.gui.models.job_form.field_problems import Problems, refused

AnyBackoff = ExponentialBackoff | FixedBackoff | ListBackoff


class BackoffKind(StrEnum):
    EXPONENTIAL = "exponential"
    FIXED = "fixed"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class BackoffDraft:
    """All kinds at once, so that what was typed for one survives a look at another."""

    kind: BackoffKind = BackoffKind.EXPONENTIAL
    base: str = "10s"
    factor: str = "2"
    cap: str = "1h"
    fixed: str = "30s"
    delays: str = "10s, 1m, 10m"

    @classmethod
    def of(cls, backoff: AnyBackoff) -> BackoffDraft:
        if isinstance(backoff, FixedBackoff):
            return cls(BackoffKind.FIXED, fixed=_text(backoff.seconds))
        if isinstance(backoff, ListBackoff):
            return cls(BackoffKind.LIST, delays=", ".join(map(_text, backoff.delays)))
        short = f"{backoff.factor:g}"
        return cls(
            base=_text(backoff.base),
            factor=short if float(short) == backoff.factor else f"{backoff.factor:.17g}",
            cap=_text(backoff.cap),
        )

    def backoff(self) -> AnyBackoff:
        """:class:`InvalidInput` for what can't be one."""
        if self.kind is BackoffKind.FIXED:
            return parse_backoff(f"fixed:{self.fixed}") if self.fixed.strip() else _no_delay()
        if self.kind is BackoffKind.LIST:
            return parse_backoff(f"list:{self.delays}") if self.delays.strip() else _no_delay()
        return ExponentialBackoff(base=self.base, factor=self._factor(), cap=self.cap)  # type: ignore[arg-type]

    def problems(self) -> Problems:
        """What is wrong, under: base, factor, cap; fixed; delays."""
        if self.kind is BackoffKind.FIXED:
            return refused(self.backoff, "fixed")
        if self.kind is BackoffKind.LIST:
            return refused(self.backoff, "delays")
        fields: dict[str, Any] = {"base": self.base, "cap": self.cap}
        found: Problems = {}
        for name, value in fields.items():
            found |= refused(lambda n=name, v=value: ExponentialBackoff(**{n: v}), name)  # type: ignore[misc]
        return found | refused(lambda: ExponentialBackoff(factor=self._factor()), "factor")

    def _factor(self) -> float:
        try:
            return float(self.factor)
        except ValueError:
            raise InvalidInput("factor", self.factor, "a factor from 1 to 1000") from None


def _no_delay() -> FixedBackoff:
    raise InvalidInput("backoff", "", "a delay such as 30s or 5m")


def _text(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))
