"""What the rows of jobs, queues, runs and dead letters say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.queue import Queue, QueuePolicy
from jobdesk.domain.run import RunState
from jobdesk.domain.wording import REASON_WORDS
from jobdesk.gui.context import Context
from jobdesk.gui.models import run_words
from jobdesk.gui.models.cells import BadgeCell, BarCell, ButtonCell, TextCell, ToggleCell
from jobdesk.gui.models.jobs_model import JobsModel, matches
from jobdesk.gui.models.queues_model import QueuesModel
from jobdesk.gui.models.runs_model import DeadModel, RunsModel
from jobdesk.store.rows import Unreadable
from tests.gui.seeding import Seeded


def test_jobs(desk: Desk, context: Context, seeded: Seeded, qtmodeltester: ModelTester) -> None:
    model = JobsModel(context.theme, seeded.now)
    model.show(desk.jobs())
    qtmodeltester.check(model)
    backup = model.find_name("Nightly backup")
    assert backup is not None
    name = model.cell(backup, JobsModel.NAME)
    assert name == TextCell(
        "Nightly backup", second="rsync -a /home/me/projects /mnt/backup",
        icon="mdi6.console", bold=True,
    )  # fmt: skip
    schedule = model.cell(backup, JobsModel.SCHEDULE)
    assert isinstance(schedule, TextCell)
    assert (schedule.text, schedule.second) == ("At 02:30", "Europe/Berlin")
    last = model.cell(backup, JobsModel.LAST)
    assert isinstance(last, BadgeCell)
    assert (last.text, last.role) == ("Dead", "danger")
    disabled = model.find_name("Clean up downloads")
    assert disabled is not None
    assert model.cell(disabled, JobsModel.ENABLED) == ToggleCell(False, "disabled")
    assert model.cell(disabled, JobsModel.NEXT) == TextCell("Disabled", "muted")


def test_a_changed_job_changes_its_row_alone(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    model = JobsModel(context.theme, seeded.now)
    model.show(desk.jobs())
    desk.enable_job("Health check", False)
    with qtbot.waitSignal(model.dataChanged) as changed:
        model.show(desk.jobs())
    at = model.find_name("Health check")
    assert (changed.args[0].row(), changed.args[1].row()) == (at, at)


def test_an_unreadable_job_is_a_row_that_says_so(context: Context, desk: Desk) -> None:
    model = JobsModel(context.theme, desk.now())
    row = Unreadable("jobs", 3, "odd", "what it says is no JSON")
    model.show([row])
    name = model.cell(0, JobsModel.NAME)
    assert isinstance(name, TextCell)
    assert (name.text, name.role) == ("odd", "warning")
    assert "what it says is no JSON" in model.hint(row, JobsModel.NAME)
    assert all(model.cell(0, column).text is not None for column in range(model.columnCount()))


def test_jobs_are_found_by_name_action_and_queue(desk: Desk, seeded: Seeded) -> None:
    found = {text: [j.name for j in desk.jobs() if matches(j, text)] for text in
             ("BACKUP", "rsync", "reports", "nothing like it")}  # fmt: skip
    assert found == {
        "BACKUP": ["Nightly backup"],
        "rsync": ["Nightly backup"],
        "reports": ["Morning report"],
        "nothing like it": [],
    }


def test_queues(desk: Desk, seeded: Seeded, qtmodeltester: ModelTester) -> None:
    model = QueuesModel(seeded.now)
    model.show(desk.queues())
    qtmodeltester.check(model)
    rows = {queue.name: at for at, queue in enumerate(model.rows)}
    assert model.cell(rows["bulk"], QueuesModel.DEPTH) == BarCell("3", 1.0, "accent")
    assert model.cell(rows["default"], QueuesModel.DEPTH) == BarCell("0", 0.0, "accent")
    assert model.cell(rows["bulk"], QueuesModel.RUNNING) == TextCell("2 / 2", "info")
    assert model.cell(rows["default"], QueuesModel.RUNNING).text == "0 / no limit"
    assert model.cell(rows["nightly"], QueuesModel.STATE).text == "Paused"
    assert model.cell(rows["reports"], QueuesModel.DEAD) == TextCell("2", "danger", bold=True)


def test_queues_say_that_they_have_a_policy_and_a_rate() -> None:
    model = QueuesModel(datetime.now(UTC))
    policy = QueuePolicy(rate="5/s", timeout="90s", keep_dead_days=14)
    model.show([Queue(1, "emails", concurrency=4, policy=policy), Queue(2, "plain")])
    name = model.cell(0, QueuesModel.NAME)
    assert isinstance(name, TextCell)
    assert name.second == "own timeout, history"
    assert model.cell(0, QueuesModel.RUNNING) == TextCell("0 / 4", second="5 per second")
    assert "at most 5 per second started" in model.hint(model.row(0), QueuesModel.RUNNING)
    assert "Dead letters: kept 14 days" in model.hint(model.row(0), QueuesModel.NAME)
    assert model.cell(1, QueuesModel.RUNNING) == TextCell("0 / no limit")


def test_empty_queues_have_no_bars() -> None:
    model = QueuesModel(datetime.now(UTC))
    model.show([Queue(1, "a"), Queue(2, "b")])
    assert [model.cell(row, QueuesModel.DEPTH) for row in (0, 1)] == [BarCell("0", 0.0)] * 2


def test_runs_say_why_they_are_where_they_are(desk: Desk, seeded: Seeded) -> None:
    now = seeded.now
    run = {state: desk.run(seeded.one(state)) for state in RunState}
    said = {state: run_words.detail(one, now) for state, one in run.items()}
    assert said[RunState.RETRYING].startswith("Retry in 9:3")
    assert said[RunState.RETRYING].endswith("HTTP 503 Service Unavailable")
    assert said[RunState.QUEUED] == "Waiting for a free worker"
    assert said[RunState.SCHEDULED].startswith("Runs in ")
    assert said[RunState.DEAD] == "exit code 7"
    assert said[RunState.SUCCEEDED] == ""
    paused = frozenset({"bulk"})
    assert run_words.detail(run[RunState.QUEUED], now, paused) == "The queue bulk is paused"
    ending = replace(run[RunState.RUNNING], cancel_requested=True)
    assert "cancellation" in run_words.detail(ending, now)
    replayed = replace(run[RunState.DEAD], replayed_by=9)
    assert run_words.detail(replayed, now) == "Replayed as run 9 · exit code 7"


def test_the_countdown_goes_on_with_the_clock(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    model = RunsModel(context.calls, desk, context.theme, seeded.now)
    with qtbot.waitSignal(model.loaded):
        model.to_top()
    at = model.find(seeded.one(RunState.RETRYING))
    assert at is not None
    due = model.row(at).available_at
    model.tick(due - timedelta(seconds=42))
    assert model.cell(at, RunsModel.DETAIL).text.startswith("Retry in 0:42")
    running = model.find(seeded.one(RunState.RUNNING))
    assert running is not None
    started = model.row(running).attempt_started_at
    assert started is not None
    model.tick(started + timedelta(seconds=75))
    assert model.cell(running, RunsModel.TOOK).text == "1 m 15 s"


def test_runs_of_a_paused_queue_say_so_as_soon_as_it_is_known(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    model = RunsModel(context.calls, desk, context.theme, seeded.now)
    with qtbot.waitSignal(model.loaded):
        model.to_top()
    with qtbot.waitSignal(model.dataChanged):
        model.set_paused(frozenset({"bulk"}))
    at = model.find(seeded.one(RunState.QUEUED))
    assert at is not None
    assert model.cell(at, RunsModel.DETAIL).text == "The queue bulk is paused"


def test_dead_letters(qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded) -> None:
    model = DeadModel(context.calls, desk, context.theme, seeded.now)
    with qtbot.waitSignal(model.loaded):
        model.to_top()
    at = model.find(seeded.one(RunState.DEAD))
    assert at is not None
    reason = model.row(at).reason
    assert reason is not None
    assert model.cell(at, DeadModel.REASON) == TextCell(
        REASON_WORDS[reason], second="exit code 7", second_role="danger"
    )
    assert model.cell(at, DeadModel.ATTEMPTS).text == "3 of 3"
    assert model.cell(at, DeadModel.REPLAY) == ButtonCell("Replay", "mdi6.replay")


def test_every_cell_of_every_state_can_be_read(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded, qtmodeltester: ModelTester
) -> None:
    model = RunsModel(context.calls, desk, context.theme, seeded.now)
    with qtbot.waitSignal(model.loaded):
        model.to_top()
    qtmodeltester.check(model)
    shown = {run.state for run in model.rows}
    assert shown == set(RunState)
    names = {model.cell(at, RunsModel.STATE).text for at in range(model.rowCount())}
    assert names == {state.value.capitalize() for state in RunState}
