"""A damaged database file: found at the start, not written to, said alike everywhere."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jobdesk import Desk
from jobdesk.clock import SystemClock
from jobdesk.domain.errors import Unavailable
from jobdesk.engine.backups import Backups
from jobdesk.engine.engine import Engine
from jobdesk.gui.application import _open_desk
from jobdesk.store import backup, filecheck
from jobdesk.store.database import Database
from jobdesk.store.filecheck import Damaged, wal_of
from tests.faults.storage.damaging import (
    digest,
    filled,
    flip,
    page_of,
    some_now,
)
from tests.support.clock import ManualClock
from tests.support.command import command

PAGE = 4096


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def file(own_home: Path) -> Path:
    return filled(own_home)


def _short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])


def _short_within_a_page(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def _one_page(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:PAGE])


def _magic(file: Path) -> None:
    flip(file, 0, 16)


def _header(file: Path) -> None:
    flip(file, 16, 60)


def _schema_format(file: Path) -> None:
    flip(file, 47, 1)


def _only_to_read(file: Path) -> None:
    flip(file, 18, 1)


def _schema_page(file: Path) -> None:
    flip(file, 100, 200)


def _table_page(file: Path) -> None:
    flip(file, (page_of(file, "runs") - 1) * PAGE)


def _index_page(file: Path) -> None:
    flip(file, (page_of(file, "ix_runs_state") - 1) * PAGE)


def _index_without_a_row(file: Path) -> None:
    """Sound pages, but the index and its table disagree: found by comparing alone."""
    other = page_of(file, "ix_runs_queue"), page_of(file, "ix_runs_job")
    data = bytearray(file.read_bytes())
    one, two = ((number - 1) * PAGE for number in other)
    data[one : one + PAGE] = data[two : two + PAGE]
    file.write_bytes(bytes(data))


def _garbage(file: Path) -> None:
    file.write_bytes(b"\xa5" * 50_000)


def _zeros(file: Path) -> None:
    file.write_bytes(bytes(50_000))


def _garbage_wal(file: Path) -> None:
    wal_of(file).write_bytes(b"\xa5" * 50_000)


def _empty_with_wal(file: Path) -> None:
    file.write_bytes(b"")
    wal_of(file).write_bytes(b"\x37\x7f\x06\x82" + bytes(4000))


CASES = [
    _short, _short_within_a_page, _one_page, _magic, _header, _schema_page, _table_page,
    _index_page, _index_without_a_row, _garbage, _zeros, _garbage_wal, _empty_with_wal,
    _schema_format, _only_to_read,
]  # fmt: skip


def _contents(home: Path) -> dict[str, str]:
    """What matters: neither the lock, nor the note, nor an index of an empty log."""
    kept = digest(home)
    return {name: what for name, what in kept.items() if not name.endswith(IGNORED)}


IGNORED = (".engine", ".damaged", "-shm", ".log", "jobdesk.db-wal")


@pytest.mark.parametrize("spoil", some_now(CASES, [*CASES[:1], *CASES[6:9], *CASES[10:12]]))
def test_it_is_found_at_the_start_and_not_written_to(
    own_home: Path, file: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(file)
    before = _contents(own_home)
    wal = wal_of(file).read_bytes() if wal_of(file).exists() else b""
    engine = Engine(f"sqlite:///{file}", own_home, ManualClock(), origin="terminal")
    with pytest.raises(Unavailable, match="jobdesk doctor"):
        engine.start()
    said = []
    for _ in range(2):
        with pytest.raises(Unavailable) as refused:
            Desk.open(own_home)
        said.append(str(refused.value))
    assert "jobdesk doctor" in said[0]
    assert str(file) in said[0]
    assert said[0] == said[1]
    assert _contents(own_home) == before
    assert (wal_of(file).read_bytes() if wal_of(file).exists() else b"") == wal


def test_the_engine_says_it_with_exit_4_and_so_does_everybody_after_it(
    own_home: Path, file: Path
) -> None:
    _table_page(file)
    before = file.read_bytes()
    served = command(own_home, "serve")
    pushed = command(own_home, "push", "--", "true")
    assert (served.code, pushed.code) == (4, 4)
    assert served.err == pushed.err
    assert "is damaged (" in served.err
    assert "`jobdesk doctor`" in served.err
    assert file.read_bytes() == before


@pytest.mark.parametrize("spoil", [_short_within_a_page, _schema_format, _only_to_read])
def test_what_the_head_of_the_file_tells_is_seen_without_an_engine(
    own_home: Path, file: Path, clock: ManualClock, spoil: Callable[[Path], None]
) -> None:
    backup.make(file, clock.now())
    spoil(file)
    before = file.read_bytes()
    pushed = command(own_home, "push", "--", "true")
    assert pushed.code == 4
    assert "is damaged (" in pushed.err
    assert "`jobdesk doctor`" in pushed.err
    assert file.read_bytes() == before
    assert command(own_home, "doctor", "--restore").code == 0
    assert command(own_home, "push", "--", "true").code == 0


def test_the_window_says_the_same_before_it_starts_an_engine(own_home: Path, file: Path) -> None:
    _table_page(file)
    with pytest.raises(Damaged, match=r"is damaged .*jobdesk doctor"):
        _open_desk(own_home, None, "")


def test_a_log_in_use_is_read_with_the_file(own_home: Path, file: Path) -> None:
    """What a killed engine left is in the -wal; with it the file is sound, and so it must
    be found, though commits are in neither place alone."""
    with closing(sqlite3.connect(file)) as left_open:
        left_open.execute("UPDATE runs SET title = 'x' || title")
        left_open.commit()
        assert filecheck.has_wal(file)
        assert filecheck.damage_at_start(file) == []


def test_a_missing_log_leaves_what_was_in_the_file(own_home: Path, file: Path) -> None:
    """SQLite can't know that there was one; the file is whole without it, only older."""
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("DELETE FROM runs WHERE id > 100")
        other.commit()
        kept = file.read_bytes()
    file.write_bytes(kept)
    wal_of(file).unlink(missing_ok=True)
    assert filecheck.damage_at_start(file) == []
    with Desk.open(own_home) as desk:
        assert len(desk.runs(limit=1000)) == 300


