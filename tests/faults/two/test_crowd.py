"""Twenty programs at once, while the engine works as hard as it can."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jobdesk import Desk, RetryPolicy, ScriptAction
from jobdesk.domain.run import RunState
from jobdesk.store.runs import RunFilter
from tests.support.command import PATIENCE, command, finish, serving, start

TALK = "for i in range(400): print('x' * 50)"
BUSY = ScriptAction([sys.executable, "-I", "-S", "-c", TALK])


@pytest.mark.slow_fault
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_twenty_pushes_at_once_at_full_load(own_home: Path) -> None:
    with Desk.open(own_home) as desk:
        desk.push_many([BUSY] * 600, queue="load", priority=-1, retry=RetryPolicy(retries=0))
        with serving(own_home, "--workers", "8"):
            programs = [
                start(own_home, "push", "--queue", "crowd", "--", sys.executable, "-c", f"{n}")
                for n in range(20)
            ]
            results = [finish(program) for program in programs]
            at_work = desk.count_runs(RunFilter(queue="load", states=frozenset({RunState.QUEUED})))
            assert {result.code for result in results} == {0}, results
            assert not any("locked" in result.err for result in results)
            ids = [int(result.text) for result in results]
            assert len(set(ids)) == 20
            for run in ids:
                assert desk.wait(run, timeout=PATIENCE).state is RunState.SUCCEEDED
        log = (own_home / "engine.log").read_text()
    assert at_work > 0, "the engine had nothing left to do: no load"
    assert "locked" not in log


@pytest.mark.slow_fault
def test_a_push_that_is_kept_waiting_too_long_says_so(own_home: Path) -> None:
    """Refused with a reason that a person understands, and then not there at all."""
    assert command(own_home, "push", "--", "true").code == 0
    with closing(sqlite3.connect(own_home / "jobdesk.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        program = start(own_home, "push", "--", "true")
        refused = finish(program)
        other.execute("ROLLBACK")
    assert (refused.code, refused.out) == (4, b"")
    assert "another program has kept it locked for too long" in refused.err
    assert command(own_home, "push", "--", "true").text == "2\n"
