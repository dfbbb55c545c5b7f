"""The soak: random load and random faults for minutes or hours, then the invariants.

``python -m benchmarks.soak --minutes 20`` prints its seed first. The seed decides what is
pushed and what is broken, in which order; when exactly, the machine decides. What must hold
in the end is in :mod:`benchmarks.soaking.invariants`. Exit code 1 on any violation; then the
home is kept, with the database, the scripts' ledger and the engine's log.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.soaking.faults import EngineRun, Faults, scripts_of
from benchmarks.soaking.figures import figures, table
from benchmarks.soaking.invariants import violations
from benchmarks.soaking.ledger import Books
from benchmarks.soaking.load import Load
from benchmarks.soaking.script import DAEMON_LIFE
from benchmarks.soaking.server import serving
from benchmarks.soaking.witness import Witness
from jobdesk import Desk

DRAIN_PATIENCE = 600.0
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """How long (minutes), from which seed, with how many kills of the engine a minute."""

    minutes: float
    seed: int
    kills: float


def soak(plan: Plan, home: Path) -> tuple[list[str], dict[str, float]]:
    """Run it in ``home``; the violations and the figures."""
    books = Books()
    ledger = home / "ledger"
    began = time.monotonic()
    with serving(ledger) as server, Desk.open(home) as desk:
        # Short, so that a minute holds many lives of the engine.
        settings = {"kill_grace": 0.5, "stop_grace": 1.0, "output_cap": 512 * 1024}
        desk.save_settings(desk.settings().model_copy(update=settings))
        witness = Witness(home / "jobdesk.db", books)
        load = Load(desk, home, ledger, server.url, books, plan.seed)
        faults = Faults(home, books, witness, plan.seed, plan.kills)
        load.start()
        faults.start()
        _wait(plan.minutes * 60)
        faults.stop()
        load.stop()
        _drain(home, books)
        witness.look()
    _nobody_left(home, books)
    found = [*books.problems, *_complaints(home), *violations(home / "jobdesk.db", ledger, books)]
    return found, figures(home, books, time.monotonic() - began, len(found))


def _wait(seconds: float) -> None:
    """Wait, and say now and then that it goes on."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 60.0))
        if left > 60:
            print(f"  {left / 60 - 1:.0f} minutes left", flush=True)


def _drain(home: Path, books: Books) -> None:
    """One more engine, undisturbed, until nothing is left to run."""
    began = time.monotonic()
    engine = EngineRun(home, "--until-idle")
    while engine.process.poll() is None and time.monotonic() - began < DRAIN_PATIENCE:
        time.sleep(0.1)
    if engine.process.poll() is None:
        books.problems.append(f"the engine did not drain in {DRAIN_PATIENCE:.0f} s")
    engine.end(15, 60.0)
    if engine.process.returncode not in (0, 1) or "Traceback" in engine.words:
        books.problems.append(f"draining ended with {engine.process.returncode}: {engine.words}")
    books.longer("drain (s)", time.monotonic() - began)


def _nobody_left(home: Path, books: Books) -> None:
    """No process of any script is alive, once the daemons have lived their time."""
    deadline = time.monotonic() + DAEMON_LIFE + 10
    while (left := scripts_of(home)) and time.monotonic() < deadline:
        time.sleep(0.2)
    for process in left:
        books.problems.append(f"process {process.pid} of a script is still alive")
        process.kill()


def _complaints(home: Path) -> list[str]:
    """Errors in the engine's own log."""
    lines = [
        line
        for file in sorted(home.glob("engine.log*"))
        for line in file.read_text(errors="replace").splitlines()
    ]
    return [f"engine's log: {line}" for line in lines if " ERROR " in line or " CRITICAL " in line]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=None, help="to have the same load again")
    parser.add_argument("--kills", type=float, default=7.0, help="kills of the engine a minute")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    options = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1 << 31) if options.seed is None else options.seed
    plan = Plan(options.minutes, seed, options.kills)
    print(f"soak: {plan.minutes:g} minutes, {plan.kills:g} kills a minute, seed {seed}", flush=True)
    home = Path(tempfile.mkdtemp(prefix="jd-soak-"))
    found, numbers = soak(plan, home)
    print(table(numbers))
    if options.json is not None:
        options.json.write_text(json.dumps({"seed": seed, **numbers}, indent=1) + "\n")
    if not found:
        shutil.rmtree(home)
        print(f"soak: nothing lost, nothing run twice, nobody left behind (seed {seed})")
        return 0
    for line in found[:_SHOWN]:
        print(f"VIOLATION: {line}")
    more = f" (and {len(found) - _SHOWN} more)" if len(found) > _SHOWN else ""
    print(f"soak: {len(found)} violations{more}; seed {seed}; everything is kept in {home}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
