"""All figures, in the order of the table. A new one is a module with ``measure(bench)``,
which gives a list of :class:`~benchmarks.results.Measured`, and a line here.

``measure`` raises :class:`~benchmarks.harness.Missing` where it can't be measured at all.
What people wrote about a figure (what the time goes into, what was tried) is kept in
``remarks/NAME.md`` and goes into the document with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from benchmarks.harness import Bench
from benchmarks.results import Measured


@dataclass(frozen=True, slots=True)
class Figure:
    """``name`` is the module's; it is imported when measured, so that what the window's
    figures need is not needed by the engine's."""

    number: int
    name: str
    title: str

    def load(self) -> Callable[[Bench], list[Measured]]:
        measure: Callable[[Bench], list[Measured]] = import_module(
            f"benchmarks.{self.name}"
        ).measure
        return measure


FIGURES = (
    # The engine.
    Figure(1, "scripts", "Scripts drained"),
    Figure(2, "http_calls", "HTTP calls drained"),
    Figure(3, "push", "Push"),
    Figure(4, "on_time", "On time"),
    Figure(5, "growth", "Growth"),
    Figure(6, "idle", "Idle"),
    Figure(7, "memory", "Memory"),
    # The window.
    Figure(8, "window_start", "The window's start"),
    Figure(9, "million", "A million runs"),
    Figure(10, "under_load", "The window under load"),
    Figure(11, "long_log", "A long log"),
    Figure(12, "countdowns", "Countdowns"),
)


def chosen(names: list[str]) -> list[Figure]:
    """The figures of these names, all where none is named; ValueError names a wrong one."""
    known = {figure.name: figure for figure in FIGURES}
    for name in names:
        if name not in known:
            raise ValueError(f"there is no figure {name!r}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(FIGURES)
