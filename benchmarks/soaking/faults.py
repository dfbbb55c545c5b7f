"""Random trouble: the engine is killed, stopped, frozen; scripts are killed; the database
is held locked."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import psutil

from benchmarks.soaking.ledger import Books
from benchmarks.soaking.witness import Witness

START_PATIENCE = 120.0
_JUST_NOW = 0.5
"""Seconds in which an engine that gave up on a locked database is gone."""
SCRIPT_NAME = "soaking/script.py"


class EngineRun:
    """One life of an engine: ``jobdesk serve`` in a process of its own."""

    def __init__(self, home: Path, *args: str) -> None:
        self._said: list[str] = []
        self.up = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jobdesk", "serve", *args],
            env={**os.environ, "JOBDESK_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="soak engine reader")
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self._said.append(line)
                if "the engine is running" in line:
                    self.up.set()

    def end(self, number: int, patience: float) -> int | None:
        """Send a signal and wait; the exit code, or None if it had to be killed."""
        self.process.send_signal(number)
        code: int | None = None
        with suppress(subprocess.TimeoutExpired):
            code = self.process.wait(patience)
        if code is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        return code

    @property
    def words(self) -> str:
        return "".join(self._said).strip()


class Faults:
    """Keeps an engine running, badly, until :meth:`stop`."""

    def __init__(
        self, home: Path, books: Books, witness: Witness, seed: int, kills_a_minute: float
    ) -> None:
        self._home, self._books, self._witness, self._seed = home, books, witness, seed
        self._between = 60.0 / kills_a_minute
        self._stopping = threading.Event()
        self._engine: EngineRun | None = None
        parts: dict[str, Callable[[random.Random], None]] = {
            "engine": self._live_and_die,
            "killer of scripts": self._kill_scripts,
            "locker": self._hold_lock,
            "scales": self._weigh,
        }
        self._locked_until = -math.inf
        self._threads = [
            threading.Thread(target=self._loop, args=(name, part), name=f"soak {name}")
            for name, part in parts.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more trouble; the last engine has ended when this returns."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _loop(self, name: str, step: Callable[[random.Random], None]) -> None:
        rng = random.Random(f"{self._seed} {name}")
        while not self._stopping.is_set():
            try:
                step(rng)
            except Exception as error:
                self._books.problems.append(f"{name}: {type(error).__name__}: {error}")
                self._stopping.wait(1.0)

    # -- the engine ---------------------------------------------------------------------

    def _live_and_die(self, rng: random.Random) -> None:
        """One life. It is counted from the start, so that some die while they rescue."""
        left_open = self._witness.open_attempts()
        began = time.monotonic()
        self._engine = engine = EngineRun(self._home)
        span = self._between * rng.uniform(0.2, 1.8)
        self._wait_up(engine, began, span, left_open)
        while (left := began + span - time.monotonic()) > 0 and engine.process.poll() is None:
            if self._stopping.wait(min(left, rng.uniform(0.5, 4.0))):
                break
            if rng.random() < 0.12:
                self._freeze(engine, rng)
        self._die(engine, rng)
        self._witness.look()

    def _wait_up(self, engine: EngineRun, began: float, span: float, left_open: set[int]) -> None:
        while not engine.up.wait(0.02):
            waited = time.monotonic() - began
            if engine.process.poll() is not None or waited > min(span, START_PATIENCE):
                if waited > START_PATIENCE:
                    self._books.problems.append("the engine did not start in 2 minutes")
                return
        what = "start with a rescue (s)" if left_open else "start (s)"
        self._books.longer(what, time.monotonic() - began)

    def _freeze(self, engine: EngineRun, rng: random.Random) -> None:
        engine.process.send_signal(signal.SIGSTOP)
        self._stopping.wait(rng.uniform(0.5, 4.0))
        engine.process.send_signal(signal.SIGCONT)
        self._books.count("freezes of the engine")

    def _die(self, engine: EngineRun, rng: random.Random) -> None:
        ended = engine.process.poll()
        if ended is not None:
            engine.end(signal.SIGKILL, 1.0)
            self._books.problems.append(f"the engine ended by itself ({ended}): {engine.words}")
            return
        fate = rng.random()
        if engine.up.is_set() and fate < 0.2:
            self._stop_gracefully(engine)
            return
        if fate > 0.95:
            engine.process.send_signal(signal.SIGTERM)  # killed while it stops
            self._stopping.wait(rng.uniform(0.0, 2.0))
        if engine.process.poll() is None:
            self._books.count("kills of the engine")
        engine.end(signal.SIGKILL, 10.0)
        self._books.crashed |= self._witness.open_attempts()
        self._mind_words(engine)

    def _stop_gracefully(self, engine: EngineRun) -> None:
        began = time.monotonic()
        code = engine.end(signal.SIGTERM, 60.0)
        self._books.count("graceful stops")
        self._books.longer("graceful stop (s)", time.monotonic() - began)
        if code != 0:
            self._books.problems.append(f"a graceful stop ended with {code}: {engine.words}")
        locked = time.monotonic() - self._locked_until < _JUST_NOW
        left = self._witness.open_attempts()
        if left and locked:
            # It waits as long as it may; after that the next start has to find them.
            self._books.count("graceful stops that could not store an end")
        elif left:
            self._books.problems.append(f"a graceful stop left attempts open: {sorted(left)}")
        self._books.crashed |= left
        self._mind_words(engine)

    def _mind_words(self, engine: EngineRun) -> None:
        if "Traceback" in engine.words:
            self._books.problems.append(f"the engine said: {engine.words}")

    # -- everything else ----------------------------------------------------------------

    def _kill_scripts(self, rng: random.Random) -> None:
        self._stopping.wait(rng.uniform(1.0, 6.0))
        ours = [p for p in scripts_of(self._home) if not self._stopping.is_set()]
        if ours:
            with suppress(psutil.Error):
                rng.choice(ours).kill()  # psutil makes sure that it is still the same one
                self._books.count("kills of scripts")

    def _hold_lock(self, rng: random.Random) -> None:
        if self._stopping.wait(rng.uniform(5.0, 25.0)):
            return
        with closing(sqlite3.connect(self._home / "jobdesk.db", timeout=30)) as conn:
            conn.isolation_level = None
            conn.execute("BEGIN IMMEDIATE")
            self._locked_until = math.inf
            self._stopping.wait(rng.uniform(0.5, 6.0))
            conn.execute("ROLLBACK")
            self._locked_until = time.monotonic()
        self._books.count("locks of the database")

    def _weigh(self, rng: random.Random) -> None:
        self._stopping.wait(0.5)
        engine = self._engine
        if engine is not None:
            with suppress(psutil.Error):
                rss = psutil.Process(engine.process.pid).memory_info().rss / 1_048_576
                self._books.longer("RSS of the engine (MB)", rss)


def scripts_of(home: Path) -> list[psutil.Process]:
    """The living processes of the scripts of this home: by what they run, and by the cookie
    in their environment."""
    with closing(sqlite3.connect(home / "jobdesk.db", timeout=60)) as conn:
        row = conn.execute("SELECT value FROM settings WHERE name = 'desk_id'").fetchone()
    cookie = f"{json.loads(row[0])}:" if row else "?"
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            line = " ".join(process.cmdline())
            named = SCRIPT_NAME in line and f"{home}/" in line
            if named or process.environ().get("JOBDESK_COOKIE", "").startswith(cookie):
                found.append(process)
    return found
