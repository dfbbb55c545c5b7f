from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from jobdesk.store import turnstile as turnstile_module
from jobdesk.store.database import Database
from jobdesk.store.turnstile import Turnstile
from tests.store.conftest import opened
from tests.support.work import Work


def test_one_at_a_time(tmp_path: Path) -> None:
    one, other = Turnstile(tmp_path / "turn"), Turnstile(tmp_path / "turn")
    inside, order = threading.Event(), []

    def wait() -> None:
        inside.set()
        with other.passing():
            order.append("other")

    thread = threading.Thread(target=wait)
    with one.passing():
        thread.start()
        assert inside.wait(10)
        thread.join(0.05)
        order.append("one")
    thread.join(10)
    assert order == ["one", "other"]
    one.close()
    other.close()


def test_who_is_stuck_inside_holds_up_nobody_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turnstile_module, "_PATIENCE", 0.02)
    stuck, other = Turnstile(tmp_path / "turn"), Turnstile(tmp_path / "turn")
    passed = []
    with stuck.passing(), other.passing():
        passed.append(True)
    with other.passing():
        passed.append(True)
    assert len(passed) == 2
    stuck.close()
    other.close()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root writes anywhere")
def test_where_it_cannot_be_made_one_goes_on_without(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with Turnstile(tmp_path / "turn").passing():
            pass
    finally:
        tmp_path.chmod(0o700)
    assert not (tmp_path / "turn").exists()


def test_a_missing_folder_is_no_trouble(tmp_path: Path) -> None:
    with Turnstile(tmp_path / "none" / "turn").passing():
        assert not (tmp_path / "none").exists()


def test_a_writer_gets_its_turn_between_the_commits_of_another(db: Database, work: Work) -> None:
    """Another process, as far as SQLite is concerned, that commits without a pause."""
    stop, commits = threading.Event(), [0]
    with opened(db.home) as busy:
        mill = Work(busy, work.clock)

        def grind() -> None:
            while not stop.is_set():
                futures = [
                    busy.writer.submit(lambda tx: tx.conn.exec_driver_sql("SELECT 1"))
                    for _ in range(20)
                ]
                for future in futures:
                    future.result()
                commits[0] += 1

        thread = threading.Thread(target=grind)
        thread.start()
        try:
            seen = []
            for _ in range(5):
                before = commits[0]
                work.push()
                seen.append(commits[0] - before)
        finally:
            stop.set()
            thread.join()
        assert len(mill.runs()) == 5
    assert commits[0] > 0
    assert max(seen) < 50, "commits of the other that one had to wait for"
