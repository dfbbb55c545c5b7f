from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from jobdesk.domain.catchup import MOST_SHOWN, CatchUp
from jobdesk.domain.errors import InvalidInput, NotFound, Unavailable
from jobdesk.domain.job import Job, Overlap
from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import Origin, Run, RunState
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.store import jobs
from jobdesk.store.rows import Unreadable
from tests.support.clock import START, ManualClock
from tests.support.samples import TRUE, a_job
from tests.support.work import Work

HOUR = 3600
HOURLY = Every("1h")
YEAR = 365 * 86_400


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_a_job_is_read_as_it_was_written(work: Work) -> None:
    made = work.add_job(trigger=HOURLY, queue="nightly", priority=3, timeout=5)
    assert made == work.job()
    assert made.spec == a_job(trigger=HOURLY, queue="nightly", priority=3, timeout=5)
    assert (made.anchor_at, made.last_due_at, made.next_due_at) == (START, None, at(1))


def test_a_name_is_taken_once(work: Work) -> None:
    work.add_job()
    with pytest.raises(InvalidInput, match="name: 'report' is not accepted"):
        work.add_job()
    work.add_job("other")
    with pytest.raises(InvalidInput, match="a name that no other job has"):
        work.change_job("other", a_job("report"))
    assert work.change_job("other", a_job("other", priority=4)).spec.priority == 4


def test_a_fire_makes_one_run_however_often_it_is_called(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY)
    clock.advance(HOUR)
    (run,) = work.fire(job)
    assert (run.origin, run.due_at, run.state) == (Origin.TRIGGER, at(1), RunState.QUEUED)
    assert (run.job_id, run.job, run.title) == (job.id, "report", "report")
    assert work.fire(job) == []
    clock.advance(1)
    assert work.fire(job) == []
    job = work.job()
    assert (job.last_due_at, job.next_due_at) == (at(1), at(2))
    assert job.last_run is not None
    assert job.last_run.id == run.id


def test_a_row_that_is_behind_its_runs_makes_none_twice(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY)
    clock.advance(HOUR)
    work.fire(job)
    work.sql("UPDATE jobs SET last_due_at = NULL")
    assert work.fire(job) == []
    assert len(work.runs()) == 1


def states(work: Work) -> list[RunState]:
    return [run.state for run in reversed(work.runs())]


def fire_twice(work: Work, clock: ManualClock, overlap: Overlap) -> Job:
    job = work.add_job(trigger=HOURLY, overlap=overlap)
    for _ in range(2):
        clock.advance(HOUR)
        work.fire(job)
    return job


def test_overlap_skip(work: Work, clock: ManualClock) -> None:
    fire_twice(work, clock, Overlap.SKIP)
    second, first = work.runs()
    assert (first.state, second.state) == (RunState.QUEUED, RunState.SKIPPED)
    assert (second.reason, second.error) == (
        Reason.OVERLAP,
        f"run {first.id} of this job was not finished",
    )
    assert second.finished_at == clock.now()


def test_overlap_skip_counts_a_retry_that_waits(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY, overlap=Overlap.SKIP)
    clock.advance(HOUR)
    work.fire(job)
    work.sql("UPDATE runs SET state = 'retrying'")
    clock.advance(HOUR)
    assert [run.state for run in work.fire(job)] == [RunState.SKIPPED]


def test_overlap_queue(work: Work, clock: ManualClock) -> None:
    fire_twice(work, clock, Overlap.QUEUE)
    assert states(work) == [RunState.QUEUED, RunState.QUEUED]
    assert len(work.claim(5)) == 1


def test_overlap_parallel(work: Work, clock: ManualClock) -> None:
    fire_twice(work, clock, Overlap.PARALLEL)
    assert len(work.claim(5)) == 2


def test_overlap_replace_cancels_what_waits(work: Work, clock: ManualClock) -> None:
    fire_twice(work, clock, Overlap.REPLACE)
    assert states(work) == [RunState.CANCELLED, RunState.QUEUED]


