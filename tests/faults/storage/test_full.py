"""A real engine on a real disk that is full to the last byte."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from jobdesk import Desk, Every, RetryPolicy, ScriptAction
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.retry import FixedBackoff
from jobdesk.domain.run import RunState
from tests.cli.conftest import Cli, cli
from tests.faults.storage.disks import Gated, SmallDisk, until
from tests.support.command import command, finish, serving, started

__all__ = ["cli"]

FULL = "the disk is full; nothing was stored"
TRUE = ScriptAction([sys.executable, "-I", "-S", "-c", ""])


def in_trouble(desk: Desk) -> bool:
    health = desk.engine_health()
    return health is not None and health.trouble is not None


def well(desk: Desk) -> bool:
    health = desk.engine_health()
    return health is not None and health.trouble is None


def test_it_is_waited_out(
    disk: SmallDisk, home: Path, gated: Gated, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Desk.open(home) as desk, serving(home):
        desk.add_job("tick", TRUE, trigger=Every("1s"))
        run = desk.push(gated.action)
        until(lambda: gated.times, "the script runs")
        disk.fill(home / "jobdesk.db")
        gated.let_go()
        until(lambda: in_trouble(desk), "the engine says that it is in trouble")

        # No yes that isn't true, and what can be read is read.
        refused = command(home, "push", "--", "true")
        assert (refused.code, refused.out) == (4, b"")
        assert FULL in refused.err
        with pytest.raises(Unavailable, match=FULL):
            desk.push(TRUE)
        with Desk.open(home) as fresh:
            assert fresh.run(run.id).state is RunState.RUNNING
        monkeypatch.setenv("JOBDESK_HOME", str(home))
        doctor = cli("doctor", "--json")
        checks = {check["name"]: check for check in doctor.json["checks"]}
        assert doctor.code == 4
        assert FULL in checks["storage"]["found"]
        assert checks["home"]["state"] == "problem"

        disk.make_room()
        ended = desk.wait(run.id, timeout=30)
        assert ended.state is RunState.SUCCEEDED
        assert [attempt.outcome for attempt in desk.attempts(run.id)] == ["succeeded"]
        until(lambda: well(desk), "the trouble is over")
        last = desk.push(TRUE)
        assert desk.wait(last.id, timeout=30).state is RunState.SUCCEEDED
        until(
            lambda: (desk.job("tick").last_run or last).created_at > last.created_at,
            "the timetable goes on",
        )
    assert gated.times == 1, "what had ended was not run again"
    said = (home / "engine.log").read_text()
    told = [line.partition(" WARNING ")[2] for line in said.splitlines() if " WARNING " in line]
    causes = [line.partition("jobdesk.")[2] for line in told]
    assert FULL in said
    assert sorted(causes) == sorted(set(causes)), "each cause was said once"
    assert "ERROR" not in said


def test_every_yes_is_true_while_the_disk_fills(disk: SmallDisk, home: Path) -> None:
    """Pushed until the very moment in which there is no more room, and again afterwards."""
    action = ScriptAction(["true", "x" * 20_000])
    accepted: list[int] = []
    with Desk.open(home) as desk:
        first = desk.push(TRUE, queue="later").id
        disk.fill(home / "jobdesk.db")
        disk.make_room()
        with (disk.root / "most").open("wb") as file:
            file.write(b"x" * 20 * 1024 * 1024)
        refusals = 0
        while refusals < 20:
            assert len(accepted) < 5000, "the disk never filled"
            try:
                accepted.append(desk.push(action, queue="later").id)
            except Unavailable:
                refusals += 1
        there = {run.id for run in desk.runs(limit=10_000)} - {first}
        assert there == set(accepted)
        (disk.root / "most").unlink()
        accepted.append(desk.push(action, queue="later").id)
    with Desk.open(home) as again:
        there = {run.id for run in again.runs(limit=10_000)} - {first}
        assert there == set(accepted)
        assert again.check_database() is None


@pytest.mark.slow_fault
def test_a_stop_while_it_is_full(disk: SmallDisk, home: Path, gated: Gated, tmp_path: Path) -> None:
    """It ends in time; what couldn't be stored is rescued, counted, and said to be so."""
    grace = 0.5
    other = Gated(tmp_path / "other")
    with Desk.open(home) as desk:
        desk.save_settings(desk.settings().model_copy(update={"stop_grace": grace}))
        engine = started(home)
        at_once = RetryPolicy(retries=2, backoff=FixedBackoff(seconds=0))
        ended = desk.push(gated.action, retry=at_once)
        running = desk.push(other.action, retry=at_once)
        until(lambda: gated.times and other.times, "the scripts run")
        disk.fill(home / "jobdesk.db")
        gated.let_go()
        until(lambda: in_trouble(desk), "the engine says that it is in trouble")
        began = time.monotonic()
        engine.send_signal(signal.SIGTERM)
        assert finish(engine).code == 0
        assert time.monotonic() - began < grace + 5
        assert {desk.run(run.id).state for run in (ended, running)} == {RunState.RUNNING}

        refused = command(home, "serve")
        assert refused.code == 4
        assert "jobdesk: " in refused.err
        disk.make_room()
        other.let_go()
        assert command(home, "serve", "--until-idle").code == 0
        for run in (ended, running):
            attempts = desk.attempts(run.id)
            assert [one.outcome for one in attempts] == ["interrupted", "succeeded"]
            assert desk.run(run.id).uncounted == 0
    assert (gated.times, other.times) == (2, 2)
