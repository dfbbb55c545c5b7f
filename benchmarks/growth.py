"""Figure 5: what claim, conclude, push and page cost as the history grows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.harness import Bench
from benchmarks.history import Shape
from benchmarks.results import Goal, Lines, Measured, Series, ratios
from jobdesk import Desk, ScriptAction
from jobdesk.desk.desk import find_database_url
from jobdesk.domain.outcome import Outcome, Verdict
from jobdesk.store import claims
from jobdesk.store.claims import Claim
from jobdesk.store.database import Database

_BATCH = 8
_PAGE = 100
_TRUE = ScriptAction(["/bin/true"])
_GOOD = Verdict(Outcome.SUCCEEDED, exit_code=0)
VERBS = ("claim", "conclude", "push", "page")


class Home:
    """One home, and what its verbs cost: each call gives seconds."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._desk = stack.enter_context(Desk.open(home))
        self._db = Database.open(find_database_url(home), home)
        stack.callback(self._db.close)
        self._rng = random.Random(1)
        self._claimed: list[Claim] = []
        self._newest = self._desk.runs(limit=1)[0].id

    def cost(self, verb: str) -> float:
        work: dict[str, Callable[[], object]] = {
            "claim": self._claim,
            "conclude": self._conclude,
            "push": lambda: self._desk.push(_TRUE),
            "page": self._page,
        }
        if verb == "claim":
            self._desk.push_many([_TRUE] * _BATCH, priority=9)
        began = time.perf_counter()
        work[verb]()
        return time.perf_counter() - began

    def _claim(self) -> None:
        """Eight runs, as the engine takes them when all its workers are free."""

        def work(tx: claims.Tx) -> list[Claim]:
            now = datetime.now(UTC)
            claims.promote(tx, now)
            return claims.claim(tx, now, _BATCH)

        self._claimed = self._db.writer.run(work)
        assert len(self._claimed) == _BATCH

    def _conclude(self) -> None:
        """The same eight."""
        claimed, self._claimed = self._claimed, []

        def work(tx: claims.Tx) -> None:
            for claim in claimed:
                claims.conclude(tx, claim, _GOOD, datetime.now(UTC), self._rng)

        self._db.writer.run(work)

    def _page(self) -> None:
        """The newest page, and one by key from anywhere."""
        self._desk.runs(limit=_PAGE)
        self._desk.runs(before=self._rng.randint(_PAGE + 1, self._newest), limit=_PAGE)


def measure(bench: Bench) -> list[Measured]:
    sizes = (1_000, 2_000) if bench.quick else (1_000, 10_000, 100_000, 1_000_000)
    waiting = bench.size(100_000, 500)
    shapes = {f"{size:,}": Shape(size) for size in sizes}
    shapes["waiting"] = Shape(1_000, scheduled=waiting // 2, queued=waiting // 2)
    repeats = bench.size(15, 5)
    with ExitStack() as stack:
        homes = {
            name: Home(bench.histories.copy(shape, bench.fresh()), stack)
            for name, shape in shapes.items()
        }
        rounds = [_round(homes, repeats) for _ in range(bench.rounds + 1)][1:]
    bench.say(f"{len(rounds)} rounds of {repeats} calls on {len(homes)} homes")
    return [_measured(verb, rounds, sizes, waiting) for verb in VERBS]


def _round(homes: dict[str, Home], repeats: int) -> dict[tuple[str, str], float]:
    """The median cost (seconds) by home and verb: all homes in turn, call by call."""
    costs: dict[tuple[str, str], list[float]] = {}
    for number in range(repeats):
        names = list(homes)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            for verb in VERBS:
                costs.setdefault((name, verb), []).append(homes[name].cost(verb))
    return {key: median(found) for key, found in costs.items()}


def _measured(
    verb: str,
    rounds: list[dict[tuple[str, str], float]],
    sizes: tuple[int, ...],
    waiting: int,
) -> Measured:
    def of(home: str, name: str) -> Series:
        return Series(name, tuple(1000 * one[home, verb] for one in rounds))

    small = of(f"{sizes[0]:,}", f"{sizes[0]:,} rows of history")
    grown = [of(f"{size:,}", f"{size:,} rows of history") for size in sizes[1:]]
    beside = of("waiting", f"{waiting:,} waiting runs")
    plot = None
    if verb == VERBS[0]:
        plot = _plot(rounds, sizes)
    return Measured(
        f"Cost of {verb}",
        "ms",
        (grown[-1], *grown[:-1], beside),
        limits=(small,),
        goals=(
            _within(grown[-1], small, f"with {sizes[-1]:,} rows as with {sizes[0]:,}"),
            _within(beside, small, f"with {waiting:,} waiting runs as with none"),
        ),
        notes=(_NOTES[verb],),
        plot=plot,
        higher_is_better=False,
    )


_NOTES = {
    "claim": f"Claiming {_BATCH} runs, with the commit; one home after the other, call by call."
    " The rows of history are those at the start; measuring adds the same to each home.",
    "conclude": f"Concluding {_BATCH} runs in one commit.",
    "push": "One push of one run through the desk, with its commit.",
    "page": f"Two pages of {_PAGE} runs: the newest, and one by key from anywhere.",
}


def _within(grown: Series, small: Series, text: str) -> Goal:
    values = ratios(grown.values, small.values)
    return Goal(f"{text}, within 20%", values, 1.2, at_least=False)


def _plot(rounds: list[dict[tuple[str, str], float]], sizes: tuple[int, ...]) -> Lines:
    """Each verb's median cost, relative to that with the shortest history."""

    def relative(verb: str, size: int) -> float:
        first = f"{sizes[0]:,}"
        return median(one[f"{size:,}", verb] / one[first, verb] for one in rounds)

    return Lines(
        "What a longer history costs",
        "rows of history",
        f"cost, {sizes[0]:,} rows = 1",
        tuple(float(size) for size in sizes),
        {verb: tuple(relative(verb, size) for size in sizes) for verb in VERBS},
    )
