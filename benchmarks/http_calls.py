"""Figure 2: HTTP calls drained. GET on a loopback nginx, everything recorded."""

from __future__ import annotations

from benchmarks import services
from benchmarks.drains import Rates
from benchmarks.engine import WORKERS
from benchmarks.harness import Bench
from benchmarks.limits.loop import run_loop
from benchmarks.peers import apscheduler_sql, dramatiq_redis, huey_sqlite
from benchmarks.results import Measured, beside

LOOP = "loop in Python"
# Celery is told of with the scripts: no goal compares with it, and it takes long to start.
PEERS = (huey_sqlite.PEER, apscheduler_sql.PEER, dramatiq_redis.PEER)


def measure(bench: Bench) -> list[Measured]:
    """Raises Missing where there is no nginx."""
    count = bench.size(400, 100)
    with services.nginx(bench.fresh()) as url:
        rated = Rates(bench, "call", count, url, PEERS).measure(
            {LOOP: lambda: run_loop("call", count, WORKERS, url)}
        )
    ours = rated.ours[0]
    goals = [
        beside(ours, rated.peers, "huey", 1.6, "at least 1.6 × huey with fsync"),
        beside(ours, rated.limits, LOOP, 0.9, "at least 0.9 × the bare loop of 8 threads"),
        beside(ours, rated.peers, "dramatiq", 1.0, "ahead of dramatiq"),
    ]
    notes = (
        f"{count:,} GETs of a few bytes from an nginx on loopback, {WORKERS} workers.",
        f"The loop in Python has {WORKERS} threads with one default requests.Session each; the"
        " peers' workers have the same sessions.",
    )
    return [rated.measured("HTTP calls drained", goals, *notes)]
