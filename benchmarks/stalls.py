"""Stalls of an event loop, as the processes of :mod:`benchmarks.windows` tell them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import percentile
from benchmarks.windows.told import READY

_PATIENCE = 300.0


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


def play(module: str, home: Path, *arguments: str) -> dict[str, Any]:
    """Run a script of :mod:`benchmarks.windows` on a home; what it told."""
    with _started(module, home, *arguments) as process:
        return _heard(process)


def play_together(plays: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, Any]]:
    """Several scripts at once, each named with what :func:`play` takes; what each told.

    Each opens its window and says when it is ready. Once all are, all are told to go: no start
    of one falls into what is measured of another.
    """
    with ExitStack() as stack:
        processes = {name: stack.enter_context(_started(*one)) for name, one in plays.items()}
        for name, process in processes.items():
            assert process.stdout is not None
            if process.stdout.readline().decode().strip() != READY:
                raise RuntimeError(f"{name} did not get ready: {process.communicate()[1].decode()}")
        for process in processes.values():
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
        return {name: _heard(process) for name, process in processes.items()}


@contextmanager
def _started(module: str, home: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the block."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"JOBDESK_HOME": str(home)}
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing, to one that has ended


def _heard(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a script told, when its process has ended."""
    out, error = process.communicate(timeout=_PATIENCE)
    if process.returncode or b"Traceback" in error:
        raise RuntimeError(f"{process.args} ended with {process.returncode}: {error.decode()}")
    told: dict[str, Any] = json.loads(out.splitlines()[0])
    return told
