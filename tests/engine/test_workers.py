from __future__ import annotations

import threading
import time

import pytest

from jobdesk.engine.workers import Workers


def test_as_many_threads_as_tasks_at_once_and_no_more() -> None:
    workers = Workers()
    barrier = threading.Barrier(4)
    names: set[str] = set()

    def task() -> None:
        names.add(threading.current_thread().name)
        barrier.wait(10)

    for _ in range(3):
        workers.submit(task)
    barrier.wait(10)
    deadline = time.monotonic() + 10
    while workers._idle < 3:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    for _ in range(3):
        workers.submit(task)
    barrier.wait(10)
    workers.close(5)
    assert len(names) == 3


def test_a_task_that_fails_is_not_the_last_of_its_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    workers = Workers()
    done = threading.Event()
    workers.submit(lambda: 1 / 0)
    workers.submit(done.set)
    assert done.wait(10)
    workers.close(5)
    assert "a worker's task failed" in caplog.text


def test_closing_waits_no_longer_than_it_says_for_all_together() -> None:
    workers, go = Workers(), threading.Event()
    for _ in range(5):
        workers.submit(lambda: assert_(go.wait(20)))
    before = time.monotonic()
    workers.close(0.5)
    assert time.monotonic() - before < 2, "one after the other they would take 2.5 s"
    go.set()


def assert_(value: bool) -> None:
    assert value
