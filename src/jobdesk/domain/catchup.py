"""What to do about fire times that passed while nobody could act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from jobdesk.domain.trigger import Schedule

MOST_CAUGHT_UP = 1_000
MOST_SHOWN = 10
"""How many dropped fires get a row of their own; older ones are summed up in one more."""
MOST_COUNTED = 10_000


class CatchUp(StrEnum):
    SKIP = "skip"
    LATEST = "latest"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A fire time that the policy drops, with the sentence that its skipped run carries."""

    due_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class FirePlan:
    """What became due: the fires to run and those to show as skipped, both ascending."""

    run: list[datetime] = field(default_factory=list)
    skip: list[Dropped] = field(default_factory=list)

    @property
    def newest(self) -> datetime | None:
        times = [*self.run[-1:], *(d.due_at for d in self.skip[-1:])]
        return max(times, default=None)


def plan_fires(
    schedule: Schedule,
    policy: CatchUp,
    *,
    since: datetime,
    now: datetime,
    tolerance: timedelta,
) -> FirePlan:
    """Which fires in ``(since, now]`` run and which are dropped.

    A fire that is at most ``tolerance`` late is on time and always runs; an older one is
    a misfire, and ``policy`` decides. Costs nothing that grows with the length of the gap.
    """
    cutoff = max(since, now - tolerance)
    fresh = schedule.last(cutoff, now, MOST_CAUGHT_UP)
    keep = {CatchUp.SKIP: 0, CatchUp.LATEST: 1, CatchUp.ALL: MOST_CAUGHT_UP}[policy]
    missed = schedule.last(since, cutoff, keep + MOST_SHOWN + 1)
    split = max(0, len(missed) - keep)
    return FirePlan(run=missed[split:] + fresh, skip=_dropped(schedule, since, missed[:split]))


def _dropped(schedule: Schedule, since: datetime, times: list[datetime]) -> list[Dropped]:
    shown = [Dropped(t, "its time passed while JobDesk could not act") for t in times[-MOST_SHOWN:]]
    if len(times) > MOST_SHOWN:
        oldest = times[-MOST_SHOWN - 1]
        count = schedule.count_between(since, oldest, MOST_COUNTED)
        number = f"{count:,}" if count < MOST_COUNTED else f"at least {count:,}"
        shown.insert(
            0, Dropped(oldest, f"{number} fire times up to here passed while JobDesk could not act")
        )
    return shown
