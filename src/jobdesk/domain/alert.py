"""Alerts: what somebody should hear of, and when. Pure; the store keeps what is decided.

A *sequence* of failures belongs to a subject: a job, or a pushed run with its replays. It
begins with a failed attempt and ends with a success.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from pydantic import ValidationInfo, field_serializer, field_validator

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_name, check_whole, parse_duration
from jobdesk.domain.values import Value

DESKTOP = "desktop"
"""The channel that is always there: a notification by whichever window is open."""
MAX_CHANNELS = 50
MAX_THRESHOLD = 1_000
USUAL_OF = 20
"""So many successes the usual duration is taken from, at least :data:`USUAL_FROM`."""
USUAL_FROM = 5


class AlertKind(StrEnum):
    WARNING = "warning"
    """The first failure of a sequence."""
    FAILURE = "failure"
    """So many failures in a row, or a run that died."""
    RECOVERY = "recovery"
    """A success after something was told."""
    LATE = "late"
    """A scheduled run that did not start, or not end, in time."""
    SILENT = "silent"
    """A heartbeat that did not come."""


class AlertPolicy(Value):
    """Who hears of what; None where nothing is said and the next one is asked: a job, its
    queue, the settings.

    ``threshold`` is how many failed attempts in a row are a failure (a run that dies is
    one in any case). ``late_start`` and ``late_end`` are seconds; ``late_factor`` is how
    many times its usual duration a run may take.
    """

    channels: tuple[str, ...] | None = None
    kinds: tuple[AlertKind, ...] | None = None
    threshold: int | None = None
    late_start: float | None = None
    late_end: float | None = None
    late_factor: float | None = None

    @field_validator("channels", mode="before")
    @classmethod
    def _channels(cls, value: Any) -> tuple[str, ...] | None:
        if value is None:
            return None
        if not isinstance(value, (list, tuple)) or len(value) > MAX_CHANNELS:
            raise InvalidInput("channels", value, f"at most {MAX_CHANNELS} names of channels")
        return tuple(dict.fromkeys(check_name(name, "channels") for name in value))

    @field_validator("kinds", mode="before")
    @classmethod
    def _kinds(cls, value: Any) -> tuple[AlertKind, ...] | None:
        if value is None:
            return None
        if not isinstance(value, (list, tuple, set, frozenset)):
            raise InvalidInput("kinds", value, f"some of {', '.join(AlertKind)}")
        for kind in value:
            if kind not in set(AlertKind):
                raise InvalidInput("kinds", kind, f"one of {', '.join(AlertKind)}")
        return tuple(kind for kind in AlertKind if kind in value)

    @field_validator("threshold", mode="before")
    @classmethod
    def _threshold(cls, value: Any) -> int | None:
        if value is None:
            return None
        return check_whole(value, "threshold", least=1, most=MAX_THRESHOLD)

    @field_validator("late_start", "late_end", mode="before")
    @classmethod
    def _late(cls, value: Any, info: ValidationInfo) -> float | None:
        if value is None:
            return None
        name = str(info.field_name)
        return parse_duration(value, name, above=timedelta(0)).total_seconds()

    @field_validator("late_factor", mode="before")
    @classmethod
    def _factor(cls, value: Any) -> float | None:
        if value is None:
            return None
        try:
            factor = float(value)
        except (TypeError, ValueError, OverflowError):
            factor = 0.0
        if not 1.1 <= factor <= 1000:
            raise InvalidInput("late_factor", value, "a factor from 1.1 to 1000")
        return factor

    @field_serializer("kinds", when_used="json")
    def _kinds_shown(self, value: tuple[AlertKind, ...] | None) -> list[str] | None:
        return None if value is None else [str(kind) for kind in value]

    @property
    def may_be_late(self) -> bool:
        return any((self.late_start, self.late_end, self.late_factor))


USUAL = AlertPolicy(
    channels=(DESKTOP,), kinds=(AlertKind.FAILURE, AlertKind.LATE, AlertKind.SILENT)
)
"""What holds where nobody says anything: as long as nobody asks for more, one notification
when a run has died for good."""


def settle_alerts(*said: AlertPolicy | None) -> AlertPolicy:
    """What holds, of policies from the nearest to the farthest; :data:`USUAL` at last."""
    found: dict[str, Any] = {}
    for policy in (*said, USUAL):
        for name in AlertPolicy.model_fields:
            value = getattr(policy, name) if policy is not None else None
            if value is not None:
                found.setdefault(name, value)
    return AlertPolicy(**found)


@dataclass(frozen=True, slots=True)
class Sequence:
    """How often in a row something has failed, and the most serious that was told of it."""

    failures: int = 0
    raised: AlertKind | None = None


def failed(
    before: Sequence, policy: AlertPolicy, *, died: bool
) -> tuple[Sequence, AlertKind | None]:
    """After one more failed attempt: the sequence, and what is to be told, if anything."""
    failures = before.failures + 1
    over = died or (policy.threshold is not None and failures >= policy.threshold)
    kind: AlertKind | None = None
    if over and before.raised is not AlertKind.FAILURE:
        kind = AlertKind.FAILURE
    elif failures == 1 and not over:
        kind = AlertKind.WARNING
    if kind is not None and kind not in (policy.kinds or ()):
        # What nobody was told of needs no recovery, and may still be told as a failure.
        return Sequence(failures, before.raised), None
    return Sequence(failures, kind or before.raised), kind


def recovered(before: Sequence, policy: AlertPolicy) -> AlertKind | None:
    """What a success after a sequence is told as."""
    if before.raised is None or AlertKind.RECOVERY not in (policy.kinds or ()):
        return None
    return AlertKind.RECOVERY


def late_after(policy: AlertPolicy, usual: float | None) -> float | None:
    """Seconds after its start at which a run is late; ``usual`` is its usual duration."""
    limits = [policy.late_end] if policy.late_end is not None else []
    if policy.late_factor is not None and usual is not None:
        # What takes milliseconds is not late after a few more of them.
        limits.append(max(1.0, policy.late_factor * usual))
    return min(limits) if limits else None


class QuietHours(Value):
    """From when to when, on the clock on the wall, alerts wait: ``22:00`` to ``07:00``."""

    start: str
    end: str

    @field_validator("start", "end", mode="before")
    @classmethod
    def _time(cls, value: Any, info: ValidationInfo) -> str:
        try:
            moment = time.fromisoformat(value.strip() if isinstance(value, str) else "")
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is not None or len(value.strip()) > 5:
            raise InvalidInput(f"quiet_{info.field_name}", value, "a time of day such as 22:00")
        return moment.strftime("%H:%M")

    def over_at(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When they are over, if ``now`` (aware) is within them."""
        local = now.astimezone(zone)
        start, end = (time.fromisoformat(text) for text in (self.start, self.end))
        clock = local.time()
        within = start <= clock < end if start <= end else clock >= start or clock < end
        if not within:
            return None
        day = local.date() + timedelta(days=1) if clock >= end else local.date()
        return datetime.combine(day, end, zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that was told, or is to be: which incident, what, and of which run."""

    id: int
    incident_id: int
    kind: AlertKind
    title: str
    text: str
    run_id: int | None
    created_at: datetime
    deliveries: tuple[Delivery, ...] = ()


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    SUMMED_UP = "summed_up"
    """Sent together with others, in one message."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An alert on its way over a channel; ``error`` is why it could not be sent last."""

    id: int
    channel: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    ended_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Incident:
    """What goes on with a subject ("job:12", "run:847", "heartbeat:3"): ``kind`` is
    "failures", "late" or "silent"."""

    id: int
    subject: str
    kind: str
    title: str
    queue: str | None
    job: str | None
    failures: int
    raised: AlertKind | None
    run_id: int | None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach somebody. ``shown`` is its address with everything secret masked."""

    name: str
    kind: str
    shown: str
    enabled: bool
    created_at: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once, over one channel: an alert, or a storm of them summed up."""

    title: str
    text: str
    run_id: int | None
    delivery_ids: tuple[int, ...] = field(repr=False)


def compose(alerts: Iterable[tuple[int, Alert]]) -> Message:
    """One message of one alert, or of several: how many of which kind, and the first few.

    Pairs of (id of the delivery, alert).
    """
    pairs = list(alerts)
    ids = tuple(delivery_id for delivery_id, _ in pairs)
    if len(pairs) == 1:
        alert = pairs[0][1]
        return Message(alert.title, alert.text, alert.run_id, ids)
    counts = {kind: sum(alert.kind is kind for _, alert in pairs) for kind in AlertKind}
    said = ", ".join(
        f"{number:,} {_plural(kind, number)}" for kind, number in counts.items() if number
    )
    first = [f"- {alert.title}" for _, alert in pairs[:_SHOWN]]
    more = len(pairs) - _SHOWN
    if more > 0:
        first.append(f"- and {more:,} more")
    return Message(f"{len(pairs):,} alerts: {said}", "\n".join(first), None, ids)


_SHOWN = 5
_WORDS = {
    AlertKind.WARNING: ("warning", "warnings"),
    AlertKind.FAILURE: ("failure", "failures"),
    AlertKind.RECOVERY: ("recovery", "recoveries"),
    AlertKind.LATE: ("late", "late"),
    AlertKind.SILENT: ("silent", "silent"),
}


def _plural(kind: AlertKind, number: int) -> str:
    return _WORDS[kind][number != 1]
