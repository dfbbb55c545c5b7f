"""Figure 3: how fast runs are accepted. A push that returned is on disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.harness import Bench
from benchmarks.peers import huey_sqlite
from benchmarks.results import Goal, Measured, Series, beside, ratios
from jobdesk import Desk, ScriptAction

CALLERS = 8
_TRUE = ScriptAction(["/bin/true"])


def measure(bench: Bench) -> list[Measured]:
    one = bench.size(400, 40)
    many = bench.size(5_000, 200)
    values = bench.interleave(
        {
            "JobDesk": lambda: _alone(bench, one),
            "huey": lambda: _huey(bench, one, 1),
            "eight": lambda: _eight(bench, one),
            "huey, eight": lambda: _huey(bench, one, CALLERS),
            "push_many": lambda: _push_many(bench, many),
        }
    )
    series = {name: tuple(found) for name, found in values.items()}
    huey = _named(series, "huey", "huey")
    huey_eight = _named(series, "huey, eight", "huey")
    alone = Series("JobDesk", series["JobDesk"])
    eight = Series("JobDesk", series["eight"])
    bulk = Series("JobDesk", series["push_many"])
    note = "huey enqueues with fsync; no worker runs meanwhile."
    return [
        Measured(
            "Push, one caller",
            "pushes/s",
            (alone,),
            huey,
            goals=(beside(alone, huey, "huey", 0.5, "at least half of huey's enqueue"),),
            notes=(f"{one:,} pushes, each on disk before the next. {note}",),
        ),
        Measured(
            f"Push, {CALLERS} callers",
            "pushes/s",
            (eight,),
            huey_eight,
            goals=(_ahead(eight, huey_eight),),
            notes=(f"{one:,} pushes from {CALLERS} threads. {note}",),
        ),
        Measured(
            "Desk.push_many",
            "runs/s",
            (bulk,),
            huey,
            goals=(beside(bulk, huey, "huey", 8.0, "at least 8 × huey's rate"),),
            notes=(f"{many:,} runs in one call, beside huey's enqueue of one at a time. {note}",),
        ),
    ]


def _named(series: dict[str, tuple[float, ...]], key: str, name: str) -> tuple[Series, ...]:
    return (Series(name, series[key]),) if key in series else ()


def _ahead(ours: Series, theirs: tuple[Series, ...]) -> Goal:
    text = "faster than huey"
    if not theirs:
        return Goal(text, (), 1.0, at_least=True, why_not="huey was not measured")
    return Goal(text, ratios(ours.values, theirs[0].values), 1.0, at_least=True)


def _alone(bench: Bench, count: int) -> float:
    with Desk.open(bench.fresh()) as desk:
        desk.push(_TRUE)  # the writer's thread and its connection are there
        return _rate(lambda: desk.push(_TRUE), count, 1)


def _eight(bench: Bench, count: int) -> float:
    with Desk.open(bench.fresh()) as desk:
        desk.push(_TRUE)
        return _rate(lambda: desk.push(_TRUE), count, CALLERS)


def _push_many(bench: Bench, count: int) -> float:
    with Desk.open(bench.fresh()) as desk:
        desk.push(_TRUE)
        began = time.perf_counter()
        desk.push_many([_TRUE] * count)
        return count / (time.perf_counter() - began)


def _huey(bench: Bench, count: int, callers: int) -> float:
    huey_sqlite.PEER.check()
    huey, task = huey_sqlite.open_huey(bench.fresh() / "huey.db")
    task("script", 0.0)
    try:
        return _rate(lambda: task("script", 0.0), count, callers)
    finally:
        huey.storage.close()


def _rate(call: Callable[[], Any], count: int, callers: int) -> float:
    """Calls per second, ``count`` in all."""

    def work() -> None:
        for _ in range(count // callers):
            call()

    threads = [threading.Thread(target=work) for _ in range(callers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (count // callers) * callers / (time.perf_counter() - began)