def test_a_note_of_damage_is_about_one_file_only(own_home: Path, file: Path) -> None:
    sound = file.read_bytes()
    _table_page(file)
    with pytest.raises(Damaged):
        Desk.open(own_home, check=True)
    with pytest.raises(Damaged):
        Desk.open(own_home)  # by the note alone
    file.write_bytes(sound)
    with Desk.open(own_home) as desk:
        assert len(desk.runs(limit=1000)) == 300


def test_an_engine_that_finds_damage_while_it_runs_ends(
    own_home: Path, file: Path, clock: ManualClock
) -> None:
    database = Database(f"sqlite:///{file}", own_home)
    told: list[str] = []
    backups = Backups(database, clock, told.append)
    backups.turn(check=True)
    assert told == []
    kept = digest(own_home / "backups")
    assert len(kept) == 1
    clock.advance(90_000)
    _table_page(file)
    backups.turn(check=False)
    assert "is damaged (" in told[0]
    assert digest(own_home / "backups") == kept, "a damaged file replaces no backup"


def test_the_engine_notes_what_it_found_when_it_has_ended(own_home: Path, file: Path) -> None:
    engine = Engine(f"sqlite:///{file}", own_home, SystemClock(), origin="terminal")
    engine.start()
    try:
        engine._found_damage("the database is damaged. Run `jobdesk doctor`")
        assert engine.stop_requested.is_set()
    finally:
        engine.stop()
    with pytest.raises(Damaged, match="the database is damaged"):
        Desk.open(own_home)


def test_a_database_that_is_gone_is_not_made_anew_over_its_backups(
    own_home: Path, file: Path, clock: ManualClock
) -> None:
    assert backup.make(file, clock.now()) is not None
    for spoil in (lambda: file.write_bytes(b""), file.unlink):
        spoil()
        with pytest.raises(Damaged, match=r"there are backups of it.*move the folder"):
            Desk.open(own_home)
    (own_home / "backups").rename(own_home / "elsewhere")
    with Desk.open(own_home) as desk:
        assert desk.runs() == []


@pytest.mark.parametrize("name", [b"r\x81ns", b"ruNs", b"\xff\xff\xff\xff"])
def test_a_table_that_lost_its_name(own_home: Path, file: Path, name: bytes) -> None:
    """It is ours and damaged, not another program's, and nobody trips over the bytes."""
    spoilt = file.read_bytes().replace(b"tablerunsruns", b"table" + name + b"runs", 1)
    assert spoilt != file.read_bytes()
    file.write_bytes(spoilt)
    with pytest.raises(Damaged, match="jobdesk doctor"):
        Desk.open(own_home, check=True).close()
    said = command(own_home, "doctor")
    assert said.code == 4
    assert b"damaged" in said.out
    assert "Traceback" not in said.err
    assert file.read_bytes() == spoilt


@pytest.mark.slow_fault
@pytest.mark.timeout(600)
def test_bytes_flipped_anywhere_never_get_worse(own_home: Path, file: Path) -> None:
    """200 places, most of them in the middle of rows: refused untouched, or worked with
    without a traceback, whatever a row says then."""
    sound = file.read_bytes()
    rng = random.Random(7)
    refused = 0
    for _ in range(200):
        for tail in ("-wal", "-shm", ".damaged"):
            file.with_name(file.name + tail).unlink(missing_ok=True)
        file.write_bytes(sound)
        flip(file, rng.randrange(len(sound)), rng.choice([1, 4, 64]))
        spoilt = file.read_bytes()
        try:
            with Desk.open(own_home, check=True) as desk:
                desk.runs(limit=1000)
                desk.jobs()
                desk.queues()
                desk.quarantined()
        except Damaged:
            refused += 1
            assert file.read_bytes() == spoilt
    assert refused > 20
