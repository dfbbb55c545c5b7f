from __future__ import annotations

import threading
import time
from collections.abc import Callable

from jobdesk.engine.workers.pool import Pool


def call(task: Callable[[], object]) -> None:
    task()


def test_as_many_threads_as_tasks_at_once_and_no_more() -> None:
    pool = Pool(call)
    barrier = threading.Barrier(4)
    names: set[str] = set()

    def task() -> None:
        names.add(threading.current_thread().name)
        barrier.wait(10)

    for _ in range(3):
        pool.put(task)
    barrier.wait(10)
    deadline = time.monotonic() + 10
    while pool._idle < 3:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    for _ in range(3):
        pool.put(task)
    barrier.wait(10)
    pool.close(time.monotonic() + 5)
    assert len(names) == 3


def test_closing_waits_no_longer_than_it_says_for_all_together() -> None:
    pool, go = Pool(call), threading.Event()
    for _ in range(5):
        pool.put(lambda: go.wait(20))
    before = time.monotonic()
    pool.close(before + 0.5)
    assert time.monotonic() - before < 2, "one after the other they would take 2.5 s"
    go.set()
