from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest

from jobdesk.domain.errors import NotAllowed
from jobdesk.domain.job import Overlap
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.run import RunState
from jobdesk.store import claims, jobs, runs
from jobdesk.store.database import Database
from tests.store.conftest import opened
from tests.support.clock import START, ManualClock
from tests.support.samples import FAILURE, NO_RETRY, NO_WAIT, SUCCESS
from tests.support.work import Work


def test_a_claim_opens_an_attempt(work: Work, clock: ManualClock) -> None:
    pushed = work.push()
    clock.advance(1)
    (claim,) = work.claim(5)
    assert (claim.run.id, claim.run.state, claim.run.attempt) == (pushed, RunState.RUNNING, 1)
    assert work.run(pushed) == claim.run
    assert claim.run.started_at == claim.run.attempt_started_at == clock.now()
    (attempt,) = work.attempts(pushed)
    assert (attempt.id, attempt.number, attempt.outcome) == (claim.attempt_id, 1, None)
    assert attempt.started_at == clock.now()


def test_several_claims_get_their_own_attempts(work: Work) -> None:
    ids = [work.push() for _ in range(7)]
    claimed = work.claim(7)
    assert [c.run.id for c in claimed] == ids
    for claim in claimed:
        assert [a.id for a in work.attempts(claim.run.id)] == [claim.attempt_id]


def test_the_order_over_all_queues(work: Work, clock: ManualClock) -> None:
    late = work.push(delay=2, queue="b")
    early = work.push(delay=1, queue="a")
    urgent = work.push(delay=3, queue="c", priority=5)
    low = work.push(queue="a", priority=-1)
    same_time = [work.push(delay=2, queue=q) for q in ("a", "b")]
    clock.advance(3)
    work.promote()
    assert work.claimed_ids(10) == [urgent, early, late, *same_time, low]


def test_the_best_of_all_queues_when_few_are_free(work: Work) -> None:
    work.push(queue="a")
    urgent = work.push(queue="b", priority=1)
    most_urgent = work.push(queue="c", priority=2)
    assert work.claimed_ids(2) == [most_urgent, urgent]
    assert work.claimed_ids(0) == []
    assert work.claimed_ids(-3) == []


def test_a_queue_is_kept_to_its_concurrency(work: Work) -> None:
    work.set_queue("narrow", concurrency=2)
    narrow = [work.push(queue="narrow", priority=9) for _ in range(4)]
    wide = [work.push(queue="wide") for _ in range(3)]
    first = work.claim(10)
    assert [c.run.id for c in first] == [*narrow[:2], *wide]
    assert work.claim(10) == []
    work.conclude(first[0])
    assert work.claimed_ids(10) == [narrow[2]]
    work.set_queue("narrow", concurrency=1)
    assert work.claim(10) == [], "two of them are running still"
    work.set_queue("narrow", concurrency=None)
    assert work.claimed_ids(10) == [narrow[3]]


def test_a_paused_queue_is_left_alone(work: Work) -> None:
    work.set_queue("idle", paused=True)
    held = work.push(queue="idle", priority=100)
    other = work.push()
    assert work.claimed_ids(10) == [other]
    work.set_queue("idle", paused=False)
    assert work.claimed_ids(10) == [held]


def test_runs_of_one_job_take_turns(work: Work) -> None:
    job = work.add_job(overlap=Overlap.QUEUE)
    ids = [work.run_job(job) for _ in range(3)]
    other = work.push()
    first = work.claim(10)
    assert [c.run.id for c in first] == [ids[0], other]
    assert work.claim(10) == []
    work.conclude(first[0])
    assert work.claimed_ids(10) == [ids[1]]


def test_parallel_runs_of_a_job_do_not(work: Work) -> None:
    job = work.add_job(overlap=Overlap.PARALLEL)
    ids = [work.run_job(job) for _ in range(3)]
    assert work.claimed_ids(10) == ids


@pytest.mark.parametrize("running", [False, True])
def test_many_that_must_wait_do_not_hold_up_those_behind(work: Work, running: bool) -> None:
    held = work.add_job("held", priority=5)
    ids = [work.run_job(held) for _ in range(60)]
    if running:
        assert work.claimed_ids(1) == [ids.pop(0)]
    second = work.add_job("second")
    behind = [work.run_job(second) for _ in range(30)]
    free = [work.push() for _ in range(3)]
    expected = [behind[0], *free] if running else [ids[0], behind[0], *free]
    assert work.claimed_ids(5)[: len(expected)] == expected


def test_a_job_that_moved_to_another_queue_still_takes_turns(work: Work) -> None:
    job = work.add_job(queue="old")
    in_old = work.run_job(job)
    job = work.change_job("report", job.spec.model_copy(update={"queue": "new"}))
    work.run_job(job)
    assert work.claimed_ids(10) == [in_old]


def test_runs_of_a_removed_job_are_nobodys_rivals(work: Work) -> None:
    gone = work.add_job("gone")
    orphans = [work.run_job(gone) for _ in range(3)]
    work.write(lambda tx: jobs.remove(tx, "gone"))
    busy = work.add_job("busy", priority=1)
    work.run_job(busy)
    second = work.run_job(busy)
    claimed = work.claimed_ids(10)
    assert claimed[1:] == orphans
    assert second not in claimed


