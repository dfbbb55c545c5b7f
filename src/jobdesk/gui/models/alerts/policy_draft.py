"""Who hears of what, as a form holds it: typed, whether or not it can be accepted. No Qt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any

from jobdesk.domain.alert import USUAL, AlertKind, AlertPolicy
from jobdesk.gui.models.alerts.words import KINDS, span
from jobdesk.gui.models.job_form.field_problems import Problems, refused

Said = tuple[tuple[AlertPolicy | None, str], ...]
"""Who is asked where nothing is said, from the nearest on: the policy, and the words for
who says it (``from queue emails``, ``settings``)."""

_LATES = ("late_start", "late_end", "late_factor")


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """Each field None where nothing is said here, as in the policy; limits are as typed.

    ``origin`` is the policy that was opened: left as it is, it comes back as it was.
    """

    channels: tuple[str, ...] | None = None
    kinds: tuple[AlertKind, ...] | None = None
    threshold: int | None = None
    late_start: str | None = None
    late_end: str | None = None
    late_factor: str | None = None
    origin: AlertPolicy | None = field(default=None, compare=False)

    @classmethod
    def of(cls, policy: AlertPolicy | None) -> AlertDraft:
        said = policy or AlertPolicy()
        return cls(
            channels=said.channels,
            kinds=said.kinds,
            threshold=said.threshold,
            late_start=_span(said.late_start),
            late_end=_span(said.late_end),
            late_factor=None if said.late_factor is None else f"{said.late_factor:g}",
            origin=policy,
        )

    @classmethod
    def last(cls, policy: AlertPolicy) -> AlertDraft:
        """For the settings, behind which nobody is asked: channels and kinds are filled in."""
        said = cls.of(policy)
        channels = USUAL.channels if said.channels is None else said.channels
        kinds = USUAL.kinds if said.kinds is None else said.kinds
        return cls(
            channels, kinds, said.threshold, said.late_start, said.late_end, said.late_factor,
            origin=policy,
        )  # fmt: skip

    @property
    def says_something(self) -> bool:
        return any(value is not None for value in self._said().values())

    def policy(self) -> AlertPolicy | None:
        """What it comes to, None for nothing at all; :class:`InvalidInput`."""
        if self.origin is not None and self in (self.of(self.origin), self.last(self.origin)):
            return self.origin
        if not self.says_something:
            return None
        return AlertPolicy(**self._said())

    def problems(self) -> Problems:
        """What is wrong, under: threshold, late_start, late_end, late_factor."""
        found: Problems = {}
        for name, value in self._said().items():
            if value is not None:
                one: dict[str, Any] = {name: value}
                found |= refused(lambda one=one: AlertPolicy(**one))  # type: ignore[misc]
        return found

    def inherited(
        self, asked: Said, offered: Collection[AlertKind] = tuple(AlertKind)
    ) -> dict[str, str]:
        """What holds for each field while nothing is set here, with who says so; of the
        kinds only those that can happen (``offered``)."""
        return {name: _holds(name, asked, offered) for name in AlertPolicy.model_fields}

    def starting(self, asked: Said) -> AlertDraft:
        """What the inputs hold when a switch is turned on: the value that held before."""
        usual = {name: _value(name, asked)[0] for name in AlertPolicy.model_fields}
        late = {"late_start": "5m", "late_end": "1h", "late_factor": "3"}
        for name in _LATES:
            value = usual[name]
            if value is not None:
                late[name] = f"{value:g}" if name == "late_factor" else span(value)
        given = {key: value for key, value in self._said().items() if value is not None}
        start: dict[str, Any] = {**usual, "threshold": usual["threshold"] or 3, **late, **given}
        return AlertDraft(**start)

    def _said(self) -> dict[str, Any]:
        names = [one.name for one in fields(self) if one.name != "origin"]
        return {
            name: value.strip() if isinstance(value := getattr(self, name), str) else value
            for name in names
        }


def alert_words(policy: AlertPolicy | None) -> str:
    """What a policy says, in short: ``warning, failure to mail``; "" for nothing."""
    if policy is None:
        return ""
    parts = []
    if policy.kinds is not None:
        parts.append(kinds_words(policy.kinds))
    if policy.channels is not None:
        parts.append(f"to {', '.join(policy.channels) or 'nobody'}")
    said = [" ".join(parts)] if parts else []
    if policy.threshold is not None:
        said.append(f"after {_failures(policy.threshold)}")
    if policy.may_be_late:
        said.append("late limits")
    return ", ".join(said)


def kinds_words(kinds: tuple[AlertKind, ...]) -> str:
    """``failure, late, silent``."""
    return ", ".join(KINDS[kind].name.lower() for kind in kinds) or "nothing"


def _holds(name: str, asked: Said, offered: Collection[AlertKind]) -> str:
    value, who = _value(name, asked)
    if name == "kinds":
        value = tuple(kind for kind in value if kind in offered)
    return f"{_words(name, value)} ({who})"


def _value(name: str, asked: Said) -> tuple[Any, str]:
    for policy, who in asked:
        value = getattr(policy, name) if policy is not None else None
        if value is not None:
            return value, who
    return getattr(USUAL, name), "default"


def _words(name: str, value: Any) -> str:
    if name == "channels":
        return ", ".join(value) or "nobody"
    if name == "kinds":
        return kinds_words(value)
    if name == "threshold":
        return "only when a run dies" if value is None else f"after {_failures(value)}"
    if value is None:
        return "never"
    return f"{value:g} times its usual time" if name == "late_factor" else span(value)


def _failures(threshold: int) -> str:
    return f"{threshold:,} {'failure' if threshold == 1 else 'failures'} in a row"


def _span(seconds: float | None) -> str | None:
    return None if seconds is None else span(seconds)
