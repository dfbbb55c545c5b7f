"""When a job fires: by hand (no trigger), at a time, every so often, or by cron.

A *trigger* is what a person sets and what is written down; with the moment its job was
set up (the anchor) it becomes a *schedule*, which answers questions about fire times.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Protocol

from pydantic import Discriminator, TypeAdapter, field_serializer, field_validator, model_validator

from jobdesk.domain.cron import CronSchedule, describe, find_zone
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import iso, parse_duration, parse_time, spoken_duration
from jobdesk.domain.values import Value

SHORTEST_INTERVAL = timedelta(seconds=1)


class Schedule(Protocol):
    """Fire times, as aware UTC datetimes in ascending order."""

    def next(self, after: datetime) -> datetime | None:
        """The first fire strictly after ``after``; None when there is none any more."""
        ...

    def last(self, start: datetime, end: datetime, limit: int) -> list[datetime]:
        """The newest ``limit`` fires with ``start < fire <= end``, ascending."""
        ...

    def count_between(self, start: datetime, end: datetime, limit: int) -> int:
        """How many fires lie in ``(start, end]``; counting stops at ``limit``."""
        ...


class At(Value):
    """Once, at an aware time."""

    type: Literal["at"] = "at"
    at: datetime

    def __init__(self, at: datetime | str | None = None, **data: Any) -> None:
        super().__init__(at=at, **data)

    @field_validator("at", mode="before")
    @classmethod
    def _at(cls, value: Any) -> datetime:
        if isinstance(value, datetime) and value.tzinfo is None:
            raise InvalidInput("at", value.isoformat(), "a time with a UTC offset")
        return parse_time(value, "at", UTC)

    @field_serializer("at")
    def _iso(self, value: datetime) -> str | None:
        return iso(value)

    def schedule(self, anchor: datetime) -> Schedule:
        return _OneTime(self.at)

    @property
    def words(self) -> str:
        return "Once, at a set time"


class Every(Value):
    """Every ``interval`` seconds, counted from the anchor on the UTC clock, without drift."""

    type: Literal["every"] = "every"
    interval: float

    def __init__(self, interval: timedelta | float | str = "", **data: Any) -> None:
        super().__init__(interval=interval, **data)

    @field_validator("interval", mode="before")
    @classmethod
    def _interval(cls, value: Any) -> float:
        return parse_duration(value, "every", least=SHORTEST_INTERVAL).total_seconds()

    def schedule(self, anchor: datetime) -> Schedule:
        return _Regular(anchor, timedelta(seconds=self.interval))

    @property
    def words(self) -> str:
        return f"Every {spoken_duration(timedelta(seconds=self.interval))}"


class Cron(Value):
    """By a cron expression (five fields, or six with seconds first) in a time zone.

    ``tz`` is an IANA name; None means the zone of the computer, which the desk writes in
    when it accepts the job.
    """

    type: Literal["cron"] = "cron"
    expression: str
    tz: str | None = None

    def __init__(self, expression: str = "", tz: str | None = None, **data: Any) -> None:
        super().__init__(expression=expression, tz=tz, **data)

    @field_validator("tz")
    @classmethod
    def _tz(cls, value: str | None) -> str | None:
        if value is not None:
            find_zone(value)
        return value

    @model_validator(mode="after")
    def _fires(self) -> Cron:
        CronSchedule(self.expression, find_zone(self.tz or "UTC"))
        return self

    def schedule(self, anchor: datetime) -> Schedule:
        return CronSchedule(self.expression, find_zone(self.tz or "UTC"))

    @property
    def words(self) -> str:
        return describe(self.expression)


Trigger = Annotated[At | Every | Cron, Discriminator("type")]
TRIGGER: TypeAdapter[At | Every | Cron] = TypeAdapter(Trigger)


class _OneTime:
    def __init__(self, at: datetime) -> None:
        self._at = at

    def next(self, after: datetime) -> datetime | None:
        return self._at if self._at > after else None

    def last(self, start: datetime, end: datetime, limit: int) -> list[datetime]:
        return [self._at][:limit] if start < self._at <= end else []

    def count_between(self, start: datetime, end: datetime, limit: int) -> int:
        return len(self.last(start, end, limit))


class _Regular:
    """``anchor + n * interval`` for n = 1, 2, …, by arithmetic alone."""

    def __init__(self, anchor: datetime, interval: timedelta) -> None:
        self._anchor, self._interval = anchor, interval

    def _index(self, moment: datetime) -> int:
        """How many fires there were up to and including ``moment``."""
        return max(0, (moment - self._anchor) // self._interval)

    def next(self, after: datetime) -> datetime | None:
        try:
            return self._anchor + (self._index(after) + 1) * self._interval
        except OverflowError:
            return None

    def last(self, start: datetime, end: datetime, limit: int) -> list[datetime]:
        first, final = self._index(start) + 1, self._index(end)
        first = max(first, final - limit + 1)
        return [self._anchor + n * self._interval for n in range(first, final + 1)]

    def count_between(self, start: datetime, end: datetime, limit: int) -> int:
        return min(limit, max(0, self._index(end) - self._index(start)))
