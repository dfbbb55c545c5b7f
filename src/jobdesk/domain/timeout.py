"""How long an attempt may take: seconds, or no limit, or nothing said."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import parse_duration

NO_LIMIT = math.inf
"""A timeout that says "none", where silence would mean the queue's or the default."""


def check_timeout(value: Any) -> float | None:
    """Seconds, or None; "none" is :data:`NO_LIMIT`; zero and less make no sense."""
    if value is None:
        return None
    if value == NO_LIMIT or (isinstance(value, str) and value.strip().lower() == "none"):
        return NO_LIMIT
    try:
        return parse_duration(value, "timeout", above=timedelta(0)).total_seconds()
    except InvalidInput as error:
        (problem,) = error.problems
        raise InvalidInput("timeout", value, f"{problem.expected}, or none") from None
