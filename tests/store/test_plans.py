"""What must stay quick with a million runs goes by an index: SQLite says so itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, Engine, event

from jobdesk.domain.job import Overlap
from jobdesk.domain.run import RunState
from jobdesk.domain.trigger import Every
from jobdesk.store import claims, commands, history, jobs, quarantine, queues, runs, search
from jobdesk.store.prepared import Prepared
from jobdesk.store.runs import RunFilter
from tests.support.clock import START
from tests.support.samples import FAILURE
from tests.support.work import Work

Statement = tuple[str, Any]


@contextmanager
def spying() -> Iterator[list[Statement]]:
    """The statements that are sent meanwhile, whoever sends them."""
    seen: list[Statement] = []

    def note(*args: Any) -> None:
        _, _, statement, parameters, _, many = args
        if re.match(r"\s*(SELECT|UPDATE|DELETE)", statement):
            seen.append((statement, parameters[0] if many else parameters))

    def straight(self: Prepared, conn: Connection, values: dict[str, Any]) -> Any:
        text, order, own = self._text(conn)
        values = {**own, **values}
        note(None, None, text, tuple(values[name] for name in order or ()), None, False)
        return execute(self, conn, values)

    execute = Prepared._cursor
    event.listen(Engine, "before_cursor_execute", note)
    with patch.object(Prepared, "_cursor", straight):
        yield seen
    event.remove(Engine, "before_cursor_execute", note)


def plans(work: Work, act: Callable[[], object]) -> list[str]:
    """How SQLite goes about each statement that ``act`` sends."""
    with spying() as seen:
        act()
    found = []
    with work.db.reading() as conn:
        for statement, parameters in seen:
            rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.append("; ".join(row.detail for row in rows))
    return found


@pytest.fixture
def full(work: Work) -> Work:
    """Some of everything, and statistics as SQLite would have them without ANALYZE."""
    job = work.add_job()
    for _ in range(5):
        work.run_job(job)
        work.push(queue="mail")
        work.push(delay=60)
    work.finish(FAILURE)
    work.finish()
    work.push(priority=5)
    work.claim()
    return work


def assert_no_scan(found: list[str], *tables: str) -> None:
    for plan in found:
        for step in plan.split("; "):
            scanned = re.match(r"SCAN (\w+)", step)
            if scanned and scanned[1] in tables and "USING" not in step:
                pytest.fail(f"a scan: {plan}")


CASES: dict[str, tuple[Callable[[Work], object], list[str]]] = {
    "due": (lambda w: w.promote(), ["ix_runs_due"]),
    "next due": (lambda w: w.read(runs.next_available), ["ix_runs_due"]),
    "claim": (lambda w: w.claim(3), ["ix_runs_claim", "ix_runs_running"]),
    "cancelled": (lambda w: w.read(claims.cancel_requests), ["ix_runs_running"]),
    "orphans": (lambda w: w.read(claims.orphans), ["ix_runs_running", "ix_attempts_run"]),
    "unfinished": (
        lambda w: w.read(claims.anything_unfinished),
        ["ix_runs_running", "ix_runs_claim", "ix_runs_waiting"],
    ),
    "queues": (
        lambda w: w.read(queues.all_queues),
        [
            "COVERING INDEX ix_runs_claim",
            "COVERING INDEX ix_runs_running",
            "COVERING INDEX ix_runs_waiting",
            "COVERING INDEX ix_runs_attention_queue",
        ],
    ),
    "search": (
        lambda w: w.read(search.search, RunFilter(text="x")),
        [r"PRIMARY KEY \(rowid>\? AND rowid<\?\)"],
    ),
    "search upwards": (
        lambda w: w.read(lambda conn: search.search(conn, RunFilter(), after=1)),
        [r"PRIMARY KEY \(rowid>\? AND rowid<\?\)"],
    ),
    "count some": (
        lambda w: w.read(search.count, RunFilter(states=frozenset({RunState.DEAD}))),
        [r"ix_runs_state \(state=\? AND id>\? AND id<\?\)"],
    ),
    "dead letters": (
        lambda w: w.write(lambda tx: commands.dead_letters(tx, None)),
        ["ix_runs_attention"],
    ),
    "newest of jobs": (lambda w: w.read(jobs.all_jobs), ["ix_runs_job"]),
    "key": (lambda w: w.read(runs.by_key, "k"), ["ix_runs_key"]),
    "callbacks": (lambda w: w.read(runs.callbacks_of, 1), ["ix_runs_about"]),
    "page by state": (
        lambda w: w.read(runs.page, RunFilter(states=frozenset({RunState.DEAD}))),
        ["ix_runs_state"],
    ),
    "page by queue": (lambda w: w.read(runs.page, RunFilter(queue="mail")), ["ix_runs_queue"]),
    "page by job": (
        lambda w: w.read(search.search, RunFilter(job="report")),
        [r"ix_runs_job \(job_id=\?", r"ix_runs_job_gone \(job=\?"],
    ),
    "sweep": (
        lambda w: w.write(lambda tx: quarantine.sweep(tx, START)),
        ["ix_runs_claim", "ix_runs_waiting|ix_runs_due"],
    ),
    "page of attention": (
        lambda w: w.read(runs.page, RunFilter(attention=True)),
        ["ix_runs_attention"],
    ),
    "count of attention": (
        lambda w: w.read(runs.count, RunFilter(attention=True)),
        ["ix_runs_attention"],
    ),
    "prune": (
        lambda w: w.write(lambda tx: history.prune(tx, history.Part(), START)),
        ["ix_runs_finished"],
    ),
    "chart": (
        lambda w: w.read(runs.finished_counts, START, START, timedelta(hours=1)),
        ["COVERING INDEX ix_runs_finished"],
    ),
    "attempts": (lambda w: w.attempts(1), ["ix_attempts_run"]),
    "size of logs": (lambda w: w.read(history.log_bytes), ["COVERING INDEX ix_attempts_logs"]),
    "prune logs": (lambda w: w.write(history.prune_logs), ["ix_attempts_logs"]),
}


@pytest.mark.parametrize("case", CASES)
def test_goes_by_its_index(full: Work, case: str) -> None:
    act, indexes = CASES[case]
    found = plans(full, lambda: act(full))
    for index in indexes:
        assert any(re.search(index, plan) for plan in found), f"{index} is not used: {found}"
    assert_no_scan(found, "runs", "attempts", "log_chunks")


def test_a_fire_goes_by_indexes(full: Work) -> None:
    job = full.add_job("often", trigger=Every("1s"), overlap=Overlap.SKIP)
    full.clock.advance(1)
    late = timedelta(0)
    found = plans(
        full, lambda: full.write(lambda tx: jobs.fire(tx, job.id, full.clock.now(), late))
    )
    assert any("ix_runs_unfinished" in plan for plan in found), found
    assert any("ix_runs_fire" in plan for plan in found), found


def test_a_page_of_all_runs_reads_no_more_than_the_page(full: Work) -> None:
    (plan,) = plans(full, lambda: full.read(runs.page, RunFilter(), before=9))
    assert plan == "SEARCH runs USING INTEGER PRIMARY KEY (rowid<?)"


def test_to_know_the_ends_of_the_history_nobody_walks_it(full: Work) -> None:
    """The least and the greatest id in one query are a walk through all; apart they are not."""
    ends, _ = plans(full, lambda: full.read(search.search, RunFilter()))
    assert ends.count("SEARCH runs") == 2
    assert "SCAN runs" not in ends
