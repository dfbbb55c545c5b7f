"""Homes with a long past, made in seconds: plausible rows straight into SQLite.

What a row looks like is asked of the program itself: one run is pushed through the desk and
multiplied, so a new column needs no line here.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobdesk import Cron, Desk, HttpAction, ScriptAction

DAYS = 25
"""How far back the past goes: less than what retention keeps."""
QUEUES = ("default", "mail", "reports", "nightly")
JOBS = 20
_DAY = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """How many runs have finished, wait for tomorrow, stand in the queue, and have failed
    and wait for their next attempt."""

    finished: int
    scheduled: int = 0
    queued: int = 0
    retrying: int = 0

    @property
    def name(self) -> str:
        return f"h{self.finished}-{self.scheduled}-{self.queued}-{self.retrying}"


class Histories:
    """Makes each home once and hands out copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pristine(self, shape: Shape) -> Path:
        """The home itself: to be read, not written."""
        home = self._folder / shape.name
        if not home.exists():
            home.mkdir(parents=True)
            make(home, shape)
        return home

    def copy(self, shape: Shape, to: Path) -> Path:
        """A home of one's own in ``to``."""
        shutil.copytree(self.pristine(shape), to, dirs_exist_ok=True)
        return to


def make(home: Path, shape: Shape) -> None:
    """Fill a new home. One run in five is an HTTP call, one in twenty didn't succeed."""
    with Desk.open(home) as desk:
        for queue in QUEUES:
            script = desk.push(ScriptAction(["/bin/true"], cwd="/"), queue=queue, delay=3600)
        call = desk.push(HttpAction("GET", "http://localhost:8000/report"), delay=3600)
        trigger = Cron("0 4 1 1 *", tz="UTC")
        for number in range(1, JOBS + 1):
            desk.add_job(f"job {number}", ScriptAction(["/bin/true"]), trigger=trigger)
    with closing(sqlite3.connect(home / "jobdesk.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -400000")
        db.execute("PRAGMA temp_store = MEMORY")
        template = _row(db, "runs", script.id)
        http = _row(db, "runs", call.id)["spec"]
        db.execute("DELETE FROM runs")
        indexes = _without_indexes(db)
        _finished(db, shape.finished, template, http)
        _unfinished(db, shape.finished + 1, shape.scheduled, template, "scheduled")
        first = shape.finished + shape.scheduled + 1
        _unfinished(db, first, shape.queued, template, "queued")
        _retrying(db, first + shape.queued, shape.retrying, template)
        for statement in indexes:
            db.execute(statement)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def queue_up(home: Path, count: int) -> None:
    """Have ``count`` more scripts wait in a home that nobody else writes to."""
    with Desk.open(home) as desk:
        last = desk.push(ScriptAction(["/bin/true"], cwd="/"))
    with closing(sqlite3.connect(home / "jobdesk.db", isolation_level=None)) as db:
        db.execute("BEGIN")
        _unfinished(db, last.id + 1, count, _row(db, "runs", last.id), "queued")
        db.execute("COMMIT")


def _row(db: sqlite3.Connection, table: str, row_id: int) -> dict[str, Any]:
    cursor = db.execute(f"SELECT * FROM {table} WHERE id = ?", (row_id,))
    return dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))


