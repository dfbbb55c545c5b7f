"""From an attempt's end to the message, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest

from jobdesk.domain.alert import AlertKind, AlertPolicy, DeliveryState, QuietHours
from jobdesk.domain.heartbeat import HeartbeatSpec
from jobdesk.domain.job import Overlap
from jobdesk.domain.outcome import Outcome, Verdict
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.trigger import Every
from jobdesk.engine.alerting import AT_ONCE, TRIES, Alerting
from jobdesk.messenger import NotSent
from jobdesk.store import alerts, deliveries, heartbeats, preferences
from jobdesk.store.database import Database
from tests.support.clock import ManualClock
from tests.support.samples import FAILURE, NO_RETRY, NO_WAIT, SUCCESS
from tests.support.work import Work

TOLD = AlertPolicy(channels=("mail",), kinds=tuple(AlertKind))


class Post:
    """What was sent, and whether it can be."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, str]] = []
        self.broken = ""

    def send(self, address: str, title: str, text: str) -> None:
        if self.broken:
            raise NotSent(self.broken)
        self.messages.append((address, title, text))

    @property
    def titles(self) -> list[str]:
        return [title for _, title, _ in self.messages]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def alerting(db: Database, clock: ManualClock, post: Post) -> Alerting:
    def addresses(names: list[str]) -> dict[str, str]:
        return {name: f"test://{name}" for name in names if name != "gone"}

    return Alerting(db, clock, addresses, post.send)


@pytest.fixture
def look(alerting: Alerting) -> Callable[[], None]:
    def go() -> None:
        alerting.heard(frozenset({"*"}))
        alerting.look()

    return go


def settings(work: Work, **values: object) -> None:
    work.write(lambda tx: preferences.save(tx, EngineSettings(**values)))  # type: ignore[arg-type]


def end(work: Work, verdict: Verdict) -> int:
    (claim,) = work.claim()
    work.conclude(claim, verdict)
    return claim.run.id


def kinds(work: Work) -> list[AlertKind]:
    return [one.kind for one in reversed(work.read(deliveries.recent, before=None, limit=100))]


def test_a_job_from_its_first_failure_to_its_recovery(
    work: Work, clock: ManualClock, post: Post, look: Callable[[], None]
) -> None:
    policy = TOLD.model_copy(update={"threshold": 2})
    job = work.add_job("report", alerts=policy, retry=NO_WAIT)
    work.run_job(job)
    for verdict in (FAILURE, FAILURE, FAILURE):
        end(work, verdict)
        work.promote()
        look()
    assert post.titles == ["“report” has failed", "“report” has failed 2 times in a row"]
    assert post.messages[0][0] == "test://mail"
    assert "exit code 7" in post.messages[0][2]
    clock.advance(1)
    end(work, SUCCESS)
    look()
    assert post.titles[2:] == ["“report” works again"]
    assert work.read(alerts.open_incidents) == []
    look()
    assert len(post.messages) == 3


def test_a_pushed_run_and_its_replays_are_one_story(
    work: Work, post: Post, look: Callable[[], None]
) -> None:
    settings(work, alerts=TOLD)
    first = work.push(retry=NO_RETRY)
    end(work, FAILURE)
    ((_, second),) = work.replay(first)
    end(work, FAILURE)
    ((_, third),) = work.replay(second or 0)
    end(work, SUCCESS)
    look()
    assert kinds(work) == [AlertKind.FAILURE, AlertKind.RECOVERY]
    assert "Run 3 succeeded after 2 times" in post.messages[-1][2] or "Run" in post.messages[-1][2]
    assert third is not None


def test_success_alone_leaves_no_trace(work: Work) -> None:
    work.push()
    end(work, SUCCESS)
    work.run_job(work.add_job())
    end(work, SUCCESS)
    with work.db.reading() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM incidents").scalar() == 0


def test_no_failures(work: Work) -> None:
    settings(work, alerts=TOLD)
    interrupted = Verdict(Outcome.INTERRUPTED, None, "stopped", counted=False)
    work.push()
    end(work, interrupted)
    (claim,) = work.claim()
    work.cancel(claim.run.id)
    work.conclude(claim, FAILURE)
    assert work.run(claim.run.id).state is RunState.CANCELLED
    assert kinds(work) == []


