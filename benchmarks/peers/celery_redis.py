"""Celery on Redis, its default pool of eight processes. No results are kept."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from benchmarks.peers.base import Peer

_QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR")

PEER = Peer(
    "celery",
    "Redis in memory, 8 processes",
    "benchmarks.peers.celery_redis",
    ("celery", "redis"),
    ("-m", "celery", "-A", "benchmarks.peers.celery_app", "worker", "-c", "8", *_QUIET),
    needs_redis=True,
)


def fill(arguments: list[str]) -> None:
    from benchmarks.peers import tasks
    from benchmarks.peers.celery_app import do

    for kind, due in tasks.orders(arguments):
        eta = datetime.fromtimestamp(due, UTC) if due else None
        do.apply_async((kind, due), eta=eta)


if __name__ == "__main__":
    fill(sys.argv[2:])
