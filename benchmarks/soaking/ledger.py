"""The books that are kept outside the database, to hold it against."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Fate = Literal["returned", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Line:
    """What a process of a run wrote down; times in nanoseconds."""

    event: str
    run: int
    attempt: int
    pid: int
    wall: int
    monotonic: int
    detail: str


@dataclass(slots=True)
class Trace:
    """All that the processes of one attempt wrote down."""

    begins: list[Line] = field(default_factory=list)
    ends: list[Line] = field(default_factory=list)
    ticks: list[Line] = field(default_factory=list)
    daemons: list[Line] = field(default_factory=list)
    calls: list[Line] = field(default_factory=list)

    def last(self) -> Line | None:
        """The last sign of life, but for daemons: those may be meant to stay."""
        lines = [*self.begins, *self.ends, *self.ticks]
        return max(lines, key=lambda line: line.monotonic, default=None)


def read_ledger(path: Path) -> list[Line]:
    """The lines of a ledger that is no longer written to. Raises ValueError for a torn one."""
    lines = []
    for text in path.read_text().splitlines() if path.exists() else ():
        event, run, attempt, pid, wall, monotonic, detail = text.split(" ")
        lines.append(
            Line(event, int(run), int(attempt), int(pid), int(wall), int(monotonic), detail)
        )
    return lines


def traces(lines: Sequence[Line]) -> dict[tuple[int, int], Trace]:
    """The lines by (run, attempt)."""
    found: dict[tuple[int, int], Trace] = defaultdict(Trace)
    for line in lines:
        trace = found[line.run, line.attempt]
        lists = {"begin": trace.begins, "end": trace.ends, "daemon": trace.daemons}
        lists |= {"call": trace.calls}
        lists.get(line.event, trace.ticks).append(line)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Push:
    """One push: what it asked for, marked with a tag of its own, and what was heard of it."""

    tag: str
    count: int
    fate: Fate
    ids: tuple[int, ...] = ()
    key: str | None = None


@dataclass(slots=True)
class Books:
    """What the harness itself knows: pushes and commands that came back, and what it saw.

    ``crashed`` are the ids of attempts that were open when their engine was killed.
    ``problems`` are things that must never be seen, whatever the database says.
    """

    pushes: list[Push] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    discarded: list[int] = field(default_factory=list)
    replayed: list[tuple[int, int]] = field(default_factory=list)
    crashed: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    longest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, by: int = 1) -> None:
        with self._guard:
            self.counts[what] += by

    def longer(self, what: str, value: float) -> None:
        """Keep the largest value that was seen."""
        with self._guard:
            self.longest[what] = max(self.longest[what], value)
