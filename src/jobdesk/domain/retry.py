"""When to try again: a policy is data, a decision is a pure function of it."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, field_validator, model_validator

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_whole, format_duration, parse_duration
from jobdesk.domain.values import Value

MAX_RETRIES = 1_000
RETRY_AFTER_CAP = timedelta(days=1)
BACKOFF_FORM = "exponential:BASE:FACTOR:CAP, fixed:DELAY or list:D1,D2,…"


class ExponentialBackoff(Value):
    """Delay n is ``base * factor**(n-1)``, at most ``cap``; base and cap in seconds."""

    type: Literal["exponential"] = "exponential"
    base: float = 10.0
    factor: float = 2.0
    cap: float = 3600.0

    @field_validator("base", "cap", mode="before")
    @classmethod
    def _durations(cls, value: Any) -> float:
        return parse_duration(value, "backoff", above=timedelta(0)).total_seconds()

    @field_validator("factor", mode="before")
    @classmethod
    def _factor(cls, value: Any) -> float:
        try:
            factor = float(value)
        except (TypeError, ValueError, OverflowError):
            factor = math.nan
        if not 1 <= factor <= 1000:
            raise InvalidInput("backoff", value, "a factor from 1 to 1000")
        return factor

    def delay(self, retry: int) -> float:
        try:
            return min(self.cap, self.base * self.factor ** (retry - 1))
        except OverflowError:
            return self.cap

    def __str__(self) -> str:
        base, cap = (format_duration(timedelta(seconds=s)) for s in (self.base, self.cap))
        return f"exponential:{base}:{self.factor:g}:{cap}"


class FixedBackoff(Value):
    """The same delay, in seconds, before each retry."""

    type: Literal["fixed"] = "fixed"
    seconds: float

    @field_validator("seconds", mode="before")
    @classmethod
    def _seconds(cls, value: Any) -> float:
        return parse_duration(value, "backoff").total_seconds()

    def delay(self, retry: int) -> float:
        return self.seconds

    def __str__(self) -> str:
        return f"fixed:{format_duration(timedelta(seconds=self.seconds))}"


class ListBackoff(Value):
    """One delay, in seconds, for each retry; the last one serves those beyond the list."""

    type: Literal["list"] = "list"
    delays: tuple[float, ...]

    @field_validator("delays", mode="before")
    @classmethod
    def _delays(cls, value: Any) -> tuple[float, ...]:
        if not value or not isinstance(value, (list, tuple)):
            raise InvalidInput("backoff", value, "at least one delay, as in list:10s,1m,10m")
        if len(value) > MAX_RETRIES:
            raise InvalidInput("backoff", len(value), f"at most {MAX_RETRIES:,} delays")
        return tuple(parse_duration(item, "backoff").total_seconds() for item in value)

    def delay(self, retry: int) -> float:
        return self.delays[min(retry, len(self.delays)) - 1]

    def __str__(self) -> str:
        return "list:" + ",".join(format_duration(timedelta(seconds=s)) for s in self.delays)


Backoff = Annotated[ExponentialBackoff | FixedBackoff | ListBackoff, Discriminator("type")]


class RetryPolicy(Value):
    """How often and how late a failed run is tried again.

    ``jitter`` spreads exponential delays evenly over 0 to the delay ("full jitter",
    Brooker, *Exponential Backoff And Jitter*, AWS Architecture Blog, 2015); fixed and
    listed delays are kept to the letter. ``retry_permanent`` retries even what can't
    get better by itself, such as a 404.
    """

    retries: int = 3
    backoff: Backoff = ExponentialBackoff()
    jitter: bool = True
    retry_permanent: bool = False

    @model_validator(mode="before")
    @classmethod
    def _length_of_list(cls, data: Any) -> Any:
        backoff = data.get("backoff") if isinstance(data, dict) else None
        if isinstance(backoff, ListBackoff) and "retries" not in data:
            return {**data, "retries": len(backoff.delays)}
        return data

    @field_validator("retries", mode="before")
    @classmethod
    def _retries(cls, value: Any) -> int:
        return check_whole(value, "retries", least=0, most=MAX_RETRIES)

    def given(self) -> dict[str, Any]:
        """The JSON form of what was said, without what is at its default only."""
        return self.model_dump(mode="json", include=self.model_fields_set)

    @property
    def max_attempts(self) -> int:
        return self.retries + 1

    def longest_delay(self, retry: int) -> timedelta:
        """The delay before retry ``retry`` (1 is the first) without jitter."""
        return timedelta(seconds=self.backoff.delay(retry))

    def delay(
        self, retry: int, *, retry_after: timedelta | None = None, rng: random.Random
    ) -> timedelta:
        """The delay before retry ``retry``; ``retry_after`` is a floor, up to one day."""
        delay = self.longest_delay(retry)
        if self.jitter and isinstance(self.backoff, ExponentialBackoff):
            delay *= rng.random()
        if retry_after is not None:
            delay = max(delay, min(retry_after, RETRY_AFTER_CAP))
        return delay

    def words_for_wait(self, delay: timedelta, retry_after: timedelta | None) -> str | None:
        """Why ``delay`` is what it is, where the server had a say in it."""
        if retry_after is None or delay <= timedelta(0):
            return None
        if delay != min(retry_after, RETRY_AFTER_CAP):
            return None
        if retry_after > RETRY_AFTER_CAP:
            return "the server asks to wait longer than 1 day, so 1 day is waited"
        return f"the server asks to wait {format_duration(_whole_seconds(retry_after))}"

    def preview(self) -> list[timedelta]:
        """The delays that would follow, longest case, for people to look at."""
        return [self.longest_delay(n) for n in range(1, self.retries + 1)]


def _whole_seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=math.ceil(span.total_seconds()))


def parse_backoff(text: str) -> ExponentialBackoff | FixedBackoff | ListBackoff:
    """``exponential:10s:2:1h``, ``fixed:30s`` or ``list:10s,1m``; later parts may be left out."""
    kind, _, rest = text.strip().partition(":")
    fields: dict[str, Any]
    if kind == "exponential":
        parts = rest.split(":") if rest else []
        if len(parts) <= 3 and all(parts):
            names = ("base", "factor", "cap")
            fields = dict(zip(names, parts, strict=False))
            return ExponentialBackoff(**fields)
    elif kind == "fixed" and rest:
        fields = {"seconds": rest}
        return FixedBackoff(**fields)
    elif kind == "list" and rest:
        fields = {"delays": [part.strip() for part in rest.split(",")]}
        return ListBackoff(**fields)
    raise InvalidInput("backoff", text, BACKOFF_FORM)
