from __future__ import annotations

from collections.abc import Callable

import pytest

from jobdesk.domain.errors import NotAllowed, NotFound
from jobdesk.domain.run import RunState
from jobdesk.store import commands
from tests.support.clock import ManualClock
from tests.support.samples import FAILURE, NO_RETRY
from tests.support.work import Work


def dead(work: Work, queue: str = "default") -> int:
    work.push(retry=NO_RETRY, priority=1000, queue=queue)
    return work.finish(FAILURE).id


def test_what_waits_is_cancelled_at_once(work: Work, clock: ManualClock) -> None:
    queued, scheduled = work.push(), work.push(delay=60)
    work.cancel(queued, scheduled, queued)
    for run_id in (queued, scheduled):
        run = work.run(run_id)
        assert (run.state, run.finished_at) == (RunState.CANCELLED, clock.now())
    assert work.claim(5) == []


def test_what_runs_is_asked_to_end(work: Work) -> None:
    work.push()
    (claim,) = work.claim()
    work.cancel(claim.run.id)
    run = work.run(claim.run.id)
    assert (run.state, run.cancel_requested) == (RunState.RUNNING, True)


def test_a_countdown_is_cut_short(work: Work, clock: ManualClock) -> None:
    work.push()
    run = work.finish(FAILURE)
    clock.advance(1)
    work.retry_now(run.id)
    after = work.run(run.id)
    assert (after.state, after.available_at) == (RunState.QUEUED, clock.now())
    assert work.claimed_ids(1) == [run.id]


def test_dead_letters_are_put_away(work: Work) -> None:
    first, second = dead(work), dead(work, "mail")
    assert work.write(lambda tx: commands.dead_letters(tx, None)) == [first, second]
    assert work.write(lambda tx: commands.dead_letters(tx, "mail")) == [second]
    work.discard(first)
    work.replay(second)
    assert work.run(first).state is RunState.DISCARDED
    assert work.write(lambda tx: commands.dead_letters(tx, None)) == []


@pytest.mark.parametrize(
    ("verb", "fitting"),
    [
        (Work.cancel, lambda work: work.push()),
        (Work.discard, dead),
        (Work.retry_now, lambda work: (work.push(), work.finish(FAILURE))[1].id),
    ],
    ids=["cancel", "discard", "retry"],
)
def test_all_or_none(work: Work, verb: Callable[..., None], fitting: Callable[[Work], int]) -> None:
    good = fitting(work)
    before = work.run(good)
    work.push(priority=2000)
    done = work.finish().id
    for bad, error in ((done, NotAllowed), (-1, NotFound), (2**70, NotFound)):
        with pytest.raises(error):
            verb(work, good, bad)
        assert work.run(good) == before
    verb(work, good)
    assert work.run(good) != before
