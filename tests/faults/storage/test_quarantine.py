"""Rows that can't be read are kept and shown; whatever asks for rows goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobdesk import Desk, Every, ScriptAction
from jobdesk.cli.app import run as run_command
from jobdesk.clock import SystemClock
from jobdesk.domain.job import Job
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import EngineSettings
from jobdesk.engine.engine import Engine
from jobdesk.engine.janitor import Janitor
from jobdesk.engine.timetable import Timetable
from jobdesk.main import serve
from jobdesk.store import claims, history, jobs, logs, preferences, quarantine, queues, runs, schema
from jobdesk.store.database import Database
from tests.faults.storage.damaging import database_file, some_now, sql
from tests.store.conftest import opened
from tests.support.clock import ManualClock
from tests.support.work import Work

RUBBISH = ["NULL", "'rubbish'", "x'ff00fe'", "CAST(x'ff00fe' AS TEXT)", "1e300"]
RUN_COLUMNS = [c.name for c in schema.runs.c if c.name not in ("id", "exclusive")]
ATTEMPT_COLUMNS = [c.name for c in schema.attempts.c if c.name not in ("id", "run_id")]
JOB_COLUMNS = [c.name for c in schema.jobs.c if c.name != "id"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def db(own_home: Path) -> Iterator[Database]:
    with opened(own_home) as database:
        _allow_nulls(database)
        yield database


@pytest.fixture
def work(db: Database, clock: ManualClock) -> Work:
    return Work(db, clock)


def _allow_nulls(database: Database) -> None:
    """What the rules of the tables forbid, damage does all the same."""
    work = Work(database, ManualClock())
    work.sql("PRAGMA writable_schema = ON")
    work.sql(
        "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'"
        " AND name IN ('runs', 'attempts', 'jobs', 'queues', 'settings', 'log_chunks')"
    )
    work.sql("PRAGMA writable_schema = RESET")


def _spoilt(work: Work, table: str, column: str, value: str, row: str) -> None:
    """From outside: no foreign key is checked there."""
    assert work.db.file is not None
    sql(work.db.file, f"UPDATE {table} SET {column} = {value} WHERE {row}")


@pytest.mark.parametrize("column", some_now(RUN_COLUMNS, ["queue", "attempt"]))
def test_a_damaged_run_is_shown_and_the_others_run(
    work: Work, clock: ManualClock, column: str
) -> None:
    for value in RUBBISH:
        bad, good = work.push(), work.push()
        _spoilt(work, "runs", column, value, f"id = {bad}")
        listed = {run.id: run for run in work.runs()}
        assert {bad, good} <= listed.keys()
        assert repr(work.run(bad))
        work.read(runs.next_available)
        work.read(queues.all_queues)
        work.write(lambda tx: quarantine.sweep(tx, clock.now()))
        claimed = work.claim(5)
        assert good in [claim.run.id for claim in claimed], value
        for claim in claimed:
            work.conclude(claim)
        assert work.run(good).state is RunState.SUCCEEDED
        after = work.run(bad)
        if after.problem is not None:
            assert after.state is not RunState.SUCCEEDED, "it was not run"
            assert "can't be read" in (after.error or "")
        assert not work.read(claims.anything_unfinished), "nothing waits for what never comes"
        assert work.claim(5) == []


@pytest.mark.parametrize("column", some_now(RUN_COLUMNS, ["due_at"]))
def test_a_running_one_is_rescued_from_or_set_aside(
    work: Work, clock: ManualClock, column: str
) -> None:
    for value in RUBBISH:
        bad, good = work.push(), work.push()
        assert len(work.claim(2)) == 2
        _spoilt(work, "runs", column, value, f"id = {bad}")
        _spoilt(work, "attempts", "pid", "'rubbish'", f"run_id = {bad}")
        work.read(claims.orphans)
        work.write(lambda tx: quarantine.sweep(tx, clock.now()))
        work.rescue()
        assert work.run(good).state is RunState.QUEUED
        assert work.run(bad).state is not RunState.RUNNING
        work.sql("DELETE FROM runs")


def test_a_running_one_whose_queue_is_gone_runs_again(work: Work, clock: ManualClock) -> None:
    """It goes back to its queue at the rescue, so that must be there by then."""
    run_id = work.push(queue="mail")
    assert len(work.claim(1)) == 1
    work.sql("DELETE FROM queues WHERE name = 'mail'")
    work.write(lambda tx: quarantine.sweep(tx, clock.now()))
    work.rescue()
    clock.advance(3_600)
    work.promote()
    assert [claim.run.id for claim in work.claim(5)] == [run_id]


@pytest.mark.parametrize("column", some_now(ATTEMPT_COLUMNS, ["log_bytes"]))
def test_a_damaged_attempt_is_shown_and_spoils_nothing(
    work: Work, db: Database, clock: ManualClock, column: str
) -> None:
    for value in RUBBISH:
        run_id = work.push()
        work.finish()
        _spoilt(work, "attempts", column, value, f"run_id = {run_id}")
        (attempt,) = work.attempts(run_id)
        assert repr(attempt)
        allowed = schema.attempts.c[column].nullable and value == "NULL"
        unseen = column in ("pid", "pid_started", "log_bytes")
        fits = column == "error" and value in ("'rubbish'", "1e300")  # text, as good as any
        if not (allowed or unseen or fits):
            assert "can't be read" in (attempt.error or ""), value
        for days in (40, 1):  # after so long a leap, the clock is believed a day later
            clock.advance(days * 86_400)
            Janitor(db, clock, EngineSettings).clean()
        assert work.runs() == [], "pruned all the same"


@pytest.mark.parametrize("column", some_now(JOB_COLUMNS, ["anchor_at"]))
def test_a_damaged_job_is_set_aside_and_the_others_fire(
    work: Work, db: Database, clock: ManualClock, column: str
) -> None:
    for value in RUBBISH:
        work.add_job("bad", trigger=Every("1h"))
        work.add_job("good", trigger=Every("1h"))
        _spoilt(work, "jobs", column, value, "name = 'bad'")
        listed = work.read(jobs.all_jobs)
        assert len(listed) == 2
        clock.advance(3600)
        Timetable(db, clock).catch_up(clock.now() - clock.now())
        assert [run.job for run in work.runs() if run.job == "good"] == ["good"]
        bad = [job for job in listed if not (isinstance(job, Job) and job.name == "good")]
        if not isinstance(bad[0], Job):
            assert bad[0].problem
            assert all(run.job == "good" for run in work.runs())
        work.sql("DELETE FROM jobs")
        work.sql("DELETE FROM runs")


@pytest.mark.parametrize("column", ["name", "paused", "concurrency", "created_at"])
def test_a_damaged_queue_gives_out_nothing_and_the_others_go_on(work: Work, column: str) -> None:
    for value in RUBBISH:
        bad, good = work.push(queue="bad"), work.push(queue="good")
        _spoilt(work, "queues", column, value, "name = 'bad'")
        work.read(queues.all_queues)
        claimed = [claim.run.id for claim in work.claim(5)]
        assert good in claimed
        if work.read(queues.unreadable):
            assert bad not in claimed
        work.sql("DELETE FROM runs")
        work.sql("DELETE FROM queues")


def test_a_damaged_queue_is_mended_by_setting_it(work: Work) -> None:
    run_id = work.push(queue="bad")
    work.sql("UPDATE queues SET paused = NULL, concurrency = 'x' WHERE name = 'bad'")
    assert work.read(queues.get, "bad").paused
    assert not work.read(claims.anything_unfinished)
    work.set_queue("bad", concurrency=2)
    work.set_queue("bad", paused=False)
    assert work.claimed_ids(1) == [run_id]


@pytest.mark.parametrize("value", ["NULL", "'{'", "x'ff'", "CAST(x'ff00' AS TEXT)", "7"])
def test_a_damaged_setting_is_at_its_default(work: Work, value: str) -> None:
    work.write(lambda tx: preferences.save(tx, EngineSettings(workers=5, stop_grace=1.0)))
    _spoilt(work, "settings", "value", value, "name = 'stop_grace'")
    assert work.read(preferences.load).workers == 5
    known = work.write(preferences.desk_id)
    _spoilt(work, "settings", "value", value, "name = 'desk_id'")
    assert work.write(preferences.desk_id) != known


@pytest.mark.parametrize("column", ["stream", "time", "data"])
def test_a_damaged_piece_of_a_log_is_said_where_it_was(
    work: Work, clock: ManualClock, column: str
) -> None:
    for value in RUBBISH:
        work.push()
        (claim,) = work.claim()
        pieces = [LogChunk(n, Stream.STDOUT, clock.now(), b"%d\n" % n) for n in range(3)]
        work.write(lambda tx, c=claim, p=pieces: logs.append(tx, c.attempt_id, p))
        _spoilt(work, "log_chunks", column, value, f"attempt_id = {claim.attempt_id} AND seq = 1")
        read = list(work.read(lambda conn, a=claim.attempt_id: list(logs.read(conn, a))))
        assert [chunk.data for chunk in (read[0], read[2])] == [b"0\n", b"2\n"]
        assert isinstance(read[1].data, bytes)
        work.conclude(claim)


def test_a_number_of_attempts_that_was_given_holds_up_nobody(work: Work) -> None:
    bad, good = work.push(), work.push()
    first, second = work.claim(2)
    work.conclude(second)
    work.sql(f"UPDATE runs SET state = 'queued', attempt = 0 WHERE id = {bad}")
    other = work.push()
    assert work.claimed_ids(5) == [other]
    assert work.run(bad).state is RunState.DEAD
    assert "attempt 1 was made before" in (work.run(bad).error or "")
    assert {first.run.id, second.run.id} == {bad, good}


def test_replaying_all_dead_letters_leaves_out_what_can_not_be_read(
    own_home: Path, db: Database, work: Work
) -> None:
    bad, good = work.push(), work.push()
    work.sql("UPDATE runs SET state = 'dead'")
    work.sql(f"UPDATE runs SET due_at = 'rubbish' WHERE id = {bad}")
    with Desk.open(own_home) as desk:
        assert [one.run_id for one in desk.replay_dead()] == [good]


def test_times_that_make_no_sense_do_not_keep_the_clock_busy(work: Work) -> None:
    run_id = work.push(delay=60)
    work.sql(f"UPDATE runs SET available_at = 'rubbish' WHERE id = {run_id}")
    assert work.read(runs.next_available) is None
    assert work.read(lambda conn: history.log_bytes(conn)) == 0


def test_an_engine_works_among_damaged_rows_and_the_doctor_names_them(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Desk.open(own_home) as desk:
        never = desk.push(ScriptAction(["true"]), delay=3600)
        command, policy, good = (desk.push(ScriptAction(["true"])) for _ in range(3))
        desk.add_job("broken", ScriptAction(["true"]))
        desk.set_queue("lane", concurrency=2)
    sql(
        database_file(own_home),
        f"UPDATE runs SET available_at = 'rubbish' WHERE id = {never.id}",
        f"UPDATE runs SET spec = '{{' WHERE id = {command.id}",
        f"UPDATE runs SET retry_spec = 'x' WHERE id = {policy.id}",
        "UPDATE jobs SET anchor_at = 'rubbish'",
        "UPDATE queues SET concurrency = 'rubbish' WHERE name = 'lane'",
        "INSERT INTO settings VALUES ('workers', 'many')",
    )
    url = f"sqlite:///{database_file(own_home)}"
    engine = Engine(url, own_home, SystemClock(), origin="terminal")
    engine.start()
    try:
        assert engine.idle.wait(60)
    finally:
        engine.stop()
    with Desk.open(own_home) as desk:
        states = {run.id: run.state for run in desk.runs()}
        assert states == {
            never.id: RunState.DEAD,
            command.id: RunState.DEAD,
            policy.id: RunState.SUCCEEDED,
            good.id: RunState.SUCCEEDED,
        }
        assert "damaged: available_at" in (desk.run(never.id).error or "")
    capsys.readouterr()
    assert run_command(["doctor"], serve) == 0
    said = capsys.readouterr().out
    for named in (f"run '{never.id} (true)'", "job 'broken'", "queue 'lane'", "setting 'workers'"):
        assert f"warning {named}: can't be read and was set aside" in said