def test_overlap_replace_asks_what_runs_to_end(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY, overlap=Overlap.REPLACE)
    clock.advance(HOUR)
    work.fire(job)
    (claim,) = work.claim()
    clock.advance(HOUR)
    (new,) = work.fire(job)
    assert work.run(claim.run.id).cancel_requested
    assert work.claim(5) == [], "the new one waits for the end of the old one"
    work.conclude(claim)
    assert work.claimed_ids(5) == [new.id]


def test_replace_does_not_replace_for_a_fire_that_was_before(
    work: Work, clock: ManualClock
) -> None:
    job = work.add_job(trigger=HOURLY, overlap=Overlap.REPLACE)
    clock.advance(HOUR)
    (run,) = work.fire(job)
    clock.jump(-60)
    work.fire(job)
    clock.advance(60)
    assert work.fire(job) == []
    assert work.run(run.id).state is RunState.QUEUED


def test_missed_fires_are_shown(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY, overlap=Overlap.PARALLEL)
    clock.advance(3.5 * HOUR)
    made = work.fire(job)
    assert [(run.due_at, run.state) for run in made] == [
        (at(1), RunState.SKIPPED),
        (at(2), RunState.SKIPPED),
        (at(3), RunState.QUEUED),
    ]
    assert made[0].reason is Reason.MISFIRE
    assert work.job().last_due_at == at(3)


def test_all_missed_fires_are_caught_up(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=Every("1s"), catch_up=CatchUp.ALL)
    clock.advance(5000)
    made = work.fire(job, tolerance=0)
    assert sum(run.state is RunState.QUEUED for run in made) == 1000
    assert sum(run.state is RunState.SKIPPED for run in made) == 11
    assert made[-1].due_at == clock.now()


def test_a_disabled_job_does_not_fire_and_forgets_what_passed(
    work: Work, clock: ManualClock
) -> None:
    job = work.add_job(trigger=HOURLY, catch_up=CatchUp.ALL)
    off = work.change_job("report", job.spec.model_copy(update={"enabled": False}))
    assert off.next_due_at is None
    clock.advance(10.5 * HOUR)
    assert work.fire(job) == []
    assert work.read(jobs.enabled) == []
    on = work.change_job("report", job.spec)
    assert (on.next_due_at, on.anchor_at) == (at(11), START)
    assert work.fire(job) == []
    clock.advance(0.5 * HOUR)
    assert [run.due_at for run in work.fire(job)] == [at(11)]


def test_a_new_trigger_counts_anew(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY)
    clock.advance(1.5 * HOUR)
    changed = work.change_job("report", job.spec.model_copy(update={"trigger": Every("2h")}))
    assert (changed.anchor_at, changed.next_due_at) == (at(1.5), at(3.5))
    assert work.fire(job) == []


def test_another_change_leaves_the_clock_alone(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY)
    clock.advance(0.5 * HOUR)
    changed = work.change_job("report", job.spec.model_copy(update={"name": "weekly"}))
    assert (changed.id, changed.anchor_at, changed.next_due_at) == (job.id, START, at(1))


def test_a_clock_set_back_a_year_does_not_silence_a_job(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY)
    clock.advance(HOUR)
    work.fire(job)
    clock.jump(-YEAR)
    assert work.fire(job) == []
    job = work.job()
    assert job.last_due_at == clock.now()
    assert job.next_due_at is not None
    assert job.next_due_at > clock.now()


def test_a_cron_job_goes_on_after_the_clock_was_set_back(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=Cron("0 * * * *", tz="UTC"))
    clock.advance(HOUR)
    work.fire(job)
    clock.jump(-YEAR)
    work.fire(job)
    clock.advance(HOUR)
    assert [run.due_at for run in work.fire(job)] == [clock.now()]


def test_once_is_once(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=At(at(1)))
    clock.advance(2 * HOUR)
    assert [run.due_at for run in work.fire(job)] == [at(1)]
    assert work.job().next_due_at is None
    clock.advance(HOUR)
    assert work.fire(job) == []


