"""A laptop sleeps: the clock on the wall goes on, the monotonic one stands still."""

from __future__ import annotations

from datetime import timedelta

from jobdesk import Cron, Every, ScriptAction
from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.job import Overlap
from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import Run, RunState
from tests.faults.time.house import HOUR, House

TRUE = ScriptAction(["true"])
SLEEP = ScriptAction(["sleep", "600"])


def outcomes(runs: list[Run]) -> list[tuple[RunState, Reason | None]]:
    return [(run.state, run.reason) for run in runs]


DONE = (RunState.SUCCEEDED, None)
MISSED = (RunState.SKIPPED, Reason.MISFIRE)


def test_asleep_across_three_fires(house: House) -> None:
    hourly = Cron("0 * * * *", tz="UTC")
    for policy in CatchUp:
        house.desk.add_job(policy, TRUE, trigger=hourly, catch_up=policy)
    due = house.desk.job("all").next_due_at
    assert due is not None
    with house.engine():
        # To twenty past: no fire near the moment of waking.
        house.clock.set_by((due - house.clock.now()).total_seconds() + 2 * HOUR + 1_200)
        house.until(lambda: all(len(house.runs(p)) == 3 for p in CatchUp), "three fires each")
        house.until(lambda: outcomes(house.runs("all")) == [DONE] * 3, "all of all")
        house.until(lambda: house.runs("latest")[-1].finished, "the latest")
    assert outcomes(house.runs("latest")) == [MISSED, MISSED, DONE]
    assert outcomes(house.runs("skip")) == [MISSED] * 3
    for policy in CatchUp:
        assert [run.due_at for run in house.runs(policy)] == [
            due + timedelta(hours=n) for n in range(3)
        ]
        assert house.desk.job(policy).next_due_at == due + timedelta(hours=3)


def test_what_is_due_after_a_nap_is_on_time(house: House) -> None:
    """The thread that waits for it sleeps by the other clock, an hour too long."""
    house.desk.add_job("soon", TRUE, trigger=Every("1h"), catch_up=CatchUp.SKIP)
    with house.engine():
        house.clock.set_by(HOUR - 2.5)
        house.until(lambda: house.runs("soon"), "its fire")
        house.until(lambda: house.runs("soon")[0].finished, "its end")
    assert outcomes(house.runs("soon")) == [DONE]


Q, C = (RunState.QUEUED, None), (RunState.CANCELLED, Reason.CANCELLED)
R, S = (RunState.RUNNING, None), (RunState.SKIPPED, Reason.OVERLAP)
M = MISSED

EXPECTED = {
    # What becomes of a run that was going on, and of three fires that were missed meanwhile.
    (CatchUp.SKIP, Overlap.SKIP): [R, M, M, M],
    (CatchUp.SKIP, Overlap.QUEUE): [R, M, M, M],
    (CatchUp.SKIP, Overlap.PARALLEL): [R, M, M, M],
    (CatchUp.SKIP, Overlap.REPLACE): [R, M, M, M],
    (CatchUp.LATEST, Overlap.SKIP): [R, M, M, S],
    (CatchUp.LATEST, Overlap.QUEUE): [R, M, M, Q],
    (CatchUp.LATEST, Overlap.PARALLEL): [R, M, M, R],
    (CatchUp.LATEST, Overlap.REPLACE): [C, M, M, R],
    (CatchUp.ALL, Overlap.SKIP): [R, S, S, S],
    (CatchUp.ALL, Overlap.QUEUE): [R, Q, Q, Q],
    (CatchUp.ALL, Overlap.PARALLEL): [R, R, R, R],
    (CatchUp.ALL, Overlap.REPLACE): [C, C, C, R],
}


def test_every_catch_up_with_every_overlap(house: House) -> None:
    """Each of them as runs that anybody can see."""
    names = {pair: "/".join(pair) for pair in EXPECTED}
    for (catch_up, overlap), name in names.items():
        trigger = Every("1h")
        house.desk.add_job(name, SLEEP, trigger=trigger, catch_up=catch_up, overlap=overlap)
    with house.engine(workers=64):
        for name in names.values():
            house.desk.run_job(name)
        house.until(
            lambda: all(r.state is RunState.RUNNING for n in names.values() for r in house.runs(n)),
            "the runs before",
        )
        house.clock.set_by(3.5 * HOUR)
        for pair, wanted in EXPECTED.items():
            house.until(
                lambda p=pair, w=wanted: outcomes(house.runs(names[p])) == w,  # type: ignore[misc]
                f"{names[pair]}: {outcomes(house.runs(names[pair]))}",
            )
        made = [run for name in names.values() for run in house.runs(name)]
        assert len(made) == 4 * len(EXPECTED), "nothing else came of it"
        errors = {run.error for run in made if run.state is RunState.SKIPPED}
        assert any("was not finished" in str(error) for error in errors)
        assert any("its time passed while JobDesk could not act" in str(error) for error in errors)
        waiting = [run.id for run in made if not run.finished]
        house.desk.cancel(waiting)
        house.until(lambda: all(house.desk.run(i).finished for i in waiting), "their end")
