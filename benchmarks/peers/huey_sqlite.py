"""huey on SQLite with ``fsync=True``: durable, one process of eight threads."""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.peers.base import Peer

PEER = Peer(
    "huey",
    "SqliteHuey with fsync, 8 threads",
    "benchmarks.peers.huey_sqlite",
    ("huey",),
    ("-m", "benchmarks.peers.huey_sqlite", "work"),
)


def open_huey(file: Path) -> tuple[Any, Any]:
    """A huey on a file, and its one task (kind, due)."""
    from huey import SqliteHuey

    from benchmarks.peers import tasks

    huey = SqliteHuey("bench", filename=str(file), fsync=True)
    return huey, huey.task()(tasks.do)


@cache
def _own() -> tuple[Any, Any]:
    return open_huey(Path(os.environ["BENCH_FOLDER"]) / "huey.db")


def fill(arguments: list[str]) -> None:
    from benchmarks.peers import tasks

    _, task = _own()
    for kind, due in tasks.orders(arguments):
        if due:
            # An ``eta`` it cuts to whole seconds, and would be up to one too early.
            task.schedule((kind, due), delay=due - time.time())
        else:
            task(kind, due)


def work() -> None:
    huey, _ = _own()
    huey.create_consumer(workers=8, worker_type="thread").run()


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(sys.argv[2:])
    else:
        work()
