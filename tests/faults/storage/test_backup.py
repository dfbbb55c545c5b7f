"""Daily backups, and the way back from one: what is lost is said, and nothing runs twice."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest

from jobdesk import Desk, ScriptAction
from jobdesk.cli.app import run as run_command
from jobdesk.clock import SystemClock
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.run import RunState
from jobdesk.engine.backups import Backups
from jobdesk.engine.engine import Engine
from jobdesk.main import serve
from jobdesk.store import backup, claims, logs, restore
from jobdesk.store.database import Database, default_url
from jobdesk.store.filecheck import backups_of, wal_of
from jobdesk.store.lock import EngineInfo, EngineLock
from jobdesk.store.runs import RunFilter
from tests.faults.storage.damaging import TRUE, filled, flip, page_of, sql
from tests.store.conftest import opened
from tests.support.clock import ManualClock
from tests.support.work import Work

PAGE = 4096
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def file(own_home: Path) -> Path:
    return filled(own_home)


def _spoil(file: Path) -> None:
    """Damage a page of runs, though not the newest ones."""
    flip(file, (page_of(file, "runs") - 1) * PAGE)


def _restore(file: Path, clock: ManualClock) -> restore.Restored:
    done = restore.restore(Database(default_url(file.parent), file.parent), clock.now())
    assert done is not None
    return done


# -- making them -------------------------------------------------------------------------


def test_a_backup_is_whole_sound_and_nobody_elses_business(
    file: Path, own_home: Path, clock: ManualClock
) -> None:
    with Desk.open(own_home) as desk:
        desk.save_settings(desk.settings().model_copy(update={"workers": 3}))
    made = backup.make(file, clock.now())
    assert made is not None
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.parent.stat().st_mode & 0o777 == 0o700
    assert [found.problem for found in restore.backups(file)] == [None]
    for table in ("jobs", "runs", "queues", "settings", "sqlite_sequence"):
        every = f"SELECT * FROM {table} ORDER BY 1"
        assert sql(made, every) == sql(file, every), table
    parts = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name != 'apscheduler_jobs'"
    assert sorted(map(str, sql(made, parts))) == sorted(map(str, sql(file, parts)))
    assert [one.name for one in made.parent.iterdir()] == [made.name]


def test_logs_stay_behind_and_their_sizes_say_so(own_home: Path, clock: ManualClock) -> None:
    with opened(own_home) as database:
        work = Work(database, clock)
        work.push()
        (claim,) = work.claim()
        piece = LogChunk(0, Stream.STDOUT, clock.now(), b"x" * 70_000)
        work.write(lambda tx: logs.append(tx, claim.attempt_id, [piece]))
        work.write(lambda tx: logs.state_size(tx, claim.attempt_id, 70_000, 5, 1))
        assert database.file is not None
        made = backup.make(database.file, clock.now())
    assert made is not None
    sizes = sql(made, "SELECT log_bytes, omitted_bytes FROM attempts")
    assert sizes == [(0, 70_005)]
    assert sql(made, "SELECT count(*) FROM log_chunks") == [(0,)]


def test_the_newest_three_are_kept_one_a_day(file: Path, clock: ManualClock) -> None:
    backups = Backups(Database(default_url(file.parent), file.parent), clock, pytest.fail)
    for _ in range(5 * 24):
        backups.turn(check=False)
        clock.advance(3600)
    kept = [backup.made_at(one) for one in backups_of(file)]
    assert len(kept) == 3
    assert {newer - older for newer, older in itertools.pairwise(kept)} == {timedelta(days=1)}
    clock.jump(-400 * 86_400)  # the clock was wrong; a backup all the same
    backups.turn(check=False)
    assert backup.made_at(backups_of(file)[-1]) == clock.now()


def test_an_empty_desk_is_not_backed_up(own_home: Path, clock: ManualClock) -> None:
    with opened(own_home) as database:
        assert database.file is not None
        assert backup.make(database.file, clock.now()) is None
        assert backups_of(database.file) == []


@pytest.mark.parametrize("free", [0, backup.RESERVE + 1000])
def test_without_room_there_is_a_warning_and_nothing_else(
    file: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, free: int,
) -> None:  # fmt: skip
    older = backup.make(file, clock.now())
    clock.advance(90_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, free))
    Backups(Database(default_url(file.parent), file.parent), clock, pytest.fail).turn(check=False)
    assert "there is no room for a backup" in caplog.text
    assert older is not None
    assert list(older.parent.iterdir()) == [older]


def test_a_disk_that_fills_meanwhile_ends_it(
    file: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([10**12, 10**12, 0])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, next(looks)))
    with pytest.raises(Unavailable, match="the disk is nearly full"):
        backup.make(file, clock.now())
    assert list((file.parent / "backups").iterdir()) == []


def test_one_that_was_stopped_or_killed_leaves_nothing(file: Path, clock: ManualClock) -> None:
    with pytest.raises(backup.Stopped):
        backup.make(file, clock.now(), lambda: True)
    folder = file.parent / "backups"
    assert list(folder.iterdir()) == []
    (folder / f"{file.name}.20260101T000000Z.partial").write_bytes(b"half")
    made = backup.make(file, clock.now())
    assert list(folder.iterdir()) == [made]


def test_a_damaged_row_does_not_keep_the_others_out(file: Path, clock: ManualClock) -> None:
    sql(
        file,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'title TEXT NOT NULL', 'title TEXT')"
        " WHERE name = 'runs'",
    )
    sql(file, "UPDATE runs SET title = NULL WHERE id = 5")
    sql(
        file,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'title TEXT', 'title TEXT NOT NULL')"
        " WHERE name = 'runs'",
    )
    made = backup.make(file, clock.now())
    assert made is not None
    assert sql(made, "SELECT count(*) FROM runs") == [(299,)]


def test_writers_go_on_while_a_backup_is_made(file: Path, own_home: Path) -> None:
    clock = ManualClock()
    with Desk.open(own_home) as desk:

        def push_meanwhile() -> bool:
            desk.push(TRUE)
            return False

        made = backup.make(file, clock.now(), push_meanwhile)
        assert made is not None
        assert sql(made, "SELECT count(*) FROM runs") == [(300,)], "of one moment"
        assert desk.count_runs(RunFilter()) > 300


def test_an_engine_makes_one_and_stops_with_one(own_home: Path) -> None:
    engine = Engine(default_url(own_home), own_home, SystemClock(), origin="terminal")
    engine.start()
    try:
        with Desk.open(own_home) as desk:
            desk.push(ScriptAction(["true"]), delay=3600)
    finally:
        engine.stop()
    (made,) = backups_of(own_home / "jobdesk.db")
    assert sql(made, "SELECT state FROM runs") == [("scheduled",)]


# -- going back --------------------------------------------------------------------------


def test_going_back_says_what_is_lost_and_runs_nothing_twice(
    own_home: Path, clock: ManualClock
) -> None:
    with opened(own_home) as database:
        work = Work(database, clock)
        work.add_job("old")
        work.add_job("changed")
        finished, running, queued = (work.push() for _ in range(3))
        soon, late = work.push(delay=60), work.push(delay=10 * 86_400)
        work.finish()
        (claim,) = work.claim()
        assert claim.run.id == running
        assert database.file is not None
        file = database.file
        assert backup.make(file, clock.now()) is not None
        made_at = clock.now()
        clock.advance(7200)
        work.add_job("report")
        spec = work.job("changed").spec.model_copy(update={"priority": 9})
        work.change_job("changed", spec)
        for _ in range(4):
            work.push()
    _spoil(file)
    damaged = file.read_bytes()
    clock.advance(60)
    done = _restore(file, clock)
    assert done.made_at == made_at
    assert done.held == 3
    lost = "\n".join(done.losses)
    assert "the runs 6 to 9: not in it" in lost
    assert "the job 'report': not in it" in lost
    assert "what was changed in the job 'changed'" in lost
    assert "the output of all runs" in lost
    assert done.set_aside is not None
    assert done.set_aside.read_bytes() == damaged, "set aside, and not touched"
    with opened(own_home) as database:
        work = Work(database, clock)
        states = {run.id: run.state for run in work.runs()}
        assert states == {
            finished: RunState.SUCCEEDED,
            running: RunState.DEAD,
            queued: RunState.DEAD,
            soon: RunState.DEAD,
            late: RunState.SCHEDULED,
        }
        assert "may have run since then. Replay it if it has not" in (work.run(queued).error or "")
        (attempt,) = work.attempts(running)
        assert attempt.outcome == "interrupted"
        assert work.read(claims.orphans) == []
        assert work.job("old").last_due_at == clock.now(), "no fire before now is made up"
        assert work.push() == 10, "an id is never given twice"
        assert work.replay(queued) == [(queued, 11)]
        assert database.damage() is None


def test_an_unreadable_file_leaves_a_gap_of_ids(file: Path, clock: ManualClock) -> None:
    backup.make(file, clock.now())
    file.write_bytes(b"\xa5" * 9000)
    done = _restore(file, clock)
    assert "what was pushed since then; which runs, the damaged file doesn't tell" in done.losses
    with opened(file.parent) as database:
        assert Work(database, clock).push() == 300 + 1_000_000 + 1


def test_the_newest_backup_that_is_sound_is_taken(file: Path, clock: ManualClock) -> None:
    first = backup.make(file, clock.now())
    clock.advance(90_000)
    second = backup.make(file, clock.now())
    assert second is not None
    second.write_bytes(second.read_bytes()[:5000])
    file.unlink()
    done = _restore(file, clock)
    assert done.source == first
    assert done.set_aside is None


def test_damaged_indexes_are_built_anew_and_nothing_is_lost(file: Path, clock: ManualClock) -> None:
    backup.make(file, clock.now())
    other, wrong = page_of(file, "ix_runs_queue"), page_of(file, "ix_runs_job")
    data = bytearray(file.read_bytes())
    swap = data[(other - 1) * PAGE : other * PAGE]
    data[(other - 1) * PAGE : other * PAGE] = data[(wrong - 1) * PAGE : wrong * PAGE]
    data[(wrong - 1) * PAGE : wrong * PAGE] = swap
    file.write_bytes(bytes(data))
    done = _restore(file, clock)
    assert (done.source, done.made_at, done.losses) == (file, None, [])
    with opened(file.parent) as database:
        assert len(Work(database, clock).runs()) == 300
        assert database.damage() is None


def test_a_log_that_can_not_be_read_costs_what_was_in_it(file: Path, clock: ManualClock) -> None:
    wal_of(file).write_bytes(b"\xa5" * 50_000)
    done = _restore(file, clock)
    assert done.source == file
    assert done.made_at is not None
    assert done.held == 300
    assert done.set_aside is not None
    assert wal_of(done.set_aside).stat().st_size == 50_000


def test_it_is_refused_while_an_engine_runs(file: Path, clock: ManualClock) -> None:
    backup.make(file, clock.now())
    _spoil(file)
    before = file.read_bytes()
    lock = EngineLock(file.with_name(file.name + ".engine"))
    assert lock.acquire()
    lock.announce(EngineInfo(4711, "0.9", "service", ""))
    try:
        with pytest.raises(Unavailable, match=r"pid 4711.*stop it first"):
            _restore(file, clock)
    finally:
        lock.release()
    assert file.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="there the file can't be renamed")
def test_it_is_refused_while_anybody_has_the_file_open(file: Path, clock: ManualClock) -> None:
    """Whoever had it open would go on writing into the file that was set aside."""
    backup.make(file, clock.now())
    hold = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        " c.execute('SELECT 1 FROM jobs').fetchall(); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        _spoil(file)
        before = file.read_bytes()
        with pytest.raises(Unavailable, match="close the window"):
            _restore(file, clock)
        assert file.read_bytes() == before
        other.communicate(b"\n", timeout=60)
    assert _restore(file, clock).held == 300


def test_without_a_backup_nothing_is_changed(file: Path, clock: ManualClock) -> None:
    _spoil(file)
    before = file.read_bytes()
    with pytest.raises(Unavailable, match="there is no sound backup"):
        _restore(file, clock)
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.glob("*.restoring*")] == []


def test_the_doctor_explains_and_restores(
    file: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["doctor", "--restore"], serve) == 0
    assert "The database is sound. Nothing was restored." in capsys.readouterr().out
    made = backup.make(file, clock.now())
    _spoil(file)
    assert run_command(["doctor"], serve) == 4
    said = capsys.readouterr().out
    assert "PROBLEM database: " in said
    assert "`jobdesk doctor --restore`" in said
    assert str(made) in said
    assert run_command(["doctor", "--restore", "--json"], serve) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["restored"] is True
    assert answer["from"] == str(made)
    assert answer["made_at"].endswith("Z")
    assert answer["held_runs"] == 300
    assert Path(answer["set_aside"]).is_file()
    assert answer["lost"]
    assert run_command(["doctor"], serve) == 0
    assert run_command(["push", "--", "true"], serve) == 0
