"""A home that may be read and not written to, and one that goes away."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobdesk import Desk, ScriptAction
from jobdesk.clock import SystemClock
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.run import RunState
from jobdesk.engine.engine import Engine
from jobdesk.store.database import default_url
from tests.cli.conftest import Cli, cli
from tests.faults.storage.disks import PATIENCE, Gated, mount, unmount, until
from tests.support.command import command, finish, serving, started

__all__ = ["cli"]

TRUE = ScriptAction([sys.executable, "-I", "-S", "-c", ""])
SENTENCES = ("can't be written to",)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Root may write anywhere but on what is mounted read-only."""
    if os.geteuid() == 0:
        _mount_read_only(folder)
        try:
            yield
        finally:
            unmount(folder)
        return
    inside = [folder, *folder.iterdir()]
    modes = [path.stat().st_mode for path in inside]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path, mode in zip(inside, modes, strict=True):
            path.chmod(mode)


def _mount_read_only(folder: Path) -> None:
    """What has just opened a file by way of the new mount keeps it from becoming so."""
    for _ in range(100):
        mount("--bind", str(folder), str(folder))
        command = ["mount", "-o", "remount,bind,ro", str(folder)]
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            return
        unmount(folder)
        time.sleep(0.05)
    raise AssertionError(f"{folder} could not be made read-only")


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_nothing_is_accepted_and_nothing_touched(own_home: Path, cli: Cli) -> None:
    with Desk.open(own_home) as desk:
        run = desk.push(TRUE)
    before = digest(own_home / "jobdesk.db")
    with read_only(own_home):
        told = [cli(*args) for args in (["push", "--", "true"], ["runs"], ["doctor"])]
        for result in (*told, command(own_home, "serve")):
            assert result.code == 4
            said = result.err + result.text
            assert any(sentence in said for sentence in SENTENCES), said
        assert digest(own_home / "jobdesk.db") == before
    with Desk.open(own_home) as desk:
        assert [one.id for one in desk.runs()] == [run.id]


@pytest.mark.skipif(sys.platform == "win32", reason="open files can't be moved there")
def test_reads_go_on_while_an_engine_has_it_open(own_home: Path, cli: Cli) -> None:
    with Desk.open(own_home) as desk:
        run = desk.push(TRUE, delay=3600)
        with serving(own_home), read_only(own_home):
            shown = cli("show", str(run.id), "--json")
            assert (shown.code, shown.json["state"]) == (0, "scheduled")
            refused = cli("push", "--", "true")
            assert (refused.code, refused.out) == (4, b"")
            assert "it can't be written to; check the permissions" in refused.err


@pytest.mark.skipif(sys.platform == "win32", reason="open files can't be moved there")
def test_a_folder_that_goes_away_and_comes_back(
    own_home: Path, tmp_path: Path, gated: Gated
) -> None:
    """SQLite would go on writing to where nobody looks any more; JobDesk doesn't."""
    with Desk.open(own_home) as desk:
        engine = Engine(default_url(own_home), own_home, SystemClock(), origin="terminal")
        engine.start()
        try:
            run = desk.push(gated.action)
            until(lambda: gated.times, "the script runs")
            aside = own_home.with_name("aside")
            own_home.rename(aside)
            try:
                with pytest.raises(Unavailable, match=r"jobdesk\.db is gone; nothing was stored"):
                    desk.push(TRUE)
                until(lambda: "is gone" in (engine._trouble.words or ""), "the engine sees it")
                gated.let_go()
                until(lambda: not engine._dispatcher.running, "the script has ended")
                assert not own_home.exists(), "nobody makes a new one in its place"
            finally:
                aside.rename(own_home)
            assert desk.wait(run.id, timeout=PATIENCE).state is RunState.SUCCEEDED
            until(lambda: engine._trouble.words is None, "the trouble is over")
            assert desk.wait(desk.push(TRUE).id, timeout=PATIENCE).state is RunState.SUCCEEDED
        finally:
            engine.stop()
    assert gated.times == 1


@pytest.mark.skipif(sys.platform == "win32", reason="open files can't be deleted there")
def test_an_engine_whose_database_was_replaced_ends(own_home: Path) -> None:
    """There may be another engine for the new file at any time; the old one must not go on
    beside it, and a desk that was open must not write to the old file."""
    with Desk.open(own_home) as desk:
        desk.push(TRUE, delay=3600)
        engine = started(own_home)
        shutil.rmtree(own_home)
        with Desk.open(own_home) as new:
            new.push(TRUE)
            result = finish(engine)
            assert result.code == 4
            assert "was replaced by another file" in result.err
            with pytest.raises(Unavailable, match="was replaced by another file"):
                desk.push(TRUE)
            with pytest.raises(Unavailable, match="was replaced by another file"):
                desk.check_file()
            assert len(new.runs()) == 1
