"""A home made for a benchmark is one that the product itself might have left."""

from __future__ import annotations

from pathlib import Path

from benchmarks.homes import make_home
from jobdesk import Desk
from jobdesk.domain.run import RunState


def test_its_runs_can_be_read_and_counted(tmp_path: Path) -> None:
    with Desk.open(make_home(tmp_path, finished=900, retrying=30, queued=20)) as desk:
        runs = desk.runs(limit=2_000)
        sums = desk.overview()
    assert [run.id for run in runs] == list(range(950, 0, -1))
    assert all(run.readable for run in runs)
    assert (sums.retrying, sums.queued, sums.jobs) == (30, 20, 5)
    assert {run.state for run in runs} >= {RunState.SUCCEEDED, RunState.DEAD, RunState.RETRYING}
    assert all(run.available_at > run.created_at for run in runs if run.state == "retrying")