def test_a_retrying_run_does_not_hold_up_the_others_of_its_job(work: Work) -> None:
    job = work.add_job()
    work.run_job(job)
    second = work.run_job(job)
    assert work.finish(FAILURE).state is RunState.RETRYING
    assert work.claimed_ids(10) == [second]


def test_two_dispatchers_never_claim_the_same_run(work: Work, clock: ManualClock) -> None:
    ids = [work.push() for _ in range(60)]
    taken: list[int] = []
    barrier = threading.Barrier(2)

    def take(database: Database) -> None:
        other = Work(database, clock)
        barrier.wait(10)
        while claimed := other.claimed_ids(3):
            taken.extend(claimed)

    with opened(work.db.home) as second:
        threads = [threading.Thread(target=take, args=(d,)) for d in (work.db, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert Counter(taken) == Counter(ids)


def test_a_conclusion_is_written_once(work: Work, clock: ManualClock) -> None:
    work.push(retry=NO_RETRY)
    (claim,) = work.claim()
    clock.advance(1.5)
    after = work.conclude(claim, FAILURE)
    assert after is not None
    assert after.state is RunState.DEAD
    assert work.conclude(claim, SUCCESS) is None
    run = work.run(claim.run.id)
    assert (run.state, run.reason, run.error) == (RunState.DEAD, Reason.EXIT_CODE, "exit code 7")
    assert run.finished_at == clock.now()
    (attempt,) = work.attempts(run.id)
    assert (attempt.outcome, attempt.exit_code) == (Outcome.FAILED, 7)
    assert attempt.duration_ms == 1500


def test_an_attempt_cannot_conclude_the_next_one(work: Work) -> None:
    work.push(retry=NO_WAIT)
    (first,) = work.claim()
    work.conclude(first, FAILURE)
    work.promote()
    (second,) = work.claim()
    assert second.run.attempt == 2
    assert work.conclude(first, SUCCESS) is None
    assert work.run(first.run.id).state is RunState.RUNNING


def test_a_clock_set_back_makes_no_negative_duration(work: Work, clock: ManualClock) -> None:
    work.push()
    (claim,) = work.claim()
    clock.jump(-3600)
    work.conclude(claim)
    assert work.attempts(claim.run.id)[0].duration_ms == 0


def test_a_wish_to_cancel_is_seen_at_the_end(work: Work) -> None:
    work.push()
    (claim,) = work.claim()
    work.cancel(claim.run.id)
    assert work.read(claims.cancel_requests) == [claim.run.id]
    work.conclude(claim, FAILURE)
    assert work.run(claim.run.id).state is RunState.CANCELLED
    assert work.read(claims.cancel_requests) == []


def test_what_http_sent_and_got_is_kept(work: Work) -> None:
    work.push()
    (claim,) = work.claim()
    sent = Verdict(Outcome.SUCCEEDED, http_status=200, request={"a": [1]}, response={"b": "ü"})
    work.conclude(claim, sent)
    (attempt,) = work.attempts(claim.run.id)
    assert (attempt.request, attempt.response) == ({"a": [1]}, {"b": "ü"})
    assert attempt.http_status == 200


def test_what_is_due_is_queued(work: Work, clock: ManualClock) -> None:
    soon, later = work.push(delay=10), work.push(delay=20)
    assert work.read(runs.next_available) == START + timedelta(seconds=10)
    assert work.promote() == 0
    assert work.claim(5) == []
    clock.advance(10)
    assert work.promote() == 1
    assert work.run(soon).state is RunState.QUEUED
    assert work.run(later).state is RunState.SCHEDULED
    assert work.read(runs.next_available) == START + timedelta(seconds=20)


def test_a_retry_waits_its_time_and_keeps_its_last_words(work: Work, clock: ManualClock) -> None:
    work.push()
    run = work.finish(FAILURE)
    assert run.state is RunState.RETRYING
    assert work.read(runs.next_available) == run.available_at
    clock.advance((run.available_at - clock.now()).total_seconds())
    assert work.promote() == 1
    assert work.run(run.id).error == "exit code 7"
    (claim,) = work.claim()
    assert (claim.run.attempt, claim.run.error, claim.run.reason) == (2, None, None)
    assert claim.run.started_at == START, "of the first attempt"


def test_rescue(work: Work, clock: ManualClock) -> None:
    ids = [work.push(retry=NO_RETRY), work.push(), work.push()]
    claimed = work.claim(3)
    work.cancel(ids[2])
    work.write(lambda tx: claims.record_process(tx, claimed[0].attempt_id, 4711, 12.5))
    orphans = work.read(claims.orphans)
    assert [(o.run_id, o.pid, o.pid_started) for o in orphans] == [
        (ids[0], 4711, 12.5),
        (ids[1], None, None),
        (ids[2], None, None),
    ]
    clock.advance(60)
    assert [run.id for run in work.rescue()] == ids
    states = [work.run(i).state for i in ids]
    assert states == [RunState.DEAD, RunState.QUEUED, RunState.CANCELLED]
    for i in ids:
        (attempt,) = work.attempts(i)
        assert (attempt.outcome, attempt.reason) == (Outcome.INTERRUPTED, Reason.INTERRUPTED)
        assert attempt.finished_at == clock.now()
    assert work.read(claims.orphans) == []
    assert work.rescue() == []
    (again,) = work.claim(5)
    assert (again.run.id, again.run.attempt) == (ids[1], 2)


def test_what_can_still_run(work: Work) -> None:
    assert work.read(claims.anything_unfinished) is False
    work.set_queue("idle", paused=True)
    work.push(queue="idle")
    work.push(queue="idle", delay=60)
    assert work.read(claims.anything_unfinished) is False
    work.push()
    assert work.read(claims.anything_unfinished) is True
    work.finish()
    assert work.read(claims.anything_unfinished) is False
    work.push(retry=NO_RETRY)
    work.finish(FAILURE)
    assert work.read(claims.anything_unfinished) is False
    work.push()
    work.finish(FAILURE)
    assert work.read(claims.anything_unfinished) is True, "a countdown"


def test_what_runs_already_goes_on_in_a_paused_queue(work: Work) -> None:
    work.push(queue="idle")
    work.claim()
    work.set_queue("idle", paused=True)
    assert work.read(claims.anything_unfinished) is True


def test_a_run_whose_action_cannot_be_read_does_not_stop_the_others(work: Work) -> None:
    bad, good = work.push(), work.push()
    work.sql(f"UPDATE runs SET spec = '[]', retry_spec = 'x' WHERE id = {bad}")
    first, second = work.claim(2)
    work.conclude(first, Verdict(Outcome.FAILED, Reason.ENGINE_ERROR, "unreadable"))
    work.conclude(second)
    assert (work.run(bad).state, work.run(bad).reason) == (RunState.DEAD, Reason.ENGINE_ERROR)
    assert work.run(good).state is RunState.SUCCEEDED
    assert [run.id for run in work.runs()] == [good, bad]


@pytest.mark.parametrize("column", ["state", "origin", "reason"])
def test_a_row_of_a_newer_program_is_shown_and_left_alone(work: Work, column: str) -> None:
    odd, good = work.push(), work.push()
    work.sql(f"UPDATE runs SET {column} = 'quantum' WHERE id = {odd}")
    shown = {run.id: run for run in work.runs()}[odd]
    assert shown.problem == (
        f"{column} 'quantum' unknown to this program; a newer one may know better"
    )
    assert "can't be read" in (shown.error or "")
    assert shown.reason is Reason.ENGINE_ERROR
    assert not shown.needs_attention
    assert work.run(good).problem is None
    for verb in (work.cancel, work.retry_now, work.discard, work.replay):
        with pytest.raises(NotAllowed, match="set aside"):
            verb(odd)
    with work.db.reading() as conn:
        stored = conn.exec_driver_sql(f"SELECT {column} FROM runs WHERE id = {odd}").scalar()
    assert stored == "quantum"
    assert good in work.claimed_ids(5)
    assert work.rescue(), "a rescue copes with it, too"


def test_a_strange_attempt_is_shown(work: Work) -> None:
    work.push()
    run = work.finish()
    work.sql("UPDATE attempts SET outcome = 'perhaps', reason = 'mood', request = '{'")
    (attempt,) = work.attempts(run.id)
    assert attempt.outcome is Outcome.FAILED
    assert attempt.error == (
        "this attempt can't be read: outcome 'perhaps', reason 'mood', request"
    )


def test_the_same_luck_twice(work: Work) -> None:
    """Jitter comes from the generator that is handed in."""
    for _ in range(2):
        work.push()
    waits = []
    for claim in work.claim(2):
        rng = random.Random(3)
        work.write(lambda tx, c=claim, r=rng: claims.conclude(tx, c, FAILURE, work.clock.now(), r))
        waits.append(work.run(claim.run.id).available_at)
    assert waits[0] == waits[1]


def test_ends_are_concluded_together_each_for_itself(work: Work, clock: ManualClock) -> None:
    for _ in range(3):
        work.push(retry=NO_RETRY)
    gone, good, bad = work.claim(3)
    work.conclude(gone, SUCCESS)
    now, rng = clock.now(), random.Random(1)
    ends = [
        claims.End(gone, FAILURE, now),
        claims.End(good, SUCCESS, now, 0.25, (10, 20, 3)),
        claims.End(bad, FAILURE, now, 1.0),
    ]
    after = work.write(lambda tx: claims.conclude_all(tx, ends, rng))
    assert [one and one.state for one in after] == [None, RunState.SUCCEEDED, RunState.DEAD]
    assert work.run(gone.run.id).state is RunState.SUCCEEDED
    attempts = [work.attempts(end.claim.run.id)[0] for end in ends]
    assert [one.duration_ms for one in attempts[1:]] == [250, 1000]
    assert [one.omitted_lines for one in attempts] == [0, 3, 0]
