"""Which runs somebody wants to see, and what was found of them so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobdesk.domain.run import Run, RunState


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list; what is left out doesn't restrict.

    ``text`` is looked for in the title and the error, without regard to case (ASCII);
    ``attention`` means dead letters that nobody has replayed; ``since`` and ``until``
    bound the time of creation; ``ids`` are at most 1,000.
    """

    states: frozenset[RunState] = frozenset()
    job: str | None = None
    queue: str | None = None
    text: str = ""
    attention: bool = False
    since: datetime | None = None
    until: datetime | None = None
    ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """Runs, newest first. ``edge`` is where the search stopped for want of time: what lies
    beyond this id is not searched yet. None: it came to the end, or has all that it was
    asked for."""

    runs: list[Run]
    edge: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many match, as far as was searched; ``edge`` as with :class:`Found`."""

    number: int
    edge: int | None = None
