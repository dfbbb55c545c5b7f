from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from jobdesk.domain.errors import InvalidInput, Unavailable
from jobdesk.store import schema
from jobdesk.store.database import Database, default_url
from jobdesk.store.lock import EngineInfo, EngineLock
from tests.store.conftest import opened
from tests.support.work import Work

FROZEN = Path(__file__).parent / "schemas"
DUMP = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name"


def dump(file: Path) -> str:
    """The schema of a file, in SQLite's own words."""
    conn = sqlite3.connect(file)
    try:
        return "".join(f"{sql.strip()};\n" for (sql,) in conn.execute(DUMP))
    finally:
        conn.close()


def test_the_schema_is_that_of_its_version(tmp_path: Path) -> None:
    """A change of the tables needs a migration and a new number.

    Then: write the new dump beside the old one, which stays as what a migration begins with.
    """
    engine = create_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.begin() as conn:
        schema.metadata.create_all(conn)
    engine.dispose()
    frozen = (FROZEN / f"{schema.HEAD}.sql").read_text(encoding="utf-8")
    assert dump(tmp_path / "new.db") == frozen


def test_each_version_has_its_migration() -> None:
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    numbers = sorted(file.name[:4] for file in versions.glob("[0-9]*.py"))
    assert numbers[-1] == schema.HEAD
    assert sorted(file.stem for file in FROZEN.glob("*.sql")) == numbers


def test_a_new_database_is_stamped(db: Database) -> None:
    with db.reading() as conn:
        version = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        assert version == schema.HEAD
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert db.damage() is None


def test_many_open_a_new_database_at_once(own_home: Path) -> None:
    barrier = threading.Barrier(6)
    found: list[object] = []

    def take() -> None:
        barrier.wait(10)
        try:
            with opened(own_home) as database:
                found.append(database.damage())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [None] * 6


def test_a_newer_database_is_left_untouched(own_home: Path) -> None:
    with opened(own_home) as database:
        Work(database, None).sql(  # type: ignore[arg-type]
            "UPDATE alembic_version SET version_num = '0999'"
        )
        assert database.file is not None
        file = database.file
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    with pytest.raises(Unavailable, match=r"newer JobDesk .*0999.* left untouched"):
        Database.open(default_url(own_home), own_home)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_an_older_database_is_not_migrated_under_an_engine(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(own_home) as database:
        path = database.lock_path
    monkeypatch.setattr(schema, "HEAD", "0999")
    lock = EngineLock(path)
    assert lock.acquire()
    lock.announce(EngineInfo(4711, "0.9", "window", ""))
    try:
        with pytest.raises(Unavailable, match=r"JobDesk \(0\.9, pid 4711\).*older schema \d{4}"):
            Database.open(default_url(own_home), own_home)
    finally:
        lock.release()


def test_what_is_not_a_database(own_home: Path) -> None:
    own_home.mkdir()
    file = own_home / "jobdesk.db"
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unavailable, match="not a database"):
        Database.open(default_url(own_home), own_home)
    assert file.read_bytes() == b"not a database at all" * 100


def test_somebody_elses_tables(own_home: Path) -> None:
    own_home.mkdir()
    conn = sqlite3.connect(own_home / "jobdesk.db")
    conn.execute("CREATE TABLE runs (x)")
    conn.close()
    with pytest.raises(Unavailable, match="tables that are not JobDesk's"):
        Database.open(default_url(own_home), own_home)


def test_an_empty_file_is_a_new_database(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "jobdesk.db").touch()
    with opened(own_home) as database:
        assert database.damage() is None


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(own_home: Path) -> None:
    own_home.mkdir(mode=0o500)
    with pytest.raises(Unavailable, match="can't be"):
        Database.open(default_url(own_home), own_home)


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:"])
def test_urls_that_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="JOBDESK_DATABASE_URL"):
        Database(url, tmp_path)


def test_a_driver_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="needs a driver that is not installed"):
        Database("mysql+pymysql://root:secret@localhost/x", tmp_path)


def test_reading_does_not_wait_for_the_writer(db: Database, work: Work) -> None:
    work.push()
    assert work.write(lambda tx: len(work.runs())) == 1
