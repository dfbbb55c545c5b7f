"""Databases and homes that can't be used: 4 (2 for a malformed URL), and why."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

COMMANDS = (["push", "--", "true"], ["runs", "--json"], ["job", "list"], ["show", "1"])


def _refused(cli: Cli, code: int, says: str) -> None:
    for args in COMMANDS:
        result = cli(*args)
        assert (result.code, result.out) == (code, b""), args
        assert says in result.err


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _make(home: Path, *statements: str) -> Path:
    """A database with just this in it."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "jobdesk.db"
    with closing(sqlite3.connect(file)) as conn:
        for statement in statements:
            conn.execute(statement)
        conn.commit()
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


def test_a_home_that_is_a_file(cli: Cli, own_home: Path) -> None:
    own_home.write_text("")
    _refused(cli, 4, f"the folder {own_home} can't be used: ")


def test_a_home_of_nobody(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBDESK_HOME", "~no-such-user-at-all/x")
    _refused(cli, 2, "JOBDESK_HOME: '~no-such-user-at-all/x' is not accepted; expected ")


@pytest.mark.parametrize("name", ["a?b", "a%20b", "a#b", "a b", "ä&b=c"])
def test_a_home_of_any_name(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("JOBDESK_HOME", str(tmp_path / name))
    assert cli("push", "--", "true").text == "1\n"
    assert (tmp_path / name / "jobdesk.db").is_file()


@pytest.mark.parametrize(
    "content", [b"rubbish" * 1000, b"abc", b"SQLite format 3\x00" + b"\0" * 84]
)
def test_a_file_that_is_no_database(cli: Cli, own_home: Path, content: bytes) -> None:
    own_home.mkdir()
    file = own_home / "jobdesk.db"
    file.write_bytes(content)
    _refused(cli, 4, "the file is not a database")
    assert file.read_bytes() == content
    assert cli("doctor", "--json").code == 4


def test_a_damaged_database(cli: Cli, own_home: Path) -> None:
    cli("push", "--", "true")
    file = _make(own_home)
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(bytes(data))
    _refused(cli, 4, "the file is damaged; run `jobdesk doctor`")


def test_a_database_of_a_newer_version_is_left_as_it_is(cli: Cli, own_home: Path) -> None:
    cli("push", "--", "true")
    file = _make(own_home, "UPDATE alembic_version SET version_num = '9999'")
    before = _digest(file)
    _refused(cli, 4, "was made by a newer JobDesk (its schema is 9999,")
    assert _digest(file) == before


def test_a_database_without_a_version(cli: Cli, own_home: Path) -> None:
    cli("push", "--", "true")
    _make(own_home, "DELETE FROM alembic_version")
    _refused(cli, 4, "it is damaged")


def test_somebody_elses_database(cli: Cli, own_home: Path) -> None:
    _make(own_home, "CREATE TABLE runs (x)")
    _refused(cli, 4, "holds tables that are not JobDesk's")


def test_an_empty_file_is_a_new_database(cli: Cli, own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "jobdesk.db").touch()
    assert cli("push", "--", "true").code == 0


@pytest.mark.parametrize(
    "url",
    [
        "rubbish",
        "://",
        "sqlite",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////",
        "sqlite:///?mode=memory",
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:x?mode=memory&cache=shared&uri=true",
        "sqlite:///x.db?bogus=1",
    ],
)
def test_urls_that_are_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("JOBDESK_DATABASE_URL", url)
    _refused(cli, 2, f"JOBDESK_DATABASE_URL: '{url}' is not accepted; expected an SQLAlchemy URL")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("foo://x", "needs a driver that is not installed"),
        ("foo://me:secret@x/y", "foo://me:***@x/y"),
        ("sqlite:////dev/null", "the database /dev/null is not a file"),
        ("sqlite:////tmp/..", "is not a file"),
    ],
)
def test_databases_that_can_not_be_reached(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    monkeypatch.setenv("JOBDESK_DATABASE_URL", url)
    _refused(cli, 4, says)
    assert "secret" not in cli("runs").err


def test_a_database_elsewhere(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_home: Path
) -> None:
    monkeypatch.setenv("JOBDESK_DATABASE_URL", "sqlite:///relative.db")
    assert cli("push", "--", "true").code == 0
    assert (tmp_path / "relative.db").is_file()
    assert not (own_home / "jobdesk.db").exists()
    monkeypatch.setenv("JOBDESK_DATABASE_URL", "sqlite:///~/home.db")
    assert cli("push", "--", "true").code == 0
    assert (Path.home() / "home.db").is_file()


def test_a_run_that_can_not_be_read_spoils_nothing(cli: Cli, own_home: Path) -> None:
    for _ in range(3):
        cli("push", "--", "true")
    _make(own_home, "UPDATE runs SET state = 'floating' WHERE id = 2")
    listed = cli("runs", "--json")
    assert [run["id"] for run in listed.json] == [3, 2, 1]
    assert "can't be read" in cli("show", "2", "--json").json["error"]
    assert cli("cancel", "2").code == 2
    assert cli("cancel", "1", "3").code == 0


def test_a_job_that_can_not_be_read_is_set_aside(cli: Cli, own_home: Path) -> None:
    for name in ("a", "b"):
        cli("job", "add", name, "--", "true")
    _make(own_home, "UPDATE jobs SET spec = '{' WHERE name = 'a'")
    listed = cli("job", "list", "--json")
    assert [job["name"] for job in listed.json] == ["b"]
    assert "warning: job 'a' can't be read" in listed.err
    assert cli("job", "run", "a").code == 4
    assert "job 'a': can't be read" in cli("doctor").text
    assert cli("job", "remove", "a").code == 0
