"""50,000 runs at once, 1,000 jobs in one second, 64 workers."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from jobdesk import At, Desk
from jobdesk.domain.run import RunState
from tests.faults.overload.flood import (
    SLEEP,
    TRUE,
    add_jobs,
    claimed,
    count,
    push_from_threads,
    until,
)
from tests.support.command import command, finish, serving

MB = 1_048_576
Figures = Callable[[str, object], None]
"""What was measured goes into the report of `pytest --junitxml`."""

AT_ONCE = 1.0
"""Seconds within which pause and cancel act; what the machine adds comes on top."""

SLACK = 2.0


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        settings = desk.settings().model_copy(update={"stop_grace": 2.0})
        desk.save_settings(settings)
        yield desk


@pytest.mark.slow_fault
@pytest.mark.timeout(400)
def test_fifty_thousand_runs(desk: Desk, own_home: Path, record_property: Figures) -> None:
    desk.set_queue("bulk", concurrency=None)
    desk.pause_queue("bulk")
    with serving(own_home, "--workers", "64") as engine:
        process = psutil.Process(engine.pid)
        ids = push_from_threads(desk, threads=8, pushes=10, each=500, queue="bulk")
        ids += desk.push_many([TRUE] * 10_000, queue="bulk", priority=1)
        assert len(set(ids)) == 50_000
        before = process.memory_info().rss
        desk.pause_queue("bulk", False)
        until(lambda: count(desk, RunState.SUCCEEDED, queue="bulk") > 200, "full load")

        pushed = time.monotonic()
        urgent = desk.push(SLEEP, queue="urgent", priority=100)
        record_property("push s", time.monotonic() - pushed)
        until(lambda: desk.run(urgent.id).state is RunState.RUNNING, "the urgent one")
        record_property("urgent run begun s", time.monotonic() - pushed)

        waiting = ids[-1]
        cancelled = time.monotonic()
        desk.cancel([waiting, urgent.id])
        record_property("cancel s", time.monotonic() - cancelled)
        until(lambda: desk.run(urgent.id).finished, "its end")
        end_took = time.monotonic() - cancelled
        assert desk.run(urgent.id).state is desk.run(waiting).state is RunState.CANCELLED
        assert desk.attempts(waiting) == []

        paused = time.monotonic()
        desk.pause_queue("bulk")
        pause_took = time.monotonic() - paused
        moment = desk.now()
        until(lambda: count(desk, RunState.RUNNING, queue="bulk") == 0, "what ran")
        latest = max(
            run.attempt_started_at for run in desk.runs(limit=100_000) if run.attempt_started_at
        )
        record_property("cancelled run ended s", end_took)
        record_property("pause s", pause_took)
        assert latest <= moment + timedelta(seconds=AT_ONCE), "nothing begins after a pause"
        assert end_took < AT_ONCE + SLACK
        assert pause_took < AT_ONCE + SLACK

        order = claimed(desk, "bulk")
        assert len(order) > 200
        assert order == sorted(order, key=lambda one: (-one[1], one[2], one[0])), "in order"
        grown = process.memory_info().rss - before
        record_property("engine MB", before / MB)
        record_property("grown MB", grown / MB)
        record_property("runs", len(order))
        assert grown < 100 * MB

        desk.pause_queue("bulk", False)
        until(lambda: count(desk, RunState.RUNNING, queue="bulk") > 0, "load again")
        stopping = time.monotonic()
        engine.send_signal(signal.SIGTERM)
        assert finish(engine).code == 0
        record_property("stop s", time.monotonic() - stopping)
        assert time.monotonic() - stopping < 2.0 + 5.0
    assert count(desk, RunState.RUNNING) == 0
    left = Counter(run.state for run in desk.runs(limit=100_000) if run.queue == "bulk")
    assert sum(left.values()) == 50_000
    assert set(left) == {RunState.QUEUED, RunState.SUCCEEDED, RunState.CANCELLED}
    assert left[RunState.CANCELLED] == 1


@pytest.mark.slow_fault
@pytest.mark.timeout(300)
def test_a_thousand_jobs_in_one_second(
    desk: Desk, own_home: Path, record_property: Figures
) -> None:
    add_jobs(desk, 1_000, At(desk.now() + timedelta(seconds=12)))
    due = desk.jobs()[0].next_due_at
    assert due is not None
    with serving(own_home, "--workers", "64"):
        until(lambda: len(desk.runs(limit=2_000)) == 1_000, "a run of each")
        late = max(run.created_at for run in desk.runs(limit=2_000)) - due
        record_property("last enqueued after s", late.total_seconds())
        until(lambda: count(desk, RunState.SUCCEEDED) == 1_000, "their ends")
    runs = desk.runs(limit=2_000)
    assert len({run.job for run in runs}) == len(runs) == 1_000
    assert {run.due_at for run in runs} == {due}


@pytest.mark.slow_fault
@pytest.mark.timeout(300)
def test_thousands_that_wait_for_one_do_not_hold_up_the_others(
    desk: Desk, own_home: Path, record_property: Figures
) -> None:
    job = desk.add_job("slow", SLEEP, priority=5)
    first = desk.run_job(job.name)
    one = desk.run(first.id)
    desk._db.writer.run(lambda tx: _copies(tx, one.id, 10_000))
    assert count(desk, RunState.QUEUED) == 10_001
    with serving(own_home, "--workers", "16"):
        until(lambda: desk.run(first.id).state is RunState.RUNNING, "the one")
        ids = desk.push_many([TRUE] * 200)
        took = until(lambda: desk.run(ids[-1]).finished, "those behind")
        record_property("200 behind 10,000 s", took)
        assert count(desk, RunState.RUNNING) == 1
        desk.cancel([first.id])
        until(lambda: desk.run(first.id).finished, "its end")
        until(lambda: count(desk, RunState.RUNNING) == 1, "the next")


def _copies(tx: object, run_id: int, number: int) -> None:
    conn = tx.conn  # type: ignore[attr-defined]
    names = [row[1] for row in conn.exec_driver_sql("PRAGMA table_info(runs)")]
    columns = ", ".join(name for name in names if name != "id")
    conn.exec_driver_sql(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"
        f" INSERT INTO runs ({columns}) SELECT {columns} FROM runs, n WHERE id = {run_id}"
    )


def test_a_stop_in_the_midst_of_a_flood(desk: Desk, own_home: Path) -> None:
    """The quick one of every day: pushes by another process go on while the engine stops."""
    with serving(own_home, "--workers", "16") as engine:
        desk.push_many([TRUE] * 1_000)
        until(lambda: count(desk, RunState.SUCCEEDED) > 10, "load")
        assert command(own_home, "push", "--", "true").code == 0
        engine.send_signal(signal.SIGTERM)
        more = desk.push_many([TRUE] * 10)
        assert finish(engine).code == 0
    assert len(more) == 10
    states = Counter(run.state for run in desk.runs(limit=2_000))
    assert sum(states.values()) == 1_011
    assert set(states) <= {RunState.QUEUED, RunState.SUCCEEDED}
