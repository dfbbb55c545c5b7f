from __future__ import annotations

from datetime import timedelta

import pytest

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import NotAllowed, NotFound
from jobdesk.domain.outcome import Reason
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import Origin, RunState
from jobdesk.store import pushing, queues, runs
from tests.support.clock import START, ManualClock
from tests.support.samples import FAILURE, NO_RETRY, a_push
from tests.support.work import Work


def test_a_push_is_read_as_it_was_asked_for(work: Work) -> None:
    action = HttpAction("POST", "http://localhost/x", headers={"A": "ü"}, body="b")
    policy = RetryPolicy(retries=7)
    run = work.run(work.push(delay=60, action=action, retry=policy, timeout=2.5, queue="q"))
    assert (run.action, run.retry, run.timeout, run.queue) == (action, policy, 2.5, "q")
    assert (run.state, run.max_attempts, run.attempt) == (RunState.SCHEDULED, 8, 0)
    assert run.due_at == run.available_at == START + timedelta(seconds=60)
    assert run.created_at == START
    assert run.title == "POST http://localhost/x"
    assert work.read(queues.get, "q").scheduled == 1


def test_a_title_is_one_short_line(work: Work) -> None:
    action = ScriptAction(shell="echo a\n\n  echo b" + "x" * 500)
    title = work.run(work.push(action=action)).title
    assert title.startswith("echo a echo bxx")
    assert len(title) == 200


def test_ids_come_in_the_order_of_pushing(work: Work) -> None:
    news = [a_push(queue=f"q{n % 3}", priority=n) for n in range(2500)]
    ids = work.write(lambda tx: pushing.push_many(tx, news, START))
    assert ids == sorted(ids)
    assert [run.priority for run in work.read(runs.get_many, ids)] == list(range(2500))
    assert work.write(lambda tx: pushing.push_many(tx, [], START)) == []


def test_a_key_makes_one_run(work: Work) -> None:
    new = a_push(key="order-7")
    first, made = work.write(lambda tx: pushing.push(tx, new, START))
    again, made_again = work.write(lambda tx: pushing.push(tx, new, START))
    assert (made, made_again) == (True, False)
    assert again == first
    other, _ = work.write(lambda tx: pushing.push(tx, a_push(key="order-8"), START))
    assert other.id != first.id
    assert len(work.runs()) == 2


def test_many_with_a_key_that_is_taken_are_not_pushed_at_all(work: Work) -> None:
    work.push(key="a")
    news = [a_push(), a_push(key="a")]
    with pytest.raises(Exception, match="UNIQUE"):
        work.write(lambda tx: pushing.push_many(tx, news, START))
    assert len(work.runs()) == 1


def dead(work: Work) -> int:
    work.push(retry=NO_RETRY, priority=1_000, timeout=3, key=f"k{len(work.runs())}")
    run = work.finish(FAILURE)
    assert run.state is RunState.DEAD
    return run.id


def test_a_replay_is_a_new_run(work: Work, clock: ManualClock) -> None:
    old_id = dead(work)
    before = work.run(old_id)
    clock.advance(60)
    ((_, new_id),) = work.replay(old_id)
    assert new_id is not None
    new, old = work.run(new_id), work.run(old_id)
    assert (new.state, new.origin, new.replay_of) == (RunState.QUEUED, Origin.REPLAY, old_id)
    assert (new.attempt, new.reason, new.error, new.key) == (0, None, None, None)
    assert (new.started_at, new.finished_at, new.due_at) == (None, None, clock.now())
    assert (new.spec, new.retry_spec, new.timeout) == (old.spec, old.retry_spec, 3)
    assert (old.state, old.reason, old.finished_at) == (
        RunState.DEAD,
        Reason.EXIT_CODE,
        before.finished_at,
    )
    assert old.replayed_by == new_id
    assert not old.needs_attention


def test_a_run_is_replayed_once(work: Work) -> None:
    old = dead(work)
    ((_, new),) = work.replay(old, old)
    assert new is not None
    assert work.replay(old) == [(old, None)]
    other = dead(work)
    pairs = work.replay(old, other)
    assert pairs[0] == (old, None)
    assert pairs[1][1] is not None


def test_a_replay_keeps_to_its_jobs_turns(work: Work) -> None:
    job = work.add_job()
    for _ in range(2):
        work.run_job(job)
    first = work.finish()
    work.replay(first.id)
    assert len(work.claim(5)) == 1


def test_all_or_none_are_replayed(work: Work) -> None:
    old, waiting = dead(work), work.push()
    for bad, error in ((waiting, NotAllowed), (10_000, NotFound)):
        with pytest.raises(error):
            work.replay(old, bad)
    assert len(work.runs()) == 2
    assert work.run(old).replayed_by is None
