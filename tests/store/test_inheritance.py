"""What runs get from their queues, from the push to the claim."""

from __future__ import annotations

import json

from jobdesk.domain.action import HttpAction
from jobdesk.domain.job import Overlap
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.policy import Source
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import FixedBackoff, RetryPolicy
from jobdesk.domain.run import Origin, RunState
from jobdesk.domain.secret import names_in, resolve
from jobdesk.domain.shell import Shell
from jobdesk.store import claims, history, pushing, queues
from tests.support.clock import START, ManualClock
from tests.support.samples import FAILURE, NO_RETRY, a_push
from tests.support.work import Work

DAY = 86_400


def with_policy(work: Work, name: str, **said: object) -> None:
    policy = QueuePolicy.model_validate(said)
    work.set_queue(name, policy=policy.model_dump_json())


def test_a_run_gets_what_its_queue_says_when_it_is_pushed(work: Work) -> None:
    with_policy(work, "mail", timeout=7, retry={"retries": 1})
    run = work.run(work.push(queue="mail"))
    assert (run.timeout, run.max_attempts) == (7, 2)
    assert run.policy.source("retries") is Source.QUEUE
    with_policy(work, "mail", timeout=9)
    assert work.run(run.id) == run, "what was accepted stays as it was"
    assert work.run(work.push(queue="mail")).timeout == 9


def test_most_runs_carry_nothing_along(work: Work) -> None:
    assert work.run(work.push()).policy_spec is None


def test_rows_that_were_made_beforehand_are_made_anew_where_the_queue_says_something(
    work: Work, clock: ManualClock
) -> None:
    with_policy(work, "mail", timeout=7)
    now = clock.now()
    for queue, timeout in (("default", None), ("mail", 7)):
        news = [a_push(queue=queue) for _ in range(3)]
        rows = [new.row(now) for new in news]
        ids = work.write(lambda tx, n=news, r=rows: pushing.push_prepared(tx, n, r, now))  # type: ignore[misc]
        assert [work.run(run_id).timeout for run_id in ids] == [timeout] * 3


def test_a_job_says_it_or_its_queue(work: Work) -> None:
    with_policy(work, "mail", retry={"retries": 0, "backoff": {"type": "fixed", "seconds": 5}})
    work.add_job("plain", queue="mail")
    work.add_job("own", queue="mail", retry=RetryPolicy(retries=2))
    assert work.job("plain").settled.retry == RetryPolicy(
        retries=0, backoff=FixedBackoff(seconds=5)
    )
    own = work.job("own").settled
    assert (own.retry.retries, own.source("retries")) == (2, Source.JOB)
    assert (str(own.retry.backoff), own.source("backoff")) == ("fixed:5s", Source.QUEUE)
    run = work.run(work.run_job(work.job("own")))
    assert (run.max_attempts, run.policy.sources) == (3, own.sources)


def test_a_policy_that_can_not_be_read_sets_the_queue_aside(work: Work) -> None:
    waiting = work.push(queue="mail")
    work.set_queue("mail", policy='{"timeout": "soon"}')
    assert work.claim(5) == []
    (problem,) = work.read(queues.unreadable)
    assert (problem.name, problem.problem) == ("mail", "damaged: policy")
    work.set_queue("mail", policy=None)
    assert work.claimed_ids(5) == [waiting]


def test_a_rate_spreads_the_starts(work: Work, clock: ManualClock) -> None:
    with_policy(work, "slow", rate="6/m")
    pushed = [work.push(queue="slow") for _ in range(3)]
    quick = work.push()
    assert sorted(work.claimed_ids(8)) == [pushed[0], quick]
    due = work.read(claims.next_due, clock.now())
    assert due is not None
    assert (due - clock.now()).total_seconds() == 10
    clock.advance(9)
    assert work.claimed_ids(8) == []
    clock.advance(1)
    assert work.claimed_ids(8) == [pushed[1]]
    clock.advance(3600)
    assert work.claimed_ids(8) == [pushed[2]], "one at a time, however long nobody asked"
    assert work.read(claims.next_due, clock.now()) is None, "nobody waits for it"


def test_a_paused_queue_wakes_nobody_for_its_rate(work: Work, clock: ManualClock) -> None:
    with_policy(work, "slow", rate="1/m")
    for _ in range(2):
        work.push(queue="slow")
    work.claim(8)
    work.set_queue("slow", paused=True)
    assert work.read(claims.next_due, clock.now()) is None


