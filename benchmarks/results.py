"""What was measured: values with their spread, goals, and the one place that judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Judgement(StrEnum):
    MET = "met"
    MISSED = "not met"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Series:
    """One contender's values, one a round, in the unit of the measurement it is part of."""

    name: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


@dataclass(frozen=True, slots=True)
class Goal:
    """A line of the promise: the median of ``values`` on the right side of ``bound``.

    ``text`` says it to people ("at least 1.5 × huey"). ``values`` are what is judged, one
    a round: ratios, or figures in ``unit``. Without any, ``why_not`` says why. ``under``: the
    bound itself is not good enough.
    """

    text: str
    values: tuple[float, ...]
    bound: float
    at_least: bool
    unit: str = "×"
    why_not: str = ""
    under: bool = False

    @property
    def judgement(self) -> Judgement:
        if not self.values:
            return Judgement.NOT_MEASURED
        value = median(self.values)
        met = value >= self.bound if self.at_least else value <= self.bound
        if self.under and value == self.bound:
            met = False
        return Judgement.MET if met else Judgement.MISSED


@dataclass(frozen=True, slots=True)
class Lines:
    """A plot of lines over ``x``: one of ``ys`` values for each x and name."""

    title: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    ys: dict[str, tuple[float, ...]]
    log_x: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement: JobDesk, who was measured beside it, and the goals.

    ``ours`` may hold several series of JobDesk; the first one is what the table shows.
    ``limits`` are loops that do the bare work and nothing else. ``higher_is_better``
    decides who the best peer is. ``notes`` are sentences for below the table.
    """

    title: str
    unit: str
    ours: tuple[Series, ...]
    peers: tuple[Series, ...] = ()
    limits: tuple[Series, ...] = ()
    goals: tuple[Goal, ...] = ()
    notes: tuple[str, ...] = ()
    plot: Lines | None = None
    higher_is_better: bool = True

    @property
    def best_peer(self) -> Series | None:
        return _best(self.peers, self.higher_is_better)

    @property
    def limit(self) -> Series | None:
        return _best(self.limits, self.higher_is_better)


def _best(series: Sequence[Series], higher: bool) -> Series | None:
    if not series:
        return None
    return (max if higher else min)(series, key=lambda one: one.median)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Round by round, so that what slowed the machine down slowed both."""
    return tuple(mine / other for mine, other in zip(ours, theirs, strict=True))


def beside(ours: Series, others: Sequence[Series], name: str, bound: float, text: str) -> Goal:
    """The goal to be at least ``bound`` times as good as the series called ``name``."""
    for other in others:
        if other.name == name:
            return Goal(text, ratios(ours.values, other.values), bound, at_least=True)
    return Goal(text, (), bound, at_least=True, why_not=f"{name} was not measured")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values don't exceed: the nearest rank."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)  # rounded up
    return ordered[max(0, min(len(ordered), int(rank)) - 1)]
