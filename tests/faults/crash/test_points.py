"""Engines that are killed at exact points, one after the other on the same home."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from jobdesk import Desk
from tests.faults.crash.scene import OFTEN, Scene, mortal, up
from tests.support.command import PATIENCE, command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the marks are Linux's")

FEW = (
    "a script was started and nothing of it is noted",
    "orphans were ended",
    "a conclusion is on disk",
)
ALL = (
    "the tables are there",
    "a claim is on disk",
    "a script was started and nothing of it is noted",
    "orphans were found",
    "orphans were ended",
    "a rescue is in its transaction",
    "a rescue is on disk",
    "a conclusion is in its transaction",
    "a conclusion is on disk",
)


def killed_at(home: Path, point: str) -> None:
    engine = mortal(home, point)
    _, said = engine.communicate(timeout=PATIENCE)
    assert engine.returncode == -signal.SIGKILL, said.decode()


def daemon_of(scene: Scene, attempt: int) -> int:
    """The script goes on without its engine until its daemon is there; the daemon's pid."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for _run, number, what, pid in scene.lines():
            if (number, what) == (attempt, "daemon"):
                return pid
        time.sleep(0.01)
    raise AssertionError(f"no daemon; {scene.lines()}")


def survive(home: Path, tmp_path: Path, points: tuple[str, ...], begun: list[int]) -> None:
    """One run, whose attempt that is killed right after its start leaves a daemon, through
    all the points; ``begun`` are the attempts that get as far as to run."""
    sleeping = begun[0]
    with Desk.open(home) as desk:
        scene = Scene(desk, tmp_path / "ledger")
        run = desk.push(scene.action(str(sleeping)), retry=OFTEN)
        for point in points:
            killed_at(home, point)
            if point.startswith("a script was started"):
                daemon = daemon_of(scene, sleeping)
                assert up(daemon)
        assert command(home, "serve", "--until-idle").code == 0
        assert not up(daemon)
        scene.check({run.id})
        assert [number for _, number, what, _ in scene.lines() if what == "begin"] == begun
        interrupted = desk.attempts(run.id)[:-1]
        assert {(a.outcome, a.reason) for a in interrupted} == {("interrupted", "interrupted")}
        # How long it ran, nobody knows who was there to tell.
        assert {a.duration_ms for a in interrupted} == {None}
        seen = desk.interruption()
        assert seen is not None
        assert set(seen.runs) == {run.id}


@pytest.mark.timeout(300)
def test_killed_at_the_worst_points(own_home: Path, tmp_path: Path) -> None:
    survive(own_home, tmp_path, FEW, begun=[1, 2])


@pytest.mark.slow_fault
@pytest.mark.timeout(600)
def test_killed_at_every_point(own_home: Path, tmp_path: Path) -> None:
    survive(own_home, tmp_path, ALL, begun=[2, 3, 4])
