"""How a peer is run and measured, whichever it is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.harness import Missing
from benchmarks.peers.tasks import LINE

_PATIENCE = 300.0
_LEAD, _LEAD_AND_START = 1.0, 3.0
"""Seconds before the first due time: for queueing them all, and for a worker to start."""
_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Peer:
    """``module`` can be run with ``fill``; ``worker`` is the command that does the work.

    ``packages`` must be there to be imported; ``how`` says what the table should.
    """

    name: str
    how: str
    module: str
    packages: tuple[str, ...]
    worker: tuple[str, ...]
    needs_redis: bool = False
    hears_others: bool = True
    """Whether a running worker takes up what another process adds."""

    def check(self) -> None:
        """Raises :class:`Missing`."""
        for package in self.packages:
            if find_spec(package) is None:
                raise Missing(f"{package} is not installed")

    def stock(self, kind: str, count: int, place: Place) -> Stock:
        """Queue ``count`` tasks, and take the queue as it is then, for :meth:`drain`."""
        self._prepare(place)
        self._fill(place, kind, str(count))
        keys = {}
        if self.needs_redis:
            with place.connect() as server:
                keys = {key: server.dump(key) for key in server.scan_iter()}
        return Stock(place.folder, count, keys)

    def drain(self, stock: Stock, place: Place) -> float:
        """Start the worker on a queue like that: seconds from the first start to the last end."""
        self._prepare(place)
        shutil.copytree(stock.folder, place.folder, dirs_exist_ok=True)
        if self.needs_redis:
            with place.connect() as server:
                for key, value in stock.keys.items():
                    server.restore(key, 0, value)
        with self._working(place) as worker:
            _wait(lambda: place.lines() >= stock.count, worker, place)
        found = place.read()
        return max(end for _, _, end in found) - min(began for _, began, _ in found)

    def lateness(self, offsets: Sequence[float], place: Place) -> list[float]:
        """How late tasks began, in seconds, that were due at these offsets (in seconds) from
        a common moment; nobody is late because the worker was still starting."""
        self._prepare(place)
        if not self.hears_others:
            self._fill_dues(place, offsets)
        with self._working(place) as worker:
            awake = 0
            if self.hears_others:
                self._fill(place, "script", "1")
                _wait(lambda: place.lines() >= 1, worker, place)
                awake = 1
                self._fill_dues(place, offsets)
            _wait(lambda: place.lines() >= awake + len(offsets), worker, place)
        return [began - due for due, began, _ in place.read() if due]

    def _prepare(self, place: Place) -> None:
        self.check()
        if self.needs_redis:
            # A worker that was killed has not told Redis of its last tasks.
            with place.connect() as server:
                server.flushall()

    def _fill_dues(self, place: Place, offsets: Sequence[float]) -> None:
        # One that hears of nothing new has its worker still to start.
        lead = _LEAD if self.hears_others else _LEAD_AND_START
        file = place.folder / "dues"
        file.write_text("\n".join(repr(lead + offset) for offset in offsets))
        self._fill(place, "due", str(file))

    def _fill(self, place: Place, *orders: str) -> None:
        command = [sys.executable, "-m", self.module, "fill", *orders]
        env = place.environment()
        filled = subprocess.run(command, env=env, cwd=_CHECKOUT, capture_output=True, check=False)
        if filled.returncode != 0:
            raise Missing(f"it could not be filled: {_last_line(filled.stderr)}")

    @contextmanager
    def _working(self, place: Place) -> Iterator[subprocess.Popen[bytes]]:
        with place.output.open("wb") as output:
            worker = subprocess.Popen(
                [sys.executable, *self.worker],
                env=place.environment(),
                cwd=_CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield worker
            finally:
                _end(worker)


@dataclass(frozen=True, slots=True)
class Stock:
    """A filled queue: the files of ``folder``, the values of Redis by key. To fill one takes
    longer than to drain it, so each round gets a copy of the same."""

    folder: Path
    count: int
    keys: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run of a peer keeps its things, and what its processes are told."""

    folder: Path
    url: str = ""
    redis: str = ""

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def environment(self) -> dict[str, str]:
        told = {"FOLDER": self.folder, "LEDGER": self.ledger, "URL": self.url, "REDIS": self.redis}
        return {**os.environ, **{f"BENCH_{name}": str(value) for name, value in told.items()}}

    def connect(self) -> Any:
        """A client of its Redis."""
        from redis import Redis

        return Redis.from_url(self.redis)

    def lines(self) -> int:
        return self.ledger.stat().st_size // LINE.size if self.ledger.exists() else 0

    def read(self) -> list[tuple[float, float, float]]:
        return [(due, began, end) for due, began, end in LINE.iter_unpack(self.ledger.read_bytes())]


def _wait(done: Callable[[], bool], worker: subprocess.Popen[bytes], place: Place) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not done():
        if worker.poll() is not None:
            raise Missing(f"its worker ended: {_last_line(place.output.read_bytes())}")
        if time.monotonic() > deadline:
            raise Missing(f"after {_PATIENCE:.0f} s only {place.lines()} tasks were done")
        time.sleep(0.05)


def _end(worker: subprocess.Popen[bytes]) -> None:
    """End it with its children. There is nothing left for it to do, and being asked takes
    some of them seconds."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
