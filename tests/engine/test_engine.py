from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobdesk.clock import SystemClock
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.trigger import Every
from jobdesk.engine.engine import Engine
from jobdesk.store import preferences
from jobdesk.store.changes import STOP
from jobdesk.store.database import Database, default_url
from jobdesk.store.lock import EngineLock, holder
from tests.support.clock import ManualClock
from tests.support.samples import NO_RETRY
from tests.support.work import Work

PATIENCE = 20.0
SLEEP = ScriptAction([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"])
TRUE = ScriptAction([sys.executable, "-c", "pass"])


class NowClock(ManualClock):
    """People's commands happen now, beside a real engine."""

    def now(self):  # type: ignore[no-untyped-def]
        return SystemClock().now()


@pytest.fixture
def work(db: Database) -> Work:
    return Work(db, NowClock())


@pytest.fixture
def watch(db: Database) -> Iterator[threading.Condition]:
    """Told of whatever changes, over the line."""
    changed = threading.Condition()

    def heard(topics: frozenset[str]) -> None:
        with changed:
            changed.notify_all()

    remove = db.changes.listen(heard)
    yield changed
    remove()


def until(watch: threading.Condition, work: Work, run_id: int, state: RunState) -> None:
    with watch:
        assert watch.wait_for(lambda: work.run(run_id).state is state, PATIENCE), work.run(run_id)


def engine_on(db: Database, **options: int) -> Engine:
    return Engine(default_url(db.home), db.home, SystemClock(), origin="terminal", **options)


@pytest.fixture
def engine(db: Database) -> Iterator[Engine]:
    engine = engine_on(db)
    engine.start()
    yield engine
    engine.stop()


def test_it_says_who_it_is_and_lets_nobody_beside_it(db: Database, engine: Engine) -> None:
    info = holder(db.lock_path)
    assert info is not None
    assert (info.pid, info.origin) == (os.getpid(), "terminal")
    with pytest.raises(Unavailable, match=rf"already running .*pid {os.getpid()}, started by term"):
        engine_on(db).start()


def test_a_push_of_another_process_is_run_at_once(
    work: Work, engine: Engine, watch: threading.Condition
) -> None:
    run_id = work.push(action=TRUE)
    until(watch, work, run_id, RunState.SUCCEEDED)
    assert engine.died == 0


def test_a_job_is_fired(work: Work, engine: Engine, watch: threading.Condition) -> None:
    work.add_job(trigger=Every("1s"), action=TRUE)
    with watch:
        assert watch.wait_for(
            lambda: any(r.state is RunState.SUCCEEDED for r in work.runs()), PATIENCE
        )


def test_cancelled_while_it_runs(work: Work, engine: Engine, watch: threading.Condition) -> None:
    run_id = work.push(action=SLEEP)
    until(watch, work, run_id, RunState.RUNNING)
    work.cancel(run_id)
    until(watch, work, run_id, RunState.CANCELLED)


def test_settings_change_while_it_runs(
    work: Work, engine: Engine, watch: threading.Condition
) -> None:
    work.write(lambda tx: preferences.save(tx, EngineSettings(workers=1, stop_grace=0)))
    with watch:
        assert watch.wait_for(lambda: engine._settings.workers == 1, PATIENCE)
    first = work.push(action=SLEEP)
    until(watch, work, first, RunState.RUNNING)
    second = work.push(action=SLEEP)
    work.write(lambda tx: preferences.save(tx, EngineSettings(workers=2, stop_grace=0)))
    until(watch, work, second, RunState.RUNNING)


def test_a_stop_interrupts_and_does_not_count(
    db: Database, work: Work, watch: threading.Condition
) -> None:
    work.write(lambda tx: preferences.save(tx, EngineSettings(stop_grace=0)))
    engine = engine_on(db, workers=1)
    engine.start()
    run_id = work.push(action=SLEEP, retry=NO_RETRY)
    until(watch, work, run_id, RunState.RUNNING)
    db.changes.publish(frozenset({STOP}))
    assert engine.stop_requested.wait(PATIENCE)
    engine.stop()
    run = work.run(run_id)
    assert (run.state, run.uncounted) == (RunState.QUEUED, 1)
    assert holder(db.lock_path) is None


def test_what_a_dead_engine_left_is_rescued(db: Database, work: Work) -> None:
    last, more = work.push(retry=NO_RETRY), work.push(delay=0, action=TRUE)
    work.claim(2)
    engine = engine_on(db)
    engine.start()
    try:
        assert engine.rescued == 2
        assert engine.died == 1
        assert engine.idle.wait(PATIENCE)
    finally:
        engine.stop()
    assert work.run(last).state is RunState.DEAD
    assert [a.number for a in work.attempts(more)] == [1, 2]
    assert work.run(more).state is RunState.SUCCEEDED


def test_a_failed_start_lets_go_of_the_lock(db: Database, tmp_path: Path) -> None:
    work = Work(db, ManualClock())
    work.sql("UPDATE alembic_version SET version_num = '9999'")
    engine = engine_on(db)
    with pytest.raises(Unavailable, match="made by a newer JobDesk"):
        engine.start()
    lock = EngineLock(db.lock_path)
    assert lock.acquire()
    lock.release()