def test_by_hand_only(work: Work, clock: ManualClock) -> None:
    job = work.add_job()
    clock.advance(YEAR)
    assert work.fire(job) == []
    assert work.job().next_due_at is None


def test_a_removed_job_leaves_its_runs(work: Work) -> None:
    job = work.add_job()
    run = work.run_job(job)
    work.write(lambda tx: jobs.remove(tx, "report"))
    left = work.run(run)
    assert (left.job, left.job_id, left.state) == ("report", None, RunState.QUEUED)
    assert work.finish().state is RunState.SUCCEEDED
    with pytest.raises(NotFound, match="no such job: 'report'"):
        work.job()
    with pytest.raises(NotFound):
        work.write(lambda tx: jobs.remove(tx, "report"))


def test_the_newest_run_of_a_job_is_not_a_skipped_one(work: Work, clock: ManualClock) -> None:
    fire_twice(work, clock, Overlap.SKIP)
    last = work.job().last_run
    assert last is not None
    assert last.state is RunState.QUEUED


@pytest.mark.parametrize("spec", ["{", "[]", '{"name": "x", "action": {"type": "dance"}}'])
def test_a_job_that_cannot_be_read_is_set_aside(work: Work, clock: ManualClock, spec: str) -> None:
    work.add_job("bad", trigger=HOURLY)
    good = work.add_job("good", trigger=HOURLY)
    work.sql(f"UPDATE jobs SET spec = '{spec}' WHERE name = 'bad'".replace(":", r"\:"))
    first, second = work.read(jobs.all_jobs)
    assert isinstance(first, Unreadable)
    assert (first.name, first.table) == ("bad", "jobs")
    assert first.problem
    assert second.name == "good"
    with pytest.raises(Unavailable, match="'bad' can't be read and was set aside"):
        work.job("bad")
    clock.advance(HOUR)
    assert len(work.fire(good)) == 1
    work.write(lambda tx: jobs.fire(tx, first.id, clock.now(), timedelta(0)))
    assert len(work.runs()) == 1
    work.write(lambda tx: jobs.remove(tx, "bad"))
    assert len(work.read(jobs.all_jobs)) == 1


def test_a_run_is_a_snapshot(work: Work) -> None:
    job = work.add_job(priority=2)
    run = work.run_job(job)
    work.change_job("report", job.spec.model_copy(update={"priority": 9}))
    assert work.run(run).priority == 2
    assert work.run(run).action == TRUE


# -- a clock that was set back


DAY = 86_400


def catch(work: Work, clock: ManualClock, hours: int, job: Job) -> list[Run]:
    """An hour at a time, as the timetable goes; the runs it made."""
    made = []
    for _ in range(hours):
        clock.advance(HOUR)
        made += work.fire(job)
    return made


def test_times_that_happen_anew_are_fired_for_anew(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=Cron("0 * * * *", tz="UTC"), overlap=Overlap.PARALLEL)
    first = catch(work, clock, 30, job)
    clock.jump(-DAY)
    assert work.fire(job) == []
    second = catch(work, clock, 30, job)
    assert len(first) == len(second) == 30
    assert RunState.SKIPPED not in {run.state for run in second}
    apart = [b.due_at - a.due_at for a, b in zip(first[6:], second, strict=False)]
    assert apart == [timedelta(microseconds=1)] * 24
    assert second[-1].due_at == clock.now(), "beyond, all is as ever"
    clock.jump(-DAY)
    work.fire(job)
    assert len(catch(work, clock, 24, job)) == 24, "a third time"


def test_a_detour_of_the_clock_is_not_made_up_for(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=HOURLY, catch_up=CatchUp.ALL)
    catch(work, clock, 5, job)
    work.sql("DELETE FROM runs")  # as after a long time
    clock.jump(-YEAR)
    work.fire(job)
    assert len(catch(work, clock, 2, job)) == 2
    clock.jump(YEAR + HOUR)
    assert [run.due_at for run in work.fire(job)] == [at(6), at(7), at(8)]


