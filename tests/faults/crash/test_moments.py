"""Engines and pushes that are killed at moments that nobody chose."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobdesk import Desk, ScriptAction
from jobdesk.domain.run import RunState
from jobdesk.store.database import Database, default_url
from tests.faults.crash.scene import OFTEN, Scene
from tests.support.command import PATIENCE, command, environment, finish, start, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the marks are Linux's")

PUSHER = """
from jobdesk import Desk, ScriptAction
with Desk.open() as desk:
    print("ready", flush=True)
    while True:
        ids = desk.push_many([ScriptAction(["true"])] * 40, queue="bulk")
        print(*ids, flush=True)
"""


def test_a_push_is_there_whole_or_not_at_all(own_home: Path) -> None:
    promised: set[int] = set()
    with Desk.open(own_home) as desk:
        for pause in (0.0, 0.013, 0.05):
            pusher = subprocess.Popen(
                [sys.executable, "-c", PUSHER],
                env=environment(own_home),
                stdout=subprocess.PIPE,
            )
            assert pusher.stdout is not None
            assert pusher.stdout.readline() == b"ready\n"
            time.sleep(pause)
            pusher.kill()
            out, _ = pusher.communicate(timeout=PATIENCE)
            promised |= {int(word) for line in out.splitlines() for word in line.split()}
        ids = {run.id for run in desk.runs(limit=100_000)}
    assert promised <= ids, "a push that returned is on disk"
    assert len(ids) % 40 == 0, "a push that did not return is there whole or not at all"


def wait_for(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.slow_fault
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_again_and_again_under_load(own_home: Path, tmp_path: Path, seed: int) -> None:
    luck = random.Random(seed)
    accepted: set[int] = set()
    with Desk.open(own_home) as desk:
        desk.save_settings(desk.settings().model_copy(update={"workers": 6}))
        scene = Scene(desk, tmp_path / "ledger")
        for _ in range(10):
            for _ in range(6):
                sleeping = ",".join(str(n) for n in range(1, luck.randrange(1, 4)))
                accepted.add(desk.push(scene.action(sleeping), retry=OFTEN).id)
            engine = start(own_home, "serve")
            # Less than a start takes, or long enough for claims, scripts and conclusions.
            time.sleep(luck.choice([luck.uniform(0.1, 0.8), luck.uniform(0.8, 3.0)]))
            engine.kill()
            finish(engine)
        scene.awake()
        assert command(own_home, "serve", "--until-idle").code == 0
        assert {run.state for run in desk.runs(limit=1000)} == {RunState.SUCCEEDED}
        scene.check(accepted)


def test_another_process_with_a_recorded_number_is_left_alone(
    own_home: Path, tmp_path: Path
) -> None:
    """The computer was started anew, and somebody else has the number of a script."""
    with Desk.open(own_home) as desk:
        run = desk.push(ScriptAction(["/bin/sleep", "600"]), retry=OFTEN)
        engine = started(own_home)
        wait_for(lambda: desk.run(run.id).state == "running", "it was not begun")
        engine.kill()
        finish(engine)
        stranger = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
        try:
            _write(own_home, f"UPDATE attempts SET pid = {stranger.pid}, pid_started = 1e9")
            desk.pause_queue("default")
            assert command(own_home, "serve", "--until-idle").code == 0
            assert desk.run(run.id).state == "queued"
            assert stranger.poll() is None
        finally:
            os.kill(stranger.pid, signal.SIGKILL)
            stranger.wait()
        scene = Scene(desk, tmp_path / "ledger")
        assert scene.leftovers() == [], "the real one was found by its cookie"


def _write(home: Path, statement: str) -> None:
    database = Database.open(default_url(home), home)
    try:
        database.writer.run(lambda tx: tx.conn.exec_driver_sql(statement))
    finally:
        database.close()


@pytest.mark.slow_fault
@pytest.mark.timeout(300)
def test_sixty_four_orphans_that_trap_term_are_ended_together(
    own_home: Path, tmp_path: Path
) -> None:
    up = tmp_path / "up"
    line = f"trap '' TERM; echo >> {up}; sleep 600 & while :; do sleep 0.5; done"
    with Desk.open(own_home) as desk:
        desk.save_settings(desk.settings().model_copy(update={"workers": 64}))
        ids = desk.push_many([ScriptAction(shell=line)] * 64, retry=OFTEN)
        engine = started(own_home)
        wait_for(lambda: up.exists() and up.stat().st_size >= 64, "not all are up")
        engine.kill()
        finish(engine)
        for queue in desk.queues():
            desk.pause_queue(queue.name)
        began = time.monotonic()
        assert command(own_home, "serve", "--until-idle").code == 0
        # One after the other would be five minutes; alone on a machine it is three seconds.
        assert time.monotonic() - began < 40
        assert {(run.state, run.attempt) for run in desk.runs(limit=100)} == {("queued", 1)}
        assert len(ids) == 64
        assert Scene(desk, tmp_path / "ledger").leftovers() == []
