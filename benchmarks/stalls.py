"""Stalls of an event loop, as the processes of :mod:`benchmarks.windows` tell them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import percentile


@dataclass(frozen=True, slots=True)
class Stalls:
    """How late the beats of an event loop came, in milliseconds."""

    beats: int
    p50: float
    p99: float
    most: float

    def __str__(self) -> str:
        return f"p50 {self.p50:5.1f}  p99 {self.p99:6.1f}  max {self.most:6.1f} ms"


def summary(late: Iterable[float]) -> Stalls:
    """The nearest-rank percentiles of at least one beat."""
    ordered = sorted(late)
    if not ordered:
        raise ValueError("not one beat: the event loop was never there")
    half, most = percentile(ordered, 0.50), percentile(ordered, 0.99)
    return Stalls(len(ordered), half, most, ordered[-1])


def summaries(told: Mapping[str, Any], what: str = "stalls") -> dict[str, Stalls]:
    """Of each step that a process told of, and ``all`` of them together. ``what`` may also
    be "work": see :class:`benchmarks.windows.heartbeat.Heartbeat`."""
    steps = {name: late for name, late in told[what].items() if late}
    whole = [one for late in steps.values() for one in late]
    return {**{name: summary(late) for name, late in steps.items()}, "all": summary(whole)}


def words(steps: Mapping[str, Stalls], work: Mapping[str, Stalls]) -> str:
    """The steps of one round as a sentence for below the table: p99, and of it own work."""
    said = (
        f"{name} {stalls.p99:.1f} ({work[name].p99:.1f})"
        for name, stalls in steps.items()
        if name != "all"
    )
    return f"p99 of each step in ms, and in brackets the GUI thread's own work: {', '.join(said)}."


def play(module: str, home: Path, *arguments: str, patience: float = 300) -> dict[str, Any]:
    """Run a script of :mod:`benchmarks.windows` on a home; what it told."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"JOBDESK_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        capture_output=True,
        timeout=patience,
        check=False,
    )
    if done.returncode or b"Traceback" in done.stderr:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr.decode()}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return told
