"""Two engines, and two programs of different age, on one database."""

from __future__ import annotations

import hashlib
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jobdesk import Desk, ScriptAction
from jobdesk.domain.run import RunState
from jobdesk.store import schema
from tests.support.command import Result, command, environment, finish, serving

NOTHING = ScriptAction([sys.executable, "-I", "-S", "-c", ""])

TOGETHER = """
import sys
from jobdesk.main import main
sys.stdin.readline()
sys.exit(main(["serve"]))
"""
"""An engine that is all ready to start, and does so at a word."""


def _ready(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", TOGETHER],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _race(home: Path) -> tuple[subprocess.Popen[bytes], Result]:
    """Two engines that start in the same instant: the winner, and how the other ended."""
    both = [_ready(home) for _ in range(2)]
    for one in both:
        assert one.stdin is not None
        one.stdin.write(b"go\n")
        one.stdin.flush()
    said: dict[int, bytes] = {}
    for one in both:
        assert one.stderr is not None
        said[one.pid] = one.stderr.readline()
    winners = [one for one in both if b"the engine is running" in said[one.pid]]
    losers = [one for one in both if one not in winners]
    assert len(winners) == 1, said
    out, rest = losers[0].communicate(timeout=60)
    return winners[0], Result(losers[0].returncode, out, (said[losers[0].pid] + rest).decode())


def _one_wins(home: Path) -> None:
    winner, loser = _race(home)
    try:
        assert (loser.code, loser.out) == (4, b"")
        assert f"pid {winner.pid}" in loser.err
        assert "Traceback" not in loser.err
        with Desk.open(home) as desk:
            info = desk.engine()
            assert info is not None
            assert info.pid == winner.pid, "the loser spoiled the winner's note"
            assert desk.wait(desk.push(NOTHING).id, timeout=60).state is RunState.SUCCEEDED
    finally:
        winner.send_signal(signal.SIGTERM)
        assert finish(winner).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_of_two_engines_in_the_same_instant_one_wins(own_home: Path) -> None:
    """On a home that is new to both, so that they also race for making the database."""
    _one_wins(own_home)


@pytest.mark.slow_fault
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_of_two_engines_one_wins_every_time(own_home: Path) -> None:
    for number in (0, 0, 1, 1, 2):  # a new home, and one that was there
        _one_wins(own_home / str(number))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_older_database_is_left_to_the_engine_that_holds_it(own_home: Path) -> None:
    """For this program, a database with the version before its first one is an older one."""
    file = own_home / "jobdesk.db"
    with serving(own_home, "--workers", "1") as engine:
        with closing(sqlite3.connect(file)) as conn:
            conn.execute("UPDATE alembic_version SET version_num = '0000'")
            conn.commit()
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = _looks(file)
        for args in (["push", "--", "true"], ["serve"]):
            refused = command(own_home, *args)
            assert (refused.code, refused.out) == (4, b""), refused
            if args != ["serve"]:
                assert "older schema 0000" in refused.err
                assert f"needs {schema.HEAD}" in refused.err
                # Both programs, by their versions, and whom to stop.
                assert len(re.findall(r"JobDesk \(?\d+\.\d+", refused.err)) == 2, refused.err
            assert f"pid {engine.pid}" in refused.err
        assert _looks(file) == before
        assert engine.poll() is None


def _looks(file: Path) -> tuple[str, object]:
    with closing(sqlite3.connect(file)) as conn:
        rows = [conn.execute("SELECT * FROM alembic_version").fetchall()]
        rows.append(conn.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall())
        rows.append(conn.execute("SELECT count(*) FROM runs").fetchall())
    return hashlib.sha256(file.read_bytes()).hexdigest(), rows