def _without_indexes(db: sqlite3.Connection) -> list[str]:
    """Drop the indexes (filling is three times as fast); the statements that make them."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    found = db.execute(query).fetchall()
    for name, _ in found:
        db.execute(f'DROP INDEX "{name}"')
    return [sql for _, sql in found]


def _finished(db: sqlite3.Connection, count: int, template: dict[str, Any], http: str) -> None:
    """Finished runs with ids from 1, each with an attempt and a line of output."""
    if not count:
        return
    now = int(time.time() * 1_000_000)
    step = DAYS * _DAY // count
    created = f"{now - DAYS * _DAY} + i * {step}"
    of_job = "i % 2 = 0"
    bad = "i % 20 = 7"
    job = f"(i / 2) % {JOBS} + 1"
    queues = " ".join(f"WHEN {n} THEN '{q}'" for n, q in enumerate(QUEUES))
    _insert(
        db,
        "runs",
        count,
        template,
        {
            "id": "i",
            "title": f"CASE WHEN {of_job} THEN 'job ' || ({job}) ELSE '/bin/true ' || i END",
            "job_id": f"CASE WHEN {of_job} THEN {job} END",
            "job": f"CASE WHEN {of_job} THEN 'job ' || ({job}) END",
            "origin": f"CASE WHEN {of_job} THEN 'trigger' ELSE 'push' END",
            "queue": f"CASE i % {len(QUEUES)} {queues} END",
            "state": f"CASE WHEN {bad} THEN CASE WHEN i % 200 = 7 THEN 'dead' WHEN i % 40 = 7"
            " THEN 'discarded' ELSE 'cancelled' END ELSE 'succeeded' END",
            "attempt": "1",
            "max_attempts": f"CASE WHEN {bad} THEN 1 ELSE 4 END",
            "created_at": created,
            "due_at": created,
            "available_at": created,
            "started_at": f"{created} + 2000",
            "attempt_started_at": f"{created} + 2000",
            "finished_at": f"{created} + 5000 + i % 9000",
            "reason": f"CASE WHEN {bad} THEN CASE WHEN i % 40 = 27 THEN 'cancelled'"
            " ELSE 'exit_code' END END",
            "error": f"CASE WHEN {bad} THEN 'exit code ' || (i % 100 + 1) END",
            "spec": f"CASE WHEN i % 5 = 0 THEN '{http}' ELSE '{template['spec']}' END",
        },
    )
    _attempts(db)
    _logs(db, count, f"{created} + 2000")


def _attempts(db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO attempts (id, run_id, number, outcome, reason, error, exit_code, started_at,"
        " finished_at, duration_ms, log_bytes, omitted_bytes, omitted_lines)"
        " SELECT id, id, 1,"
        " CASE state WHEN 'succeeded' THEN 'succeeded' WHEN 'cancelled' THEN 'cancelled'"
        " ELSE 'failed' END,"
        " reason, error, CASE WHEN reason = 'exit_code' THEN id % 100 + 1 END,"
        " started_at, finished_at, (finished_at - started_at) / 1000, 48, 0, 0"
        " FROM runs WHERE finished_at IS NOT NULL ORDER BY id"
    )


def _logs(db: sqlite3.Connection, count: int, time_: str) -> None:
    text = "'run ' || i || ' looked at ' || (i % 977) || ' things and is done'"
    values = {"attempt_id": "i", "seq": "1", "stream": "'stdout'"}
    values |= {"time": time_, "data": f"CAST({text} || char(10) AS BLOB)"}
    _insert(db, "log_chunks", count, {}, values)


def _unfinished(
    db: sqlite3.Connection, first: int, count: int, template: dict[str, Any], state: str
) -> None:
    """Runs that wait: for tomorrow and the days after, or for a free worker."""
    if not count:
        return
    now = int(time.time() * 1_000_000)
    due = f"{now + _DAY} + i * 1000000" if state == "scheduled" else str(now)
    given = {"id": f"i + {first - 1}", "state": f"'{state}'", "queue": "'default'"}
    given |= {"created_at": str(now), "due_at": due, "available_at": due}
    _insert(db, "runs", count, template, given)


def _retrying(db: sqlite3.Connection, first: int, count: int, template: dict[str, Any]) -> None:
    """Runs whose first attempt failed and whose next one comes within 20 to 110 minutes."""
    if not count:
        return
    now = int(time.time() * 1_000_000)
    given = {"id": f"i + {first - 1}", "state": "'retrying'", "queue": "'default'"}
    given |= {"attempt": "1", "reason": "'exit_code'", "error": "'exit code ' || (i % 100 + 1)"}
    given |= dict.fromkeys(("created_at", "due_at", "started_at", "attempt_started_at"), str(now))
    given["available_at"] = f"{now} + 1200000000 + (i * 37) % 5400 * 1000000"
    _insert(db, "runs", count, template, given)
    db.execute(
        "INSERT INTO attempts (run_id, number, outcome, reason, error, exit_code, started_at,"
        " finished_at, duration_ms, log_bytes, omitted_bytes, omitted_lines)"
        " SELECT id, 1, 'failed', reason, error, 1, started_at, started_at + 5000, 5, 0, 0, 0"
        " FROM runs WHERE state = 'retrying'"
    )


def _insert(
    db: sqlite3.Connection,
    table: str,
    count: int,
    template: Mapping[str, Any],
    expressions: Mapping[str, str],
) -> None:
    """Insert ``count`` rows: columns by an expression over i (from 1), else as the template."""
    columns = list(dict.fromkeys([*template, *expressions]))
    plain = [column for column in columns if column not in expressions]
    select = ", ".join(expressions.get(column, "?") for column in columns)
    db.execute(
        f"INSERT INTO {table} ({', '.join(columns)})"
        f" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        f" SELECT {select} FROM n",
        [template[column] for column in plain],
    )
