"""An engine that is killed at an exact point: ``python -m tests.faults.crash.mortal POINT``.

It is the real program with a SIGKILL to itself put before or after one of its steps.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from jobdesk.domain.lifecycle import Transition
from jobdesk.engine.attempt import Attempts, Ending
from jobdesk.engine.engine import Engine
from jobdesk.engine.runners.children import Children
from jobdesk.main import main
from jobdesk.store import claims
from jobdesk.store.claims import End
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx


def die(*args: Any, **options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # a signal takes its time


def before(place: Any, name: str) -> None:
    setattr(place, name, die)


def after(place: Any, name: str) -> None:
    real = getattr(place, name)

    def step(*args: Any, **options: Any) -> None:
        real(*args, **options)
        die()

    setattr(place, name, step)


def settle_nothing() -> None:
    """Most turns conclude nothing; the first that did is the one to die after."""
    real = Attempts.settle

    def settle(self: Attempts, endings: list[Ending]) -> None:
        if endings:
            die()
        real(self, endings)

    Attempts.settle = settle  # type: ignore[method-assign, assignment]


def conclude_something() -> None:
    """The same for the transaction that concludes."""
    real = claims.conclude_all

    def conclude(tx: Tx, ends: Sequence[End], rng: random.Random) -> list[Transition | None]:
        done = real(tx, ends, rng)
        if ends:
            die()
        return done

    claims.conclude_all = conclude


POINTS: dict[str, Callable[[], None]] = {
    "the tables are there": lambda: after(Database, "prepare"),
    "a claim is on disk": lambda: before(Attempts, "perform"),
    "a script was started and nothing of it is noted": lambda: after(Children, "own"),
    "a conclusion is in its transaction": conclude_something,
    "a conclusion is on disk": settle_nothing,
    "orphans were found": lambda: before(Engine, "_end_orphans"),
    "orphans were ended": lambda: after(Engine, "_end_orphans"),
    "a rescue is in its transaction": lambda: after(claims, "rescue"),
    "a rescue is on disk": lambda: after(Engine, "_rescue"),
}

if __name__ == "__main__":
    POINTS[sys.argv[1]]()
    sys.exit(main(["serve", "--until-idle"]))
