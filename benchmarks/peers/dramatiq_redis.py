"""dramatiq on Redis, two processes of four threads. It records nothing, and a power cut
takes what Redis holds."""

from __future__ import annotations

import os
import sys

from benchmarks.peers.base import Peer

PEER = Peer(
    "dramatiq",
    "Redis in memory, 2 processes of 4 threads",
    "benchmarks.peers.dramatiq_redis",
    ("dramatiq", "redis"),
    ("-m", "dramatiq", "benchmarks.peers.dramatiq_actor", "-p", "2", "-t", "4"),
    needs_redis=True,
)


def fill(arguments: list[str]) -> None:
    from benchmarks.peers import tasks
    from benchmarks.peers.dramatiq_actor import do

    for kind, due in tasks.orders(arguments):
        do.send(kind, due)


if __name__ == "__main__":
    assert os.environ["BENCH_REDIS"]
    fill(sys.argv[2:])
