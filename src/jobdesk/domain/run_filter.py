"""Which runs somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobdesk.domain.run import RunState


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list; what is left out doesn't restrict.

    ``text`` is looked for in the title and the error, without regard to case (ASCII);
    ``attention`` means dead letters that nobody has replayed; ``since`` and ``until``
    bound the time of creation.
    """

    states: frozenset[RunState] = frozenset()
    job: str | None = None
    queue: str | None = None
    text: str = ""
    attention: bool = False
    since: datetime | None = None
    until: datetime | None = None
