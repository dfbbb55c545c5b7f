"""Other programs' files, and those of a newer JobDesk, are refused and left as they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jobdesk import Desk
from jobdesk.cli.app import run
from jobdesk.domain.errors import Unavailable
from jobdesk.engine.engine import Engine
from jobdesk.main import serve
from jobdesk.store import schema
from jobdesk.store.lock import EngineInfo, EngineLock
from tests.faults.storage.damaging import digest, filled, sql
from tests.support.clock import ManualClock


def _plain(file: Path) -> None:
    sql(file, "CREATE TABLE notes (body TEXT)", "INSERT INTO notes VALUES ('mine')")


def _in_wal_mode(file: Path) -> None:
    sql(file, "PRAGMA journal_mode = WAL", "CREATE TABLE notes (body TEXT)")


def _of_alembic(file: Path) -> None:
    """Another program that uses Alembic; its versions sort behind ours."""
    sql(
        file,
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('f00ba4')",
        "CREATE TABLE runs (x)",
    )


def _only_marked(file: Path) -> None:
    sql(file, "PRAGMA application_id = 1196444487", "PRAGMA user_version = 3")


@pytest.mark.parametrize("make", [_plain, _in_wal_mode, _of_alembic, _only_marked])
def test_another_programs_file_stays_as_it_is(
    own_home: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    file = folder / "notes.db"
    make(file)
    before = digest(folder)
    url = f"sqlite:///{file}"
    with pytest.raises(Unavailable, match="belongs to another program"):
        Desk.open(own_home, database_url=url)
    with pytest.raises(Unavailable, match="belongs to another program"):
        Engine(url, own_home, ManualClock(), origin="terminal").start()
    assert digest(folder) == before, "not a byte, and nothing beside it"


def test_every_command_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    _plain(folder / "notes.db")
    before = digest(folder)
    monkeypatch.setenv("JOBDESK_DATABASE_URL", f"sqlite:///{folder / 'notes.db'}")
    for args in (["push", "--", "true"], ["doctor"], ["doctor", "--restore"]):
        assert run(args, serve) == 4, args
        said = capsys.readouterr()
        assert "belongs to another program" in said.err + said.out, args
    assert digest(folder) == before


def test_a_file_that_another_program_has_open_is_not_disturbed(
    own_home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "notes.db"
    with closing(sqlite3.connect(file)) as theirs:
        theirs.execute("PRAGMA journal_mode = WAL")
        theirs.execute("CREATE TABLE notes (body TEXT)")
        theirs.commit()
        with pytest.raises(Unavailable, match="belongs to another program"):
            Desk.open(own_home, database_url=f"sqlite:///{file}")
        theirs.execute("INSERT INTO notes VALUES ('still here')")
        theirs.commit()
        assert theirs.execute("SELECT body FROM notes").fetchall() == [("still here",)]


def test_a_newer_database_is_left_without_a_trace(own_home: Path) -> None:
    file = filled(own_home, runs=1)
    sql(file, "UPDATE alembic_version SET version_num = '0999'")
    before = digest(own_home)
    for attempt in range(2):
        with pytest.raises(Unavailable, match=r"newer JobDesk .*0999"):
            Desk.open(own_home)
        with pytest.raises(Unavailable, match=r"newer JobDesk .*0999"):
            Engine(f"sqlite:///{file}", own_home, ManualClock(), origin="window").start()
        assert digest(own_home) == before, attempt


def test_a_newer_program_leaves_the_database_of_a_running_engine(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = filled(own_home, runs=1)
    lock = EngineLock(file.with_name(file.name + ".engine"))
    assert lock.acquire()
    try:
        lock.announce(EngineInfo(4711, "0.9", "service", ""))
        before = digest(own_home)
        monkeypatch.setattr(schema, "HEAD", "0999")
        with pytest.raises(Unavailable, match=r"0\.9, pid 4711.*this is JobDesk"):
            Desk.open(own_home)
        with pytest.raises(Unavailable, match=r"pid 4711.*JobDesk 0\.9, this is "):
            Engine(f"sqlite:///{file}", own_home, ManualClock(), origin="window").start()
        assert digest(own_home) == before
    finally:
        lock.release()
