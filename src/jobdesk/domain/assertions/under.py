"""What all assertions about time have."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from jobdesk.domain.parsing import check_whole
from jobdesk.domain.values import Value

_LONGEST_MS = 86_400_000


class Under(Value):
    value: int

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> int:
        return check_whole(value, "value", least=1, most=_LONGEST_MS)
