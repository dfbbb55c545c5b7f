"""Figure 4: on time. Delayed runs among 100,000 others, and 1,000 cron jobs at once."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import engine, services
from benchmarks.harness import Bench, Missing
from benchmarks.history import Shape
from benchmarks.peers import apscheduler_sql, celery_redis, huey_sqlite
from benchmarks.peers.base import Place
from benchmarks.results import Goal, Measured, Series, percentile, ratios
from jobdesk import Cron, Desk, ScriptAction

PEERS = (huey_sqlite.PEER, apscheduler_sql.PEER, celery_redis.PEER)
_CLOCK = ScriptAction(["/bin/date", "+%s.%N"])
_TRUE = ScriptAction(["/bin/true"])
_CALLERS, _PROBES = 8, 100
_PERIODS = (5, 10, 15, 20, 30, 60)


def measure(bench: Bench) -> list[Measured]:
    return [*_delayed(bench), _cron(bench)]


# -- delayed runs ---------------------------------------------------------------------


def _delayed(bench: Bench) -> list[Measured]:
    """p50 and p99 of the lateness, in milliseconds."""
    count, span = bench.size(1_000, 40), bench.size(20, 2)
    waiting = bench.size(100_000, 1_000)
    peer_count, peer_span = bench.size(50, 20), 1.0
    home = bench.histories.copy(Shape(1_000, scheduled=waiting), bench.fresh())
    recorded: list[list[float]] = []
    with ExitStack() as stack:
        redis = _redis(bench, stack)
        contenders = {
            peer.name: lambda p=peer: p.lateness(
                _offsets(peer_count, peer_span), Place(bench.fresh(), redis=redis)
            )
            for peer in PEERS
            if redis or not peer.needs_redis
        }
        # Between the rounds it has nothing to do, and does nothing.
        stack.enter_context(engine.serving(home))
        contenders["JobDesk"] = lambda: _ours(home, count, span, recorded)
        values = bench.interleave(contenders, "JobDesk")
    shared = (
        f"{count:,} runs due at random instants within {span} s, and {waiting:,} more waiting;"
        f" the peers have {peer_count} tasks within {peer_span:g} s and nothing else waiting.",
        "The script is date: what it prints is when it really began, so the start of the process"
        " is part of the lateness, for everybody. “As recorded” is the start of the attempt that"
        " JobDesk has on record.",
    )
    return [
        _share(values, recorded, 0.50, "p50", 3.0, shared),
        _share(values, recorded, 0.99, "p99", 15.0, shared),
    ]


def _share(
    values: dict[str, list[list[float]]],
    recorded: list[list[float]],
    share: float,
    word: str,
    bound: float,
    notes: tuple[str, ...],
) -> Measured:
    def of(name: str, rounds: list[list[float]]) -> Series:
        return Series(name, tuple(1000 * percentile(one, share) for one in rounds))

    ours = of("JobDesk", values["JobDesk"])
    peers = tuple(of(name, found) for name, found in values.items() if name != "JobDesk")
    goal = Goal(
        f"{word} under {bound:.0f} ms", ours.values, bound, at_least=False, under=True, unit="ms"
    )
    return Measured(
        f"Delayed runs, {word} late",
        "ms",
        (ours, of("JobDesk, as recorded", recorded)),
        peers,
        goals=(goal,),
        notes=notes,
        higher_is_better=False,
    )


def _redis(bench: Bench, stack: ExitStack) -> str:
    try:
        return stack.enter_context(services.redis(bench.fresh()))
    except Missing as missing:
        names = ", ".join(peer.name for peer in PEERS if peer.needs_redis)
        bench.skip(f"{names} are left out: {missing}")
        return ""


def _offsets(count: int, span: float) -> list[float]:
    rng = random.Random(count)
    return sorted(rng.random() * span for _ in range(count))


def _ours(home: Path, count: int, span: float, recorded: list[list[float]]) -> list[float]:
    with Desk.open(home) as desk:
        tomorrow = time.time() + 86_400
        needed = count / _PROBES * _push_all(desk, [tomorrow] * _PROBES)
        after = engine.ask(home, "SELECT max(id) FROM runs")[0][0]
        # Time enough to push them all, one commit each.
        first = time.time() + 1 + 1.5 * needed
        _push_all(desk, [first + offset for offset in _offsets(count, span)])
        late = first - time.time()
        if late < 0:
            raise Missing("pushing the delayed runs took longer than planned")
        time.sleep(late + span)
        done = "SELECT count(*) FROM runs WHERE id > ? AND state = 'succeeded'"
        engine.wait_until(home, done, count, after)
    rows = engine.ask(
        home,
        "SELECT due_at, runs.started_at, (SELECT data FROM log_chunks"
        " WHERE attempt_id = attempts.id AND stream = 'stdout')"
        " FROM runs JOIN attempts ON run_id = runs.id WHERE runs.id > ?",
        after,
    )
    recorded.append([(started - due) / 1e6 for due, started, _ in rows])
    return [float(printed) - due / 1e6 for due, _, printed in rows]


def _push_all(desk: Desk, dues: list[float]) -> float:
    """Push a run for each of these times; how many seconds it took."""
    began = time.monotonic()
    with ThreadPoolExecutor(_CALLERS) as callers:
        pushed = [
            callers.submit(desk.push, _CLOCK, at=datetime.fromtimestamp(due, UTC)) for due in dues
        ]
    for push in pushed:
        push.result()
    return time.monotonic() - began


# -- cron -----------------------------------------------------------------------------


def _cron(bench: Bench) -> Measured:
    """How long the last of the jobs that are due in one second waits for its start."""
    jobs = bench.size(1_000, 30)
    home = bench.fresh()
    fires: list[float] = []
    drains: list[float] = []
    served = ("--workers", str(engine.WORKERS))
    with Desk.open(home) as desk:
        with engine.serving(home, *served):
            period = _period(_drain(desk, home, jobs))
        # Before the next start: while an engine runs, each would be entered by itself.
        for number in range(jobs):
            desk.add_job(f"job {number}", _TRUE, trigger=Cron(f"*/{period} * * * * *", tz="UTC"))
        with engine.serving(home, *served):
            _fire(home, jobs, period)  # with this one, what was missed is made up for
            for number in range(bench.rounds):
                fires.append(_fire(home, jobs, period))
                drains.append(_drain(desk, home, jobs))
                bench.say(
                    f"round {number + 1} of {bench.rounds}: the last of {jobs:,} cron jobs starts"
                    f" after {fires[-1]:.2f} s, draining takes {drains[-1]:.2f} s"
                )
    goal = Goal(
        "the last starts within 1.5 × the time draining takes",
        ratios(fires, drains),
        1.5,
        at_least=False,
    )
    return Measured(
        f"{jobs:,} cron jobs due in the same second",
        "s until the last start",
        (Series("JobDesk", tuple(fires)),),
        limits=(Series("the same runs pushed", tuple(drains)),),
        goals=(goal,),
        notes=(
            f"{jobs:,} jobs with “*/{period} * * * * *”, from the due second to the last start on"
            f" record; beside it {jobs:,} runs in a queue, from its release to the last start."
            f" A fire that takes {period} s or more counts as {period} s.",
        ),
        higher_is_better=False,
    )


def _period(drain: float) -> int:
    """Seconds between two fires: long enough for a slow fire and a drain, and to spare."""
    return next((period for period in _PERIODS if period > 3 * drain + 1), _PERIODS[-1])


def _fire(home: Path, jobs: int, period: int) -> float:
    """Wait for the next fire of all jobs; seconds from the due time to the last start, at
    most ``period``: then the next fire is among it."""
    now = datetime.now(UTC)
    due = datetime.fromtimestamp(now.timestamp() // period * period + period, UTC)
    micros = round(due.timestamp() * 1e6)
    time.sleep((due - now + timedelta(milliseconds=200)).total_seconds())
    done = "SELECT count(*) FROM runs WHERE due_at = ? AND state = 'succeeded'"
    try:
        engine.wait_until(home, done, jobs, micros, patience=0.9 * period)
    except RuntimeError:
        return float(period)
    query = "SELECT max(started_at) FROM runs WHERE due_at = ?"
    return (engine.ask(home, query, micros)[0][0] - micros) / 1e6


def _drain(desk: Desk, home: Path, count: int) -> float:
    """Release a queue of runs; seconds until the last one has started."""
    queue = "released"
    desk.push(_TRUE, queue=queue, delay=86_400)
    desk.pause_queue(queue)
    ids = desk.push_many([_TRUE] * count, queue=queue)
    time.sleep(0.3)
    released = time.time()
    desk.pause_queue(queue, paused=False)
    done = "SELECT count(*) FROM runs WHERE id BETWEEN ? AND ? AND state = 'succeeded'"
    engine.wait_until(home, done, count, ids[0], ids[-1])
    query = "SELECT max(started_at) FROM runs WHERE id BETWEEN ? AND ?"
    return engine.ask(home, query, ids[0], ids[-1])[0][0] / 1e6 - released