def test_history_is_kept_as_each_queue_says(work: Work, clock: ManualClock) -> None:
    with_policy(work, "mail", keep_dead_days=14, keep_finished_runs=2)
    for queue in ("mail", "default"):
        for verdict in (FAILURE, None, None, None):
            work.push(queue=queue, retry=NO_RETRY)
            (claim,) = work.claim()
            work.conclude(claim, verdict) if verdict else work.conclude(claim)
    before = START.replace(year=START.year + 1)
    others = history.Part(dead=True, but=("mail",))
    assert work.write(lambda tx: history.prune(tx, others, before)) == 1
    assert {run.queue for run in work.runs() if run.state is RunState.DEAD} == {"mail"}
    assert work.write(lambda tx: history.prune(tx, history.Part(True, "mail"), before)) == 1
    assert work.write(lambda tx: history.prune_beyond(tx, "mail", 2)) == 1
    assert work.write(lambda tx: history.prune_beyond(tx, "mail", 2)) == 0
    assert sorted(run.queue for run in work.runs()) == ["default"] * 3 + ["mail"] * 2


URL = "http://127.0.0.1:9/done"
BAD_GATEWAY = Verdict(
    Outcome.FAILED, Reason.HTTP_SERVER_ERROR, "HTTP 502 Bad Gateway", http_status=502
)


def callbacks(work: Work) -> list[dict[str, object]]:
    """What the callbacks that wait would send, the oldest first."""
    found = [run for run in reversed(work.runs()) if run.origin is Origin.CALLBACK]
    bodies = []
    for run in found:
        assert isinstance(run.action, HttpAction)
        assert (run.action.method, run.action.url, run.queue) == ("POST", URL, "callbacks")
        bodies.append(json.loads(run.action.body or ""))
        assert run.about == bodies[-1]["run_id"]
    return bodies


def test_the_end_of_a_run_is_called_back(work: Work, clock: ManualClock) -> None:
    run_id = work.push(callback_url=URL, retry=RetryPolicy(retries=1), queue="web")
    (claim,) = work.claim()
    work.conclude(claim, BAD_GATEWAY)
    assert callbacks(work) == [], "it is not over yet"
    clock.advance(60)
    work.promote()
    (claim,) = work.claim()
    clock.advance(1.5)
    work.conclude(claim, BAD_GATEWAY)
    (said,) = callbacks(work)
    assert said["job_id"] == said["run_id"] == run_id
    assert said["queue_id"] == work.read(queues.get, "web").id
    assert (said["state"], said["attempt"], said["response_status"]) == ("dead", 2, 502)
    assert (said["duration_ms"], said["reason"]) == (1500, "http_server_error")
    assert said["error"] == "HTTP 502 Bad Gateway"


def test_whatever_way_it_ends(work: Work) -> None:
    job = work.add_job(callback_url=URL, overlap=Overlap.PARALLEL, retry=NO_RETRY)
    cancelled, rescued, fine = (work.run_job(job) for _ in range(3))
    work.cancel(cancelled)
    (claim,) = work.claim()
    assert claim.run.id == rescued
    work.rescue()
    work.push(priority=-5)
    assert work.finish().id == fine
    assert [(said["run_id"], said["state"]) for said in callbacks(work)] == [
        (cancelled, "cancelled"),
        (rescued, "dead"),
        (fine, "succeeded"),
    ]
    assert [said["cron_id"] for said in callbacks(work)] == [job.id] * 3
    work.discard(rescued)
    assert len(callbacks(work)) == 3, "it had ended before"


def test_a_callback_is_not_called_back(work: Work) -> None:
    work.push(callback_url=URL)
    work.finish()
    assert work.finish().origin is Origin.CALLBACK
    assert work.claim() == []


def test_a_replay_calls_back_again(work: Work) -> None:
    run_id = work.push(callback_url=URL, retry=NO_RETRY)
    work.finish(FAILURE)
    ((_, new_id),) = work.replay(run_id)
    while work.run(new_id or 0).state is not RunState.SUCCEEDED:
        work.finish()
    assert [(said["run_id"], said["replay_of"]) for said in callbacks(work)] == [
        (run_id, None),
        (new_id, run_id),
    ]


def test_a_callback_names_no_secret_whatever_a_server_says(work: Work) -> None:
    said_by_server = "HTTP 400 ${secret:API_KEY} and ${secret:"
    work.push(callback_url=URL, retry=NO_RETRY)
    work.finish(Verdict(Outcome.FAILED, Reason.HTTP_CLIENT_ERROR, said_by_server, http_status=400))
    (claim,) = work.claim()
    assert names_in(claim.run.action) == []
    sent = resolve(claim.run.action, {}, Shell.POSIX)
    assert isinstance(sent, HttpAction)
    assert json.loads(sent.body or "")["error"] == said_by_server