@pytest.mark.parametrize(
    ("trigger", "back", "again"),
    [
        (Cron("0 12 * * *", tz="UTC"), 2 * HOUR, False),
        (Cron("0 12 * * *", tz="UTC"), 4 * HOUR, True),
        (Every("1h"), 0.9 * HOUR, False),
        (Every("1h"), 1.1 * HOUR, True),
    ],
)
def test_a_small_correction_fires_nothing_twice(
    work: Work, clock: ManualClock, trigger: Cron | Every, back: float, again: bool
) -> None:
    job = work.add_job(trigger=trigger)
    clock.advance(DAY)
    first = work.fire(job)[-1]
    clock.jump(-back)
    assert work.fire(job) == []
    shown = work.job().next_due_at
    assert shown is not None
    clock.advance((first.due_at - clock.now()).total_seconds())
    twice = [run.due_at for run in work.fire(job) if run.due_at - first.due_at < timedelta(1)]
    assert (first.due_at + timedelta(microseconds=1) in twice) is again
    assert (shown <= first.due_at) is again, "and it is said so"


@pytest.mark.parametrize("trigger", [Every("1h"), Cron("0 * * * *", tz="UTC")])
def test_a_job_of_the_future_fires_in_the_present(
    work: Work, clock: ManualClock, trigger: Every | Cron
) -> None:
    """It was set up while the clock was a year ahead, and never fired."""
    job = work.add_job(trigger=trigger)
    clock.jump(-YEAR)
    assert work.fire(job) == []
    due = work.job().next_due_at
    assert due is not None
    assert clock.now() < due <= clock.now() + timedelta(hours=1)
    clock.advance(HOUR)
    assert [run.due_at for run in work.fire(work.job())] == [due]


def test_once_is_once_whatever_the_clock_does(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=At(at(1)))
    clock.advance(2 * HOUR)
    assert len(work.fire(job)) == 1
    clock.jump(-YEAR)
    work.fire(job)
    clock.jump(YEAR)
    assert work.fire(job) == []


# -- no floods


def test_a_job_that_is_in_its_own_way_all_day_is_summed_up(work: Work, clock: ManualClock) -> None:
    job = work.add_job(trigger=Every("1s"), overlap=Overlap.SKIP)
    clock.advance(1)
    (first,) = work.fire(job)
    (claim,) = work.claim()
    for _ in range(60):
        clock.advance(1)
        work.fire(job)
    skipped = [run for run in work.runs() if run.state is RunState.SKIPPED]
    assert len(skipped) == MOST_SHOWN + 1
    newest = skipped[0]
    assert newest.error == (
        f"50 fire times up to here: run {first.id} of this job was not finished"
    )
    assert newest.due_at == newest.finished_at == clock.now()
    assert {run.error for run in skipped[1:]} == {f"run {first.id} of this job was not finished"}
    work.conclude(claim)
    clock.advance(1)
    assert [run.state for run in work.fire(job)] == [RunState.QUEUED]
    clock.advance(1)
    assert len(work.fire(job)) == 1, "the next one in the way is shown by itself"


@pytest.mark.parametrize("overlap", [Overlap.QUEUE, Overlap.PARALLEL])
def test_a_backlog_of_one_job_is_bounded(
    work: Work, clock: ManualClock, overlap: Overlap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 20)  # 1,000 in truth, and slower
    job = work.add_job(trigger=Every("1s"), overlap=overlap, catch_up=CatchUp.ALL)
    clock.advance(20)
    assert len(work.fire(job, tolerance=0)) == 20
    for _ in range(5):
        clock.advance(1)
        work.fire(job)
    counts = Counter(run.state for run in work.runs())
    assert counts == {RunState.QUEUED: 20, RunState.SKIPPED: 1}
    (sum_of_all,) = [run for run in work.runs() if run.state is RunState.SKIPPED]
    assert sum_of_all.reason is Reason.OVERLAP
    assert sum_of_all.error == "5 fire times up to here: 20 runs of this job were waiting already"
    assert len(work.claim(1)) == 1
    clock.advance(1)
    assert [run.state for run in work.fire(job)] == [RunState.QUEUED], "there is room again"
