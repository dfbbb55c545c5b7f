"""APScheduler alone, with its SQLAlchemy store and a pool of eight threads.

The store gets what JobDesk's has, WAL with ``synchronous=FULL``: as durable as SQLite's
own default and faster.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.peers import tasks
from benchmarks.peers.base import Peer

PEER = Peer(
    "APScheduler",
    "SQLAlchemyJobStore on SQLite (WAL, synchronous=FULL), 8 threads",
    "benchmarks.peers.apscheduler_sql",
    ("apscheduler", "sqlalchemy"),
    ("-m", "benchmarks.peers.apscheduler_sql", "work"),
    hears_others=False,
)


def _scheduler(kind: Any) -> Any:
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from sqlalchemy import create_engine, event

    file = Path(os.environ["BENCH_FOLDER"]) / "apscheduler.db"
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return kind(
        timezone=UTC,
        jobstores={"default": SQLAlchemyJobStore(engine=engine)},
        executors={"default": ThreadPoolExecutor(8)},
        job_defaults={"misfire_grace_time": None},
    )


def fill(arguments: list[str]) -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = _scheduler(BackgroundScheduler)
    scheduler.start(paused=True)
    for kind, due in tasks.orders(arguments):
        when = datetime.fromtimestamp(due, UTC) if due else datetime.now(UTC)
        scheduler.add_job(tasks.do, "date", run_date=when, args=(kind, due))
    scheduler.shutdown()


def work() -> None:
    from apscheduler.schedulers.blocking import BlockingScheduler

    _scheduler(BlockingScheduler).start()


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(sys.argv[2:])
    else:
        work()
