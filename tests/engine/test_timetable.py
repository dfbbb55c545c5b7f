from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobdesk.clock import SystemClock
from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.run import RunState
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.engine import timetable as timetable_module
from jobdesk.engine.timetable import JobTrigger, Timetable
from jobdesk.store import jobs
from tests.support.clock import START, ManualClock
from tests.support.work import Work

HOURLY = Every("1h")


@pytest.fixture
def clock() -> ManualClock:
    """APScheduler reads the real clock, so these tests begin now."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def timetable(work: Work) -> Iterator[Timetable]:
    timetable = Timetable(work.db, work.clock)
    yield timetable
    timetable.stop()


def entries(work: Work) -> dict[str, float]:
    """What APScheduler's table says: id and next fire."""
    with work.db.reading() as conn:
        rows = conn.exec_driver_sql("SELECT id, next_run_time FROM apscheduler_jobs")
        return {row.id: row.next_run_time for row in rows}


def trigger_of(trigger: At | Every | Cron, anchor: datetime = START) -> JobTrigger:
    return JobTrigger(trigger.model_dump_json(), anchor)


@pytest.mark.parametrize("trigger", [At(START), HOURLY, Cron("0 7 * * *", tz="Europe/Berlin")])
def test_a_trigger_survives_pickling(trigger: At | Every | Cron) -> None:
    made = trigger_of(trigger)
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert hash(again) == hash(made)
    assert again != trigger_of(trigger, START + timedelta(seconds=1))
    before = START - timedelta(hours=3)
    assert again.get_next_fire_time(None, before) == made.get_next_fire_time(None, before)


@pytest.mark.parametrize("trigger", [Every("1s"), Cron("* * * * * *", tz="UTC")])
def test_a_trigger_never_walks_the_past(trigger: Every | Cron) -> None:
    made, now = trigger_of(trigger), START + timedelta(days=300)
    fire = made.get_next_fire_time(START, now)
    assert fire is not None
    assert now - timedelta(seconds=1) <= fire <= now + timedelta(seconds=1)
    steps = 0
    while fire is not None and fire <= now:
        fire, steps = made.get_next_fire_time(fire, now), steps + 1
    assert steps <= 3


def test_entries_follow_the_jobs(work: Work, timetable: Timetable) -> None:
    first = work.add_job("first", trigger=HOURLY)
    work.add_job("by hand")
    work.add_job("off", trigger=HOURLY, enabled=False)
    work.add_job("over", trigger=At(work.clock.now() - timedelta(days=1)))
    timetable.start()
    start = work.clock.now().timestamp()
    assert entries(work) == {str(first.id): pytest.approx(start + 3600)}

    work.change_job("first", first.spec.model_copy(update={"trigger": Every("2h")}))
    second = work.add_job("second", trigger=HOURLY)
    timetable.reconcile()
    assert entries(work) == {
        str(first.id): pytest.approx(start + 7200),
        str(second.id): pytest.approx(start + 3600),
    }

    work.write(lambda tx: jobs.remove(tx, "first"))
    timetable.reconcile()
    assert list(entries(work)) == [str(second.id)]


