"""Two homes on one database: one engine, and all hear of each other."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from jobdesk import Desk, ScriptAction
from jobdesk.domain.run import RunState
from jobdesk.store.changes import ALL
from tests.support.command import command, serving

NOTHING = ScriptAction([sys.executable, "-I", "-S", "-c", ""])


@contextmanager
def _hearing(desk: Desk) -> Iterator[threading.Event]:
    """Set when somebody *told* this desk of runs. The look at the database itself, once a
    second, only ever says that something changed."""
    told = threading.Event()

    def hear(topics: frozenset[str]) -> None:
        if "runs" in topics and ALL not in topics:
            told.set()

    stop = desk.listen(hear)
    try:
        yield told
    finally:
        stop()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_two_homes_share_an_engine(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_home = own_home.parent / "other"
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    monkeypatch.setenv("JOBDESK_DATABASE_URL", url)
    with ExitStack() as stack:
        engine = stack.enter_context(serving(own_home))
        second = command(other_home, "serve")
        assert second.code == 4
        assert f"pid {engine.pid}" in second.err
        desks = [stack.enter_context(Desk.open(home)) for home in (own_home, other_home)]
        assert [info.pid for desk in desks if (info := desk.engine())] == [engine.pid] * 2
        runs = [desk.push(NOTHING) for desk in desks]
        for desk, run in zip(reversed(desks), runs, strict=True):
            assert desk.wait(run.id, timeout=60).state is RunState.SUCCEEDED
        # Nothing of this queue runs, so the engine itself has nothing to tell: what one home
        # hears is what the other one said, passed on.
        desks[0].set_queue("quiet", concurrency=None)
        desks[0].pause_queue("quiet")
        for speaker, listener in (desks, desks[::-1]):
            with _hearing(listener) as told:
                for _ in range(100):
                    speaker.push(NOTHING, queue="quiet")
                    if told.wait(0.3):
                        break
                assert told.is_set(), "only its own look at the database told this home"
    assert not list(own_home.glob("*.db")), "the database is elsewhere"
    assert not list(other_home.glob("*.db"))


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_a_link_to_a_database_is_that_database(own_home: Path) -> None:
    other_home = own_home.parent / "other"
    other_home.mkdir()
    with serving(own_home) as engine:
        (other_home / "jobdesk.db").symlink_to(own_home / "jobdesk.db")
        second = command(other_home, "serve")
        assert second.code == 4
        assert f"pid {engine.pid}" in second.err
        with Desk.open(other_home) as desk:
            run = desk.push(NOTHING)
            assert desk.wait(run.id, timeout=60).state is RunState.SUCCEEDED
    assert [path.name for path in other_home.glob("jobdesk.db*")] == ["jobdesk.db"]
