"""Homes with a history of any length, made in seconds: rows straight into SQLite.

The rows are those that the engine would have left: the same columns, indexed the same way.
What they say is drawn from a fixed seed, so that every run of a benchmark reads the same.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from jobdesk import Desk, HttpAction, RetryPolicy, ScriptAction
from jobdesk.domain.run import Origin, RunState
from jobdesk.store.database import default_url

MICRO = 1_000_000
JOBS = ("nightly backup", "fetch prices", "rotate logs", "mail digest", "thumbnails")
QUEUES = ("default", "nightly", "bulk")
RARE_TEXT = "the zanzibar reading"
"""In the error of one dead run in about fifty thousand: what a search has to find."""

_COLUMNS = (
    "id", "title", "job_id", "job", "queue", "state", "origin", "priority", "attempt",
    "uncounted", "max_attempts", "created_at", "due_at", "available_at", "started_at",
    "attempt_started_at", "finished_at", "reason", "error", "replayed_by",
    "cancel_requested", "exclusive", "spec", "retry_spec",
)  # fmt: skip
_STEP_US = 2 * MICRO
"""Between the creation of two runs."""


def make_home(
    home: Path, *, finished: int = 0, retrying: int = 0, queued: int = 0, seed: int = 1
) -> Path:
    """A home whose history has ``finished`` runs, and ``retrying`` and ``queued`` ones
    (these of /bin/true) on top, the newest created now. Returns ``home``; the folder must
    not have a database yet."""
    with Desk.open(home) as desk:
        for name in JOBS:
            desk.add_job(name, ScriptAction(["/bin/true"], cwd="/"))
        for queue in QUEUES:
            desk.push(ScriptAction(["/bin/true"], cwd="/"), queue=queue)
        desk.cancel([run.id for run in desk.runs()])
        jobs = {job.name: job.id for job in desk.jobs()}
        file = desk.database_url.removeprefix("sqlite:///")
    rows = _rows(finished, retrying, queued, jobs, random.Random(seed))
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        marks = ", ".join("?" * len(_COLUMNS))
        indexes = conn.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'runs'"
            " AND sql IS NOT NULL"
        ).fetchall()
        with conn:
            # Made at the end, an index costs a tenth.
            for name, _ in indexes:
                conn.execute(f"DROP INDEX {name}")
            conn.execute("DELETE FROM runs")
            conn.executemany(f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({marks})", rows)
            for _, sql in indexes:
                conn.execute(sql)
            _attempts_of(conn)
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


def url_of(home: Path) -> str:
    """The database of such a home."""
    return default_url(home)


def _rows(
    finished: int, retrying: int, queued: int, jobs: dict[str, int], chance: random.Random
) -> Iterator[tuple[object, ...]]:
    script = ScriptAction(["/usr/local/bin/convert", "--size", "1024", "picture.png"], cwd="/")
    call = HttpAction("POST", "http://127.0.0.1:8000/report?kind=daily", body="{}")
    actions = [(action.summary, json.dumps(action.to_json())) for action in (script, call)]
    nothing = ScriptAction(["/bin/true"], cwd="/")
    true = (nothing.summary, json.dumps(nothing.to_json()))
    retry = json.dumps(RetryPolicy().to_json())
    total = finished + retrying + queued
    start = int(datetime.now(UTC).timestamp() * MICRO) - total * _STEP_US
    for number in range(total):
        created = start + number * _STEP_US
        if number < finished:
            state = _state(chance)
        else:
            state = RunState.RETRYING if number < finished + retrying else RunState.QUEUED
        title, spec = actions[chance.random() < 0.3] if state is not RunState.QUEUED else true
        job = chance.choice(JOBS) if chance.random() < 0.6 else None
        yield _row(number + 1, state, created, title, spec, job, jobs, retry, total, chance)


def _row(
    run_id: int, state: RunState, created: int, title: str, spec: str, job: str | None,
    jobs: dict[str, int], retry: str, total: int, chance: random.Random,
) -> tuple[object, ...]:  # fmt: skip
    ended = state not in (RunState.RETRYING, RunState.QUEUED)
    began = created + 5_000 if state is not RunState.QUEUED else None
    available = created
    if state is RunState.RETRYING:
        available = created + (total - run_id) * _STEP_US + chance.randrange(300, 7_200) * MICRO
    reason, error = None, None
    if state in (RunState.DEAD, RunState.RETRYING):
        reason, error = "exit_code", f"exit code {chance.randrange(1, 9)}"
        if state is RunState.DEAD and chance.random() < 0.002:
            error = f"{error}: {RARE_TEXT} {run_id} failed"
    return (
        run_id, job or f"{title} {run_id % 997}", jobs[job] if job else None, job,
        QUEUES[run_id % 3], state, Origin.MANUAL if job else Origin.PUSH, 0,
        0 if state is RunState.QUEUED else (4 if state is RunState.DEAD else 1), 0, 4,
        created, created, available, began, began,
        began + chance.randrange(1_000, 900_000) if ended and began else None, reason, error,
        run_id if state is RunState.DEAD and chance.random() < 0.98 else None,
        0, 0, spec, retry,
    )  # fmt: skip


def _state(chance: random.Random) -> RunState:
    draw = chance.random()
    if draw < 0.0001:
        return RunState.DISCARDED
    if draw < 0.0005:
        return RunState.SKIPPED
    if draw < 0.002:
        return RunState.CANCELLED
    return RunState.DEAD if draw < 0.012 else RunState.SUCCEEDED


def _attempts_of(conn: sqlite3.Connection) -> None:
    """One attempt for each run that was started."""
    conn.execute(
        "INSERT INTO attempts (run_id, number, outcome, reason, error, exit_code, started_at,"
        " finished_at, duration_ms, log_bytes, omitted_bytes, omitted_lines)"
        " SELECT id, attempt, CASE state WHEN 'succeeded' THEN 'succeeded' ELSE 'failed' END,"
        " reason, error, 0, started_at, coalesce(finished_at, started_at), 12, 0, 0, 0"
        " FROM runs WHERE attempt > 0"
    )
