"""The first look sees what the desk sees, or nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from jobdesk.desk import Desk
from jobdesk.domain.run_filter import RunFilter
from jobdesk.store.first_look import ROWS, newest_runs
from tests.gui.seeding import many, seed


def test_it_sees_what_the_desk_sees(tmp_path: Path) -> None:
    with Desk.open(tmp_path) as desk:
        seed(desk)
        file = tmp_path / "jobdesk.db"
        assert newest_runs(file) == desk.runs(limit=ROWS)
        dead = desk.runs(RunFilter(attention=True), limit=ROWS)
        assert dead
        assert newest_runs(file, dead_letters=True) == dead


def test_of_many_the_newest(tmp_path: Path) -> None:
    with Desk.open(tmp_path) as desk:
        made = many(desk, 3 * ROWS)
        found = newest_runs(tmp_path / "jobdesk.db")
        assert found is not None
        assert [run.id for run in found] == made[: -ROWS - 1 : -1]


def test_no_runs_yet(tmp_path: Path) -> None:
    Desk.open(tmp_path).close()
    assert newest_runs(tmp_path / "jobdesk.db") == []


def test_what_it_can_not_read_is_left_to_others_and_untouched(tmp_path: Path) -> None:
    file = tmp_path / "jobdesk.db"
    assert newest_runs(file) is None
    assert not file.exists()
    file.write_bytes(b"no database" * 500)
    before = file.read_bytes()
    assert newest_runs(file) is None
    assert file.read_bytes() == before


def test_another_version_is_left_to_others(tmp_path: Path) -> None:
    with Desk.open(tmp_path) as desk:
        many(desk, 3)
    file = tmp_path / "jobdesk.db"
    with closing(sqlite3.connect(file)) as conn, conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    assert newest_runs(file) is None


def test_a_run_of_a_newer_program_is_left_to_others(tmp_path: Path) -> None:
    with Desk.open(tmp_path) as desk:
        many(desk, 3)
    file = tmp_path / "jobdesk.db"
    with closing(sqlite3.connect(file)) as conn, conn:
        conn.execute("UPDATE runs SET state = 'dreaming' WHERE id = 2")
    assert newest_runs(file) is None
