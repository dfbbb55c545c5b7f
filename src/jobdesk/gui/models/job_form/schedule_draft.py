"""When a job runs, as the form's builder holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import iso, parse_duration, parse_time
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.domain.zones import find_zone
from jobdesk.gui.models.job_form.field_problems import Problems, problems_of, refused

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
LAST_DAY = "L"
AnyTrigger = At | Every | Cron


class When(StrEnum):
    """The tabs of the builder; from hourly on they make a cron expression."""

    HAND = "hand"
    ONCE = "once"
    EVERY = "every"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CRON = "cron"


CALENDAR = (When.HOURLY, When.DAILY, When.WEEKLY, When.MONTHLY, When.CRON)


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """The content of all tabs at once; ``when`` says which one counts.

    ``at`` is ISO 8601 with an offset, ``time`` is HH:MM, ``weekdays`` count from 0
    (Sunday), ``day`` is a number or ``L``, ``zone`` is that of the calendar tabs.
    """

    zone: str
    at: str
    when: When = When.HAND
    after_delay: bool = False
    delay: str = "10m"
    every: str = "5"
    unit: str = "m"
    minute: str = "0"
    time: str = "07:00"
    weekdays_only: bool = False
    weekdays: frozenset[int] = frozenset({1})
    day: str = "1"
    cron: str = ""

    @classmethod
    def new(cls, zone: str, now: datetime) -> ScheduleDraft:
        """A fresh one; its time is the next full hour that is at least half an hour away."""
        hour = (now + timedelta(minutes=90)).replace(minute=0, second=0, microsecond=0)
        return cls(zone=zone, at=hour.isoformat())

    @classmethod
    def of(cls, trigger: AnyTrigger | None, zone: str, now: datetime) -> ScheduleDraft:
        """The tab that says exactly what ``trigger`` says, filled in; else the cron tab."""
        fresh = cls.new(zone, now)
        if isinstance(trigger, At):
            return replace(fresh, when=When.ONCE, at=iso(trigger.at) or "")
        if isinstance(trigger, Every):
            number, unit = _in_unit(trigger.interval)
            return replace(fresh, when=When.EVERY, every=number, unit=unit)
        if isinstance(trigger, Cron):
            named = replace(fresh, zone=trigger.tz or zone, cron=trigger.expression)
            return _built(named) or replace(named, when=When.CRON)
        return fresh

    @property
    def expression(self) -> str:
        """The cron expression of a calendar tab."""
        hour, _, minute = self.time.partition(":")
        time = f"{int(minute)} {int(hour)}"
        match self.when:
            case When.HOURLY:
                return f"{self.minute} * * * *"
            case When.DAILY:
                return f"{time} * * {'1-5' if self.weekdays_only else '*'}"
            case When.WEEKLY:
                return f"{time} * * {','.join(map(str, sorted(self.weekdays)))}"
            case When.MONTHLY:
                return f"{time} {self.day} * *"
            case _:
                return self.cron

    def trigger(self, now: datetime) -> AnyTrigger | None:
        """What it means at ``now``; :class:`InvalidInput` for what can't be."""
        if self.when is When.HAND:
            return None
        if self.when is When.ONCE:
            if self.after_delay:
                return At(now + parse_duration(self.delay, "delay"))
            return At(parse_time(self.at, "at", UTC))
        if self.when is When.EVERY:
            return Every(self._interval())
        if self.when is When.WEEKLY and not self.weekdays:
            raise InvalidInput("weekdays", "", "at least one day of the week")
        return Cron(self.expression, tz=self.zone.strip())

    def problems(self, now: datetime, known: AnyTrigger | None = None) -> Problems:
        """What is wrong, under: at, delay, every, weekdays, cron, tz. A time that has
        passed is fine only as the ``known`` one of a job that is being changed."""
        try:
            trigger = self.trigger(now)
        except InvalidInput as error:
            found = problems_of(error)
        else:
            past = isinstance(trigger, At) and trigger.at <= now and trigger != known
            if past and not self.after_delay:
                return {"at": "Expected a time that is still to come"}
            return {}
        if self.when in CALENDAR and "weekdays" not in found:
            # Pydantic stops at the zone; the expression may be wrong as well.
            found |= refused(lambda: Cron(self.expression))
            found |= refused(lambda: find_zone(self.zone.strip()))
        return found

    def _interval(self) -> str:
        number = self.every.strip()
        try:
            float(number)
        except ValueError:
            raise InvalidInput("every", number, "a number, such as 5") from None
        return f"{number}{self.unit}"


def _in_unit(seconds: float) -> tuple[str, str]:
    """An interval in the largest unit that makes it a whole number, else in seconds."""
    for unit, size in _SECONDS.items():
        if seconds % size == 0:
            return str(int(seconds // size)), unit
    return f"{seconds:.6f}".rstrip("0"), "s"


def _built(draft: ScheduleDraft) -> ScheduleDraft | None:
    """The builder's tab whose expression is the draft's cron text to the letter, if any."""
    fields = draft.cron.split()
    if len(fields) != 5:
        return None
    minute, hour, day, _, weekday = fields
    guesses = []
    if minute.isdigit() and minute == str(int(minute)):
        # The builder shows numbers: 05 would become 5.
        guesses.append(replace(draft, when=When.HOURLY, minute=minute))
    if minute.isdigit() and hour.isdigit():
        timed = replace(draft, time=f"{int(hour):02}:{int(minute):02}")
        guesses.append(replace(timed, when=When.DAILY))
        guesses.append(replace(timed, when=When.DAILY, weekdays_only=True))
        if all(item in "0123456" and len(item) == 1 for item in weekday.split(",")):
            days = frozenset(map(int, weekday.split(",")))
            guesses.append(replace(timed, when=When.WEEKLY, weekdays=days))
        guesses.append(replace(timed, when=When.MONTHLY, day=day))
    return next((g for g in guesses if g.expression == draft.cron and _plain_day(g.day)), None)


def _plain_day(day: str) -> bool:
    return day == LAST_DAY or (day.isdigit() and 1 <= int(day) <= 31 and str(int(day)) == day)