def test_queues_say_who_is_told_unless_the_job_does(
    work: Work, post: Post, look: Callable[[], None]
) -> None:
    said = QueuePolicy(alerts=AlertPolicy(channels=("team",)))
    work.set_queue("mail", policy=said.model_dump_json())
    work.push(queue="mail", retry=NO_RETRY)
    end(work, FAILURE)
    work.run_job(
        work.add_job(queue="mail", retry=NO_RETRY, alerts=AlertPolicy(channels=("me", "desktop")))
    )
    end(work, FAILURE)
    look()
    assert [address for address, _, _ in post.messages] == ["test://team", "test://me"]
    taken = work.read(deliveries.due, work.clock.now(), desktop=True, most=9)
    assert len(taken) == 1


def test_what_can_not_be_sent_is_tried_again_and_given_up(
    work: Work, clock: ManualClock, post: Post, look: Callable[[], None]
) -> None:
    settings(work, alerts=TOLD)
    post.broken = "535 authentication failed"
    work.push(retry=NO_RETRY)
    end(work, FAILURE)
    waits = []
    for _ in range(TRIES):
        look()
        (alert,) = work.read(deliveries.recent, before=None, limit=9)
        (delivery,) = alert.deliveries
        waits.append((delivery.due_at - clock.now()).total_seconds())
        assert delivery.error == "535 authentication failed"
        clock.advance(4000)
    assert waits[:3] == [10, 30, 90]
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, TRIES)
    post.broken = ""
    look()
    assert post.messages == []
    assert work.write(lambda tx: deliveries.send_again(tx, delivery.id, clock.now()))
    look()
    assert len(post.messages) == 1


def test_a_channel_that_is_gone_is_given_up_at_once(
    work: Work, post: Post, look: Callable[[], None]
) -> None:
    settings(work, alerts=TOLD.model_copy(update={"channels": ("gone",)}))
    work.push(retry=NO_RETRY)
    end(work, FAILURE)
    look()
    (alert,) = work.read(deliveries.recent, before=None, limit=9)
    assert alert.deliveries[0].state is DeliveryState.FAILED
    assert "no such channel" in (alert.deliveries[0].error or "")


def test_a_storm_is_summed_up(
    work: Work, clock: ManualClock, post: Post, look: Callable[[], None]
) -> None:
    settings(work, alerts=TOLD)
    for _ in range(2):
        work.push(retry=NO_RETRY)
        end(work, FAILURE)
    look()
    assert len(post.messages) == 2
    for _ in range(40):
        work.push(retry=NO_RETRY)
        end(work, FAILURE)
    look()
    assert len(post.messages) == 3
    assert post.titles[2] == "40 alerts: 40 failures"
    for _ in range(AT_ONCE + 4):
        work.push(retry=NO_RETRY)
        end(work, FAILURE)
        look()
    assert len(post.messages) == AT_ONCE
    clock.advance(31)
    look()
    assert len(post.messages) == AT_ONCE + 1, post.titles
    assert post.titles[-1] == "7 alerts: 7 failures"


def test_nobody_is_woken_at_night(
    work: Work,
    clock: ManualClock,
    post: Post,
    look: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alerts, "local_zone", lambda: UTC)
    now = clock.now()
    hours = QuietHours(
        start=(now - timedelta(hours=1)).strftime("%H:%M"),
        end=(now + timedelta(hours=2)).strftime("%H:%M"),
    )
    settings(work, alerts=TOLD, quiet_hours=hours)
    for _ in range(3):
        work.push(retry=NO_RETRY)
        end(work, FAILURE)
    look()
    assert post.messages == []
    settings(work, alerts=TOLD, quiet_hours=hours, quiet_but_failures=True)
    work.push(retry=NO_RETRY)
    end(work, FAILURE)
    look()
    assert len(post.messages) == 1
    clock.advance(2 * 3600 + 60)
    look()
    assert post.titles[1:] == ["3 alerts: 3 failures"]


def test_what_is_snoozed_is_noted_and_not_sent(
    work: Work, clock: ManualClock, post: Post, look: Callable[[], None]
) -> None:
    settings(work, alerts=TOLD)
    until = clock.now() + timedelta(hours=1)
    work.write(lambda tx: alerts.snooze(tx, "queue:mail", until))
    for queue in ("mail", "default"):
        work.push(queue=queue, retry=NO_RETRY)
        end(work, FAILURE)
    look()
    assert len(post.messages) == 1
    assert "queue default" in post.messages[0][2]
    assert len(kinds(work)) == 2
    clock.advance(3601)
    work.push(queue="mail", retry=NO_RETRY)
    end(work, FAILURE)
    look()
    assert len(post.messages) == 2


