from __future__ import annotations

from datetime import timedelta

import pytest

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.errors import NotFound
from jobdesk.domain.run import RunState
from jobdesk.store import jobs, runs, schema
from jobdesk.store.runs import RunFilter
from tests.support.clock import START, ManualClock
from tests.support.samples import FAILURE, NO_RETRY
from tests.support.work import Work


def listed(work: Work, which: RunFilter | None = None, **options: int) -> list[int]:
    return [run.id for run in work.read(runs.page, which or RunFilter(), **options)]


@pytest.mark.parametrize("run_id", [0, -1, 7, 2**63, 2**200])
def test_no_such_run(work: Work, run_id: int) -> None:
    with pytest.raises(NotFound, match=f"no such run: {run_id}"):
        work.run(run_id)


def test_many_are_found_in_the_order_they_are_asked_for(work: Work) -> None:
    ids = [work.push() for _ in range(3)]
    found = work.read(runs.get_many, [ids[2], 99, ids[0], -4])
    assert [run.id for run in found] == [ids[2], ids[0]]


def test_pages_by_key(work: Work) -> None:
    ids = [work.push() for _ in range(7)]
    newest = ids[::-1]
    assert listed(work, limit=3) == newest[:3]
    assert listed(work, before=newest[2], limit=3) == newest[3:6]
    assert listed(work, before=newest[5], limit=3) == newest[6:]
    assert listed(work, before=newest[6], limit=3) == []
    assert listed(work, after=newest[3], limit=2) == newest[1:3], "the nearest above"
    assert listed(work, after=newest[0], limit=3) == []


def test_filters(work: Work, clock: ManualClock) -> None:
    first = work.push(retry=NO_RETRY, queue="a")
    work.finish(FAILURE)
    clock.advance(60)
    second = work.push(queue="b", action=ScriptAction(["100%_sure"]))
    third = work.push(delay=60, queue="b")
    assert listed(work, RunFilter(states=frozenset({RunState.DEAD}))) == [first]
    both = frozenset({RunState.DEAD, RunState.SCHEDULED})
    assert listed(work, RunFilter(states=both)) == [third, first]
    assert listed(work, RunFilter(queue="b")) == [third, second]
    assert listed(work, RunFilter(text="EXIT code")) == [first]
    assert listed(work, RunFilter(text="100%_S")) == [second]
    assert listed(work, RunFilter(text="1000")) == [], "% and _ are letters"
    assert listed(work, RunFilter(attention=True)) == [first]
    assert listed(work, RunFilter(since=clock.now())) == [third, second]
    assert listed(work, RunFilter(until=clock.now())) == [first]
    assert listed(work, RunFilter(since=START, until=clock.now(), queue="b")) == []
    work.replay(first)
    assert listed(work, RunFilter(attention=True)) == []


def test_a_jobs_runs_are_found_under_its_name_of_now(work: Work) -> None:
    job = work.add_job("old")
    first = work.run_job(job)
    work.change_job("old", job.spec.model_copy(update={"name": "new"}))
    work.push()
    assert listed(work, RunFilter(job="new")) == [first]
    assert listed(work, RunFilter(job="old")) == []


def test_a_removed_jobs_runs_are_found_but_not_mixed_up_with_a_new_ones(work: Work) -> None:
    first = work.run_job(work.add_job())
    work.write(lambda tx: jobs.remove(tx, "report"))
    assert listed(work, RunFilter(job="report")) == [first]
    second = work.run_job(work.add_job())
    assert listed(work, RunFilter(job="report")) == [second, first]


def test_counting_stops(work: Work) -> None:
    for _ in range(5):
        work.push()
    assert work.read(runs.count, RunFilter()) == 5
    assert work.read(runs.count, RunFilter(), most=3) == 3
    assert work.read(runs.count, RunFilter(queue="none")) == 0


def test_by_key(work: Work) -> None:
    run = work.push(key="k")
    found = work.read(runs.by_key, "k")
    assert found is not None
    assert found.id == run
    assert work.read(runs.by_key, "l") is None


def test_the_charts_numbers(work: Work, clock: ManualClock) -> None:
    work.push(retry=NO_RETRY)
    work.push()
    work.push()
    first, second = work.claim(2)
    clock.advance(2)
    work.conclude(first, FAILURE)
    clock.advance(1)
    work.conclude(second)
    end = clock.now() + timedelta(seconds=1)
    width = timedelta(seconds=1)
    assert work.read(runs.finished_counts, START, end, width) == {
        (3, RunState.SUCCEEDED): 1,
        (2, RunState.DEAD): 1,
    }
    minute = timedelta(minutes=1)
    assert work.read(runs.finished_counts, START, clock.now(), minute) == {(0, RunState.DEAD): 1}


def test_a_busy_day_is_counted_to_its_end(work: Work, clock: ManualClock) -> None:
    """As many as no list of them would hold."""
    work.push()
    work.finish()
    columns = ", ".join(column.name for column in schema.runs.c if column.name != "id")
    work.write(
        lambda tx: tx.conn.exec_driver_sql(
            f"INSERT INTO runs ({columns}) WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)"
            f" SELECT {columns} FROM n, runs WHERE state = 'succeeded'"
        )
    )
    clock.advance(3600)
    counted = work.read(runs.finished_counts, START, clock.now(), timedelta(hours=1))
    assert counted == {(0, RunState.SUCCEEDED): 25_001}