def test_an_unreadable_job_is_set_aside(
    work: Work, timetable: Timetable, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = (work.add_job(name, trigger=HOURLY) for name in ("bad", "good"))
    work.sql(f"UPDATE jobs SET spec = '[]' WHERE id = {bad.id}")
    timetable.start()
    assert list(entries(work)) == [str(good.id)]
    assert "job 'bad' is set aside" in caplog.text


def test_entries_that_nobody_can_read_are_made_anew(work: Work, timetable: Timetable) -> None:
    job = work.add_job(trigger=HOURLY)
    timetable.start()
    timetable.stop()
    work.sql("UPDATE apscheduler_jobs SET job_state = x'00'")
    timetable.start()
    assert list(entries(work)) == [str(job.id)]


def test_what_was_missed_is_made_up_for_at_the_start(
    work: Work, clock: ManualClock, timetable: Timetable
) -> None:
    clock.jump(-5.5 * 3600)
    for policy in CatchUp:
        work.add_job(policy, trigger=HOURLY, catch_up=policy)
    clock.jump(5.5 * 3600)
    timetable.start()
    found = {policy: [run.state for run in work.runs() if run.job == policy] for policy in CatchUp}
    assert found[CatchUp.SKIP] == [RunState.SKIPPED] * 5
    assert found[CatchUp.LATEST] == [RunState.QUEUED] + [RunState.SKIPPED] * 4
    assert found[CatchUp.ALL] == [RunState.QUEUED] * 5


def test_a_thousand_jobs_are_caught_up_in_no_time(work: Work, timetable: Timetable) -> None:
    from tests.support.samples import a_job

    spec = a_job(trigger=HOURLY)
    now = work.clock.now()
    work.write(
        lambda tx: [
            jobs.add(tx, spec.model_copy(update={"name": f"j{n}"}), now - timedelta(hours=2))
            for n in range(300)
        ]
    )
    before = time.perf_counter()
    timetable.catch_up(timedelta(0))
    assert time.perf_counter() - before < 10
    assert sum(run.state is RunState.QUEUED for run in work.runs()) == 300


def test_it_fires(work: Work) -> None:
    timetable = Timetable(work.db, SystemClock())
    fired = threading.Event()
    work.add_job(trigger=At(datetime.now(UTC) + timedelta(seconds=0.5)))
    timetable.start()
    work.db.changes._listeners.append(lambda topics: fired.set() if "runs" in topics else None)
    assert fired.wait(20)
    timetable.stop()
    (run,) = work.runs()
    assert 0 <= (run.created_at - run.due_at).total_seconds() < 60
    assert entries(work) == {}


def test_a_clock_that_jumped(work: Work, clock: ManualClock, timetable: Timetable) -> None:
    job = work.add_job(trigger=HOURLY)
    timetable.start()
    clock.jump(-30 * 86_400)
    timetable.clock_jumped()
    assert work.runs() == []
    assert entries(work)[str(job.id)] <= clock.now().timestamp() + 3600, "not in a month"
    clock.jump(30 * 86_400 + 3 * 3600 + 60)
    timetable.clock_jumped()
    assert work.runs()[0].state is RunState.QUEUED
    deadline = time.monotonic() + 20
    while entries(work)[str(job.id)] <= clock.now().timestamp():  # the late one fires in vain
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(work.runs()) == 3


def test_a_reconcile_does_not_put_off_what_is_due_now(
    work: Work, clock: ManualClock, timetable: Timetable
) -> None:
    """Between the due moment and APScheduler's look at it."""
    work.add_job(trigger=HOURLY, catch_up=CatchUp.SKIP)
    timetable.start()
    fired = threading.Event()
    work.db.changes._listeners.append(lambda topics: fired.set() if "runs" in topics else None)
    clock.advance(3601)  # APScheduler's thread sleeps by another clock: it has not looked yet
    timetable.reconcile()
    assert fired.wait(20)
    assert [run.state for run in work.runs()] == [RunState.QUEUED]


def test_only_a_change_of_jobs_is_reason_enough_to_read_them_all(
    work: Work, clock: ManualClock, timetable: Timetable, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = work.add_job(trigger=HOURLY)
    timetable.start()
    looks: list[int] = []
    real = timetable._wanted
    monkeypatch.setattr(timetable, "_wanted", lambda: looks.append(1) or real())  # type: ignore[func-returns-value]
    work.push()
    work.fire(job)
    timetable.reconcile(anyway=False)
    assert looks == []
    clock.jump(-5)
    work.change_job("report", job.spec.model_copy(update={"trigger": Every("2h")}))
    timetable.reconcile(anyway=False)
    assert looks == [1]
    work.add_job("second", trigger=HOURLY)
    timetable.reconcile(anyway=False)
    work.write(lambda tx: jobs.remove(tx, "second"))
    timetable.reconcile(anyway=False)
    assert looks == [1] * 3
    assert list(entries(work)) == [str(job.id)]


def test_trouble_of_its_store_does_not_end_the_clock(
    work: Work, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(timetable_module, "_AFTER_TROUBLE", 0.05)
    timetable = Timetable(work.db, SystemClock())
    timetable.start()
    scheduler = timetable._scheduler
    assert scheduler is not None
    store = scheduler._jobstores["default"]
    real, failed = store.get_next_run_time, threading.Event()

    def fails_once() -> object:
        if not failed.is_set():
            failed.set()
            raise OSError("the disk is full")
        return real()

    monkeypatch.setattr(store, "get_next_run_time", fails_once)
    fired = threading.Event()
    work.db.changes._listeners.append(lambda topics: fired.set() if "runs" in topics else None)
    work.add_job(trigger=At(datetime.now(UTC) + timedelta(seconds=0.6)))
    timetable.reconcile()
    assert fired.wait(20)
    timetable.stop()
    assert "the timetable is in trouble" in caplog.text