def test_late_runs(work: Work, clock: ManualClock, post: Post, look: Callable[[], None]) -> None:
    policy = TOLD.model_copy(update={"late_start": 60.0, "late_end": 300.0})
    job = work.add_job("nightly", trigger=Every("1h"), alerts=policy, overlap=Overlap.PARALLEL)
    clock.advance(3600)
    (run,) = work.fire(job)
    look()
    assert post.messages == []
    clock.advance(61)
    look()
    look()
    assert post.titles == ["“nightly” is late"]
    assert "has not started" in post.messages[0][2]
    (claim,) = work.claim()
    look()
    assert work.read(alerts.open_incidents) == []
    clock.advance(301)
    look()
    assert post.titles[1:] == ["“nightly” is late"]
    assert "began 5 minutes" in post.messages[1][2]
    work.conclude(claim)
    look()
    assert work.read(alerts.open_incidents) == []
    assert run.id == claim.run.id


def test_later_than_usual(
    work: Work, clock: ManualClock, post: Post, look: Callable[[], None]
) -> None:
    policy = TOLD.model_copy(update={"late_factor": 3.0})
    job = work.add_job("nightly", trigger=Every("1h"), alerts=policy, overlap=Overlap.PARALLEL)
    for _ in range(5):
        clock.advance(3600)
        work.fire(job)
        (claim,) = work.claim()
        clock.advance(20)
        work.conclude(claim)
    clock.advance(3600)
    work.fire(job)
    work.claim()
    clock.advance(59)
    look()
    assert post.messages == []
    clock.advance(2)
    look()
    assert post.titles == ["“nightly” is late"]


def test_a_heartbeat_that_does_not_come_and_comes_back(
    work: Work, clock: ManualClock, post: Post, look: Callable[[], None]
) -> None:
    spec = HeartbeatSpec(name="backup", every=3600, grace=60, alerts=TOLD)
    work.write(lambda tx: heartbeats.add(tx, spec, clock.now()))
    clock.advance(3659)
    look()
    assert post.messages == []
    clock.advance(2)
    look()
    look()
    assert post.titles == ["Heartbeat backup is silent"]
    assert work.read(heartbeats.get, "backup").silent
    work.write(lambda tx: heartbeats.ping(tx, "backup", clock.now()))
    look()
    assert post.titles[1:] == ["Heartbeat backup is back"]
    assert not work.read(heartbeats.get, "backup").silent


def test_what_is_sent_together_is_tried_again_each_for_itself(
    work: Work, clock: ManualClock, post: Post, look: Callable[[], None]
) -> None:
    settings(work, alerts=TOLD)
    post.broken = "no route"
    work.push(retry=NO_RETRY)
    end(work, FAILURE)
    for _ in range(TRIES - 1):
        look()
        clock.advance(3601)
    work.push(retry=NO_RETRY)
    end(work, FAILURE)
    look()
    new, old = work.read(deliveries.recent, before=None, limit=9)
    assert (old.deliveries[0].state, old.deliveries[0].attempts) == (DeliveryState.FAILED, TRIES)
    assert (new.deliveries[0].state, new.deliveries[0].attempts) == (DeliveryState.WAITING, 1)


def test_a_run_that_can_not_be_read_is_told_of(
    work: Work, post: Post, look: Callable[[], None]
) -> None:
    settings(work, alerts=TOLD)
    work.push()
    work.sql("UPDATE runs SET priority = 'x'")
    assert work.claim() == []
    look()
    assert post.titles == ["“true” failed for good"]


def test_nobody_is_late_any_more_when_nobody_watches(
    work: Work, clock: ManualClock, look: Callable[[], None]
) -> None:
    policy = TOLD.model_copy(update={"late_start": 60.0})
    job = work.add_job("nightly", trigger=Every("1h"), alerts=policy)
    clock.advance(3600)
    work.fire(job)
    clock.advance(61)
    look()
    (incident,) = work.read(alerts.open_incidents)
    work.change_job("nightly", job.spec.model_copy(update={"name": "other"}))
    look()
    assert work.read(alerts.open_incidents) == [incident]
    work.change_job("other", job.spec.model_copy(update={"enabled": False}))
    look()
    assert work.read(alerts.open_incidents) == []


def test_old_incidents_go(work: Work, clock: ManualClock) -> None:
    work.push(retry=NO_RETRY)
    end(work, FAILURE)
    assert work.write(lambda tx: alerts.prune(tx, clock.now())) == 0
    assert work.write(lambda tx: alerts.prune(tx, clock.now() + timedelta(seconds=1))) == 1
    assert kinds(work) == []
