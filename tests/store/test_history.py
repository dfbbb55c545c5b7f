from __future__ import annotations

from datetime import timedelta

import pytest

from jobdesk.domain.errors import NotFound
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import MB, EngineSettings
from jobdesk.engine.janitor import Janitor
from jobdesk.store import history, logs
from jobdesk.store.claims import Claim
from tests.support.clock import START, ManualClock
from tests.support.samples import FAILURE, NO_RETRY, SUCCESS
from tests.support.work import Work

DAY = 86_400


def with_log(work: Work, claim: Claim, size: int) -> None:
    chunk = LogChunk(1, Stream.STDOUT, START, b"x" * size)

    def write(tx):  # type: ignore[no-untyped-def]
        logs.append(tx, claim.attempt_id, [chunk])
        logs.state_size(tx, claim.attempt_id, size, 0, 0)

    work.write(write)


def finished(work: Work, verdict=SUCCESS, log: int = 0) -> int:  # type: ignore[no-untyped-def]
    work.push(retry=NO_RETRY, priority=1000)
    (claim,) = work.claim()
    if log:
        with_log(work, claim, log)
    work.conclude(claim, verdict)
    return claim.run.id


def test_the_old_goes_in_steps_and_the_rest_stays(work: Work, clock: ManualClock) -> None:
    for _ in range(3):
        finished(work, log=10)
    dead = finished(work, FAILURE)
    waiting = work.push(delay=90 * DAY)
    clock.advance(10)
    young = finished(work)
    before = clock.now() - timedelta(seconds=5)
    assert work.write(lambda tx: history.prune(tx, history.Part(), before)) == 3
    assert work.write(lambda tx: history.prune(tx, history.Part(), before)) == 0
    assert {run.id for run in work.runs()} == {dead, waiting, young}
    assert work.write(lambda tx: history.prune(tx, history.Part(dead=True), before)) == 1
    assert {run.id for run in work.runs()} == {waiting, young}
    with work.db.reading() as conn:
        for table in ("attempts", "log_chunks"):
            orphans = f"SELECT count(*) FROM {table}"
            assert conn.exec_driver_sql(orphans).scalar() == int(table == "attempts")
    new = finished(work)
    assert new > young, "ids are never given twice"


def test_a_step_is_small(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_STEP", 2)
    for _ in range(3):
        finished(work)
    work.sql("UPDATE runs SET state = 'skipped' WHERE id = 2")
    later = START + timedelta(days=1)
    steps = [work.write(lambda tx: history.prune(tx, history.Part(), later)) for _ in range(3)]
    assert steps == [2, 1, 0]


def test_logs_go_and_their_rows_stay_the_dead_last(work: Work) -> None:
    dead = finished(work, FAILURE, log=1000)
    fine = finished(work, log=300)
    gone = finished(work, FAILURE, log=500)
    work.discard(gone)
    assert work.read(history.log_bytes) == 1800
    freed = [work.write(history.prune_logs) for _ in range(4)]
    assert freed == [300, 500, 1000, 0]
    for run_id, size in ((dead, 1000), (fine, 300), (gone, 500)):
        (attempt,) = work.attempts(run_id)
        assert attempt.omitted_bytes == size
        assert list(work.read(lambda c, a=attempt: list(logs.read(c, a.id)))) == []


def test_logs_of_what_is_not_over_stay(work: Work) -> None:
    work.push()
    (claim,) = work.claim()
    with_log(work, claim, 500)
    assert work.write(history.prune_logs) == 0
    assert work.read(history.log_bytes) == 500


def test_the_janitor_keeps_what_the_settings_say(work: Work, clock: ManualClock) -> None:
    old_dead, old = finished(work, FAILURE), finished(work)
    clock.advance(40 * DAY)
    big = finished(work, log=12 * MB)
    small = finished(work, log=100)
    janitor = Janitor(work.db, clock, lambda: EngineSettings(log_budget=10 * MB))
    assert janitor.clean() == 1
    with pytest.raises(NotFound):
        work.run(old)
    assert work.run(old_dead).state is RunState.DEAD
    assert work.read(history.log_bytes) <= 10 * MB
    assert {big, small} <= {run.id for run in work.runs()}
    clock.advance(60 * DAY)
    assert janitor.clean() == 0, "a clock that leaps so far may be wrong"
    clock.advance(DAY)
    assert janitor.clean() == 3
    assert work.runs() == []


def test_a_log_is_read_in_pages_and_by_stream(work: Work) -> None:
    work.push()
    (claim,) = work.claim()
    kinds = [Stream.STDOUT, Stream.STDERR, Stream.SYSTEM]
    chunks = [LogChunk(n, kinds[n % 3], START, b"%d" % n) for n in range(450)]
    work.write(lambda tx: logs.append(tx, claim.attempt_id, chunks))

    def read(**options: object) -> list[LogChunk]:
        return work.read(lambda c: list(logs.read(c, claim.attempt_id, **options)))  # type: ignore[arg-type]

    assert read() == chunks
    assert read(after=200, limit=201) == chunks[201:402]
    assert read(limit=0) == []
    assert read(stream=Stream.STDERR) == chunks[1::3]
    work.write(lambda tx: logs.drop(tx, claim.attempt_id, [1, 5, 440]))
    assert [c.seq for c in read()] == [n for n in range(450) if n not in (1, 5, 440)]
    work.write(lambda tx: logs.append(tx, claim.attempt_id, []))
    work.write(lambda tx: logs.drop(tx, claim.attempt_id, []))
    assert len(read()) == 447
