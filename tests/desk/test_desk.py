"""The Python API: INTERFACE's examples to the letter, and what may go wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobdesk import At, Cron, Desk, Every, HttpAction, ListBackoff, RetryPolicy, ScriptAction
from jobdesk.domain.errors import InvalidInput, NotFound, Unavailable
from tests.support.command import environment

TRUE = ScriptAction(["true"])

EXAMPLE = """
from jobdesk import Desk, HttpAction, ScriptAction, Cron
desk = Desk.open()                                                  # the same home as everybody else's
run = desk.push(ScriptAction(["backup.sh"]), queue="nightly", delay=30)              # seconds or timedelta; or at=datetime
ids = desk.push_many([ScriptAction(["/bin/true"])] * 500, queue="bulk", delay=0)     # one transaction, a list of ids
desk.add_job("report", HttpAction("POST", "http://localhost:8000/report"), trigger=Cron("0 7 * * 1-5", tz="Europe/Berlin"))
"""  # noqa: E501


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open() as desk:
        yield desk


def test_the_example_in_a_script_that_never_closes(own_home: Path, desk: Desk) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLE + "assert ids == list(range(ids[0], ids[0] + 500))"],
        env=environment(own_home),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    counts = {queue.name: (queue.queued, queue.scheduled) for queue in desk.queues()}
    assert counts == {"default": (0, 0), "nightly": (0, 1), "bulk": (500, 0)}
    (job,) = desk.jobs()
    assert (job.name, job.timezone) == ("report", "Europe/Berlin")


def test_the_same_job_by_both_doors_is_the_same_row(desk: Desk, tmp_path: Path) -> None:
    from jobdesk.cli.app import run

    args = ["--every", "5m", "--queue", "q", "--retries", "2", "--env", "A=1", "--cwd", "/"]
    assert run(["job", "add", "cli", *args, "--", "true"], lambda **_: 1) == 0
    desk.add_job(
        "python",
        ScriptAction(["true"], cwd="/", env={"A": "1"}),
        trigger=Every("5m"),
        queue="q",
        retry=RetryPolicy(retries=2),
    )
    cli, python = desk.jobs()
    assert cli.spec.model_copy(update={"name": "python"}) == python.spec


def test_a_key_makes_one_run(desk: Desk) -> None:
    first = desk.push(TRUE, key="k")
    assert desk.push(TRUE, key="k", queue="other") == first
    assert len(desk.runs()) == 1


def test_times(desk: Desk) -> None:
    run = desk.push(TRUE, delay=timedelta(minutes=5))
    assert run.due_at - run.created_at == timedelta(minutes=5)
    moment = datetime(2040, 1, 1, tzinfo=UTC)
    assert desk.push(TRUE, at=moment).due_at == moment
    # Like a time without an offset on the command line: local.
    naive = datetime(2040, 1, 1)  # noqa: DTZ001
    assert desk.push(TRUE, at=naive).due_at == desk.push(TRUE, at="2040-01-01").due_at


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("delay", {"delay": -1}),
        ("delay", {"delay": timedelta(-1)}),
        ("delay", {"delay": timedelta.max}),
        ("delay", {"delay": float("nan")}),
        ("delay", {"delay": float("inf")}),
        ("delay", {"delay": 10**5000}),
        ("delay", {"delay": True}),
        ("at", {"at": datetime.min}),  # noqa: DTZ901
        ("at", {"at": 5}),
        ("at", {"at": "2040-01-01", "delay": 5}),
        ("priority", {"priority": 1.5}),
        ("priority", {"priority": None}),
        ("queue", {"queue": None}),
        ("queue", {"queue": "\udcff"}),
        ("timeout", {"timeout": 0}),
        ("retry", {"retry": "fixed:1s"}),
        ("key", {"key": 5}),
    ],
)
def test_pushes_that_are_refused(desk: Desk, field: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.push(TRUE, **wrong)
    assert refusal.value.problems[0].field == field
    assert len(str(refusal.value)) < 300
    assert desk.runs() == []


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("command", lambda: ScriptAction("true")),  # type: ignore[arg-type]
        ("command", lambda: ScriptAction(5)),  # type: ignore[arg-type]
        ("command", lambda: ScriptAction(iter(["a"]))),  # type: ignore[arg-type]
        ("command", lambda: ScriptAction([])),
        ("command", lambda: ScriptAction()),
        ("command", lambda: ScriptAction(["a"], shell="b")),
        ("command", lambda: ScriptAction(["a\0"])),
        ("env A", lambda: ScriptAction(["a"], env={"A": "x" * 10_000_000})),
        ("env", lambda: ScriptAction(["a"], env={"A=": "x"})),
        ("env", lambda: ScriptAction(["a"], env={"A\udcff": "x"})),
        ("command", lambda: ScriptAction(["a"], env={f"A{n}": "x" * 100_000 for n in range(99)})),
        ("url", HttpAction),
        ("body", lambda: HttpAction("POST", "http://x", body="x" * 20_000_000)),
        ("header A", lambda: HttpAction("POST", "http://x", headers={"A": "a\r\nB: c"})),
        ("at", lambda: At(datetime(2040, 1, 1))),  # noqa: DTZ001
        ("every", lambda: Every(0.5)),
        ("cron", Cron),
        ("tz", lambda: Cron("@daily", tz="Nope")),
        ("retries", lambda: RetryPolicy(retries=-1)),
        ("backoff", lambda: ListBackoff(delays=())),
    ],
)
def test_values_that_are_refused(field: str, make: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make()
    assert refusal.value.problems[0].field == field
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("what", ["x", None, 5])
def test_only_actions_are_pushed(desk: Desk, what: Any) -> None:
    with pytest.raises(InvalidInput, match="expected a ScriptAction or an HttpAction"):
        desk.push_many([TRUE, what])
    assert desk.runs() == []


def test_every_bad_field_of_a_job_is_named(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.add_job("", TRUE, priority="x", queue="", bogus=1)
    fields = {problem.field for problem in refusal.value.problems}
    assert fields == {"name", "priority", "queue", "bogus"}


@pytest.mark.parametrize("run_id", [-1, 0, 1, 2**63, 2**70])
def test_no_such_run(desk: Desk, run_id: int) -> None:
    with pytest.raises(NotFound):
        desk.run(run_id)
    with pytest.raises(NotFound):
        desk.cancel([run_id])


def test_pushing_from_several_threads(desk: Desk) -> None:
    ids: list[int] = []

    def work() -> None:
        ids.extend(desk.push(TRUE).id for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == [run.id for run in reversed(desk.runs(limit=1000))]
    assert len(set(ids)) == 80


def test_a_closed_desk_says_so(own_home: Path) -> None:
    with Desk.open() as desk:
        desk.push(TRUE)
    with pytest.raises(Unavailable, match="the database is closed"):
        desk.push(TRUE)
    desk.close()


def test_waiting_without_an_engine(desk: Desk) -> None:
    run = desk.push(TRUE)
    with pytest.raises(Unavailable, match="no engine is running"):
        desk.wait(run.id)
