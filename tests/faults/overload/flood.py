"""A desk with far too much to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from jobdesk import Desk, ScriptAction
from jobdesk.domain.job import JobSpec
from jobdesk.domain.run import RunState
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.store import jobs
from jobdesk.store.runs import RunFilter

TRUE = ScriptAction(["true"])
SLEEP = ScriptAction(["sleep", "600"])


def until(true: Callable[[], object], what: str, patience: float = 90.0) -> float:
    """Look twenty times a second until ``true``; how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + patience, f"not within {patience:g} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def add_jobs(desk: Desk, count: int, trigger: At | Every | Cron | None) -> None:
    """Many jobs in one commit, as no person would."""
    now = desk.now()
    specs = [JobSpec(name=f"job {n:04}", action=TRUE, trigger=trigger) for n in range(count)]
    desk._db.writer.run(lambda tx: [jobs.add(tx, spec, now) for spec in specs])


def push_from_threads(desk: Desk, threads: int, pushes: int, each: int, queue: str) -> list[int]:
    """``pushes`` times ``each`` runs from each of several threads at once; all their ids."""
    ids: list[list[int]] = [[] for _ in range(threads)]

    def work(mine: list[int], priority: int) -> None:
        for _ in range(pushes):
            mine += desk.push_many([TRUE] * each, queue=queue, priority=priority)

    started = [
        threading.Thread(target=work, args=(mine, number % 3)) for number, mine in enumerate(ids)
    ]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return [run_id for mine in ids for run_id in mine]


def count(desk: Desk, *states: RunState, queue: str | None = None) -> int:
    return desk.count_runs(RunFilter(states=frozenset(states), queue=queue), most=100_000)


def claimed(desk: Desk, queue: str) -> list[tuple[int, int, datetime]]:
    """(run, priority, due) of what was begun in a queue, in the order of claiming."""
    query = (
        "SELECT runs.id, runs.priority, runs.available_at FROM attempts"
        " JOIN runs ON runs.id = attempts.run_id WHERE runs.queue = ? ORDER BY attempts.id"
    )
    with desk._db.reading() as conn:
        return [tuple(row) for row in conn.exec_driver_sql(query, (queue,))]  # type: ignore[misc]
