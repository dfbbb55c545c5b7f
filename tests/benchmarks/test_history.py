"""A made past is one that the program takes for its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.history import Histories, Shape, queue_up
from jobdesk import Desk
from jobdesk.domain.run import RunState
from jobdesk.store.runs import RunFilter


def test_the_desk_reads_a_made_past(tmp_path: Path) -> None:
    home = Histories(tmp_path / "made").copy(Shape(400, scheduled=3, queued=2), tmp_path / "home")
    with Desk.open(home) as desk:
        assert desk.check_database() is None
        overview = desk.overview()
        assert (overview.queued, overview.scheduled, overview.running) == (2, 3, 0)
        everything = desk.runs(limit=1_000)
        assert [run.id for run in everything] == list(range(405, 0, -1))
        assert all(run.readable for run in everything)
        assert desk.count_runs(RunFilter(states=frozenset({RunState.SUCCEEDED}))) == 380
        assert overview.dead == 2
        finished = desk.run(7)
        (attempt,) = desk.attempts(7)
        assert (finished.state, attempt.reason) == (RunState.DEAD, finished.reason)
        assert attempt.started_at == finished.started_at
        log = b"".join(chunk.data for chunk in desk.log(7))
        assert log.startswith(b"run 7 looked at 7 things")
        assert desk.push(everything[0].action).id == 406


def test_retrying_runs_count_down(tmp_path: Path) -> None:
    with Desk.open(Histories(tmp_path).pristine(Shape(0, queued=2, retrying=30))) as desk:
        runs = desk.runs(RunFilter(states=frozenset({RunState.RETRYING})))
        assert (desk.overview().retrying, desk.overview().queued) == (30, 2)
        assert len(desk.attempts(runs[0].id)) == 1
    assert all(run.available_at > run.created_at for run in runs)
    assert all(run.readable for run in runs)


def test_more_can_be_queued_up(tmp_path: Path) -> None:
    home = Histories(tmp_path / "made").copy(Shape(3), tmp_path / "home")
    queue_up(home, 5)
    with Desk.open(home) as desk:
        queued = desk.runs(RunFilter(states=frozenset({RunState.QUEUED})))
        newest = queued[0].id
        assert [run.id for run in queued] == list(range(newest, newest - 6, -1))
        assert all(run.readable for run in queued)
        assert desk.push(queued[0].action).id == newest + 1


def test_a_past_is_made_once(tmp_path: Path) -> None:
    made = Histories(tmp_path)
    home = made.pristine(Shape(10))
    before = (home / "jobdesk.db").stat().st_mtime_ns
    assert made.pristine(Shape(10)) == home
    assert (home / "jobdesk.db").stat().st_mtime_ns == before
