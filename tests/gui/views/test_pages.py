"""Every page on a real desk: what it shows, what it does, what stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from jobdesk.desk import Desk
from jobdesk.domain.run import RunState
from jobdesk.gui.context import Context
from jobdesk.gui.models.jobs_model import JobsModel
from jobdesk.gui.models.runs_model import DeadModel
from jobdesk.gui.views.jobs.jobs_page import JobsPage
from jobdesk.gui.views.list_page import ListPage
from jobdesk.gui.views.overview.overview import OverviewPage
from jobdesk.gui.views.page import Page
from jobdesk.gui.views.queues.queue_dialog import QueueDialog
from jobdesk.gui.views.queues.queues_page import QueuesPage
from jobdesk.gui.views.runs.dead_page import DeadPage
from jobdesk.gui.views.runs.runs_page import RunsPage
from jobdesk.store.runs import RunFilter
from tests.gui.seeding import Seeded, many

P = TypeVar("P", bound=Page)


def opened(qtbot: QtBot, page: P) -> P:
    """The page, shown and active."""
    qtbot.addWidget(page)
    page.resize(1200, 700)
    page.show()
    page.activate()
    if isinstance(page, ListPage):
        qtbot.waitUntil(lambda: page.table.cells.rowCount() > 0)
    return page


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def answer(qtbot: QtBot, page: Page, word: str) -> None:
    """Press the button of that name in the question that is open."""
    boxes: list[QMessageBox] = []

    def look() -> bool:
        boxes[:] = [box for box in page.findChildren(QMessageBox) if box.isVisible()]
        return bool(boxes)

    qtbot.waitUntil(look)
    (button,) = [b for b in boxes[0].buttons() if b.text() == word]
    click(qtbot, button)


# -- jobs ---------------------------------------------------------------------------------


def test_jobs_are_listed_and_searched(qtbot: QtBot, context: Context, seeded: Seeded) -> None:
    page = opened(qtbot, JobsPage(context))
    assert [row.name for row in page.model.rows] == seeded.jobs
    page.search.setText("backup")
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    page.search.setText("no such thing")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.empty)
    click(qtbot, page.empty.button)
    assert page.model.rowCount() == len(seeded.jobs)


def test_jobs_are_listed_as_people_count(qtbot: QtBot, context: Context, seeded: Seeded) -> None:
    for name in ("Zip 10", "zip 2"):
        context.desk.add_job(name, context.desk.job(seeded.jobs[0]).spec.action)
    page = opened(qtbot, JobsPage(context))
    assert [row.name for row in page.model.rows][-2:] == ["zip 2", "Zip 10"]


def test_a_first_job_is_asked_for(qtbot: QtBot, context: Context) -> None:
    page = JobsPage(context)
    qtbot.addWidget(page)
    page.show()
    page.activate()
    qtbot.waitUntil(lambda: page.empty.button.text() == "New job" and page.empty.isVisible())
    with qtbot.waitSignal(context.navigation.new_job):
        click(qtbot, page.empty.button)


def test_a_job_is_explained(qtbot: QtBot, context: Context, seeded: Seeded) -> None:
    page = opened(qtbot, JobsPage(context))
    page.select("Nightly backup")
    shown = page.inspector
    assert shown.schedule.text() == "At 02:30"
    assert len(shown.fires.text().splitlines()) == 5
    assert shown.policy.values()["Retries"] == "2, after 1s, 1s"
    assert shown.policy.values()["Timeout"] == "1 h 00 m"
    assert shown.policy.notes()["Timeout"] == "from the job"
    assert shown.policy.notes()["Overlap"] == ""
    qtbot.waitUntil(lambda: bool(shown.ticks.runs))
    assert [run.state for run in shown.ticks.runs] == [RunState.DEAD]


def test_commands_on_a_job(qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded) -> None:
    page = opened(qtbot, JobsPage(context))
    assert not page.run_now.isEnabled()
    page.select("Rebuild the index")
    with qtbot.waitSignal(context.navigation.notify):
        page.run_now.trigger()
    assert [run.job for run in desk.runs(limit=1)] == ["Rebuild the index"]
    with qtbot.waitSignal(context.navigation.edit_job) as asked:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert asked.args == ["Rebuild the index"]
    with qtbot.waitSignal(context.navigation.duplicate_job):
        page.duplicate.trigger()
    with qtbot.waitSignal(context.navigation.show_runs) as asked:
        page.show_runs.trigger()
    assert asked.args == [RunFilter(job="Rebuild the index")]


def test_the_switch_disables_and_the_row_follows(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, JobsPage(context))
    page.select("Health check")
    at = page.model.find_name("Health check")
    assert at is not None
    place = page.table.visualRect(page.model.index(at, JobsModel.ENABLED)).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: not desk.job("Health check").spec.enabled)
    qtbot.waitUntil(lambda: page.toggle.text() == "Enable")
    assert [row.name for row in page.table.selected_rows()] == ["Health check"]


def test_deleting_asks_and_keeps_the_runs(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, JobsPage(context))
    page.select("Nightly backup")
    page.delete.trigger()
    answer(qtbot, page, "Delete job")
    qtbot.waitUntil(lambda: page.model.find_name("Nightly backup") is None)
    assert len(desk.runs(RunFilter(job="Nightly backup"))) == 1
    assert page.inspector.job is not None
    assert page.inspector.job.name == "Rebuild the index"  # the next one


def test_a_job_that_cant_be_read_is_shown(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    desk._db.writer.run(
        lambda tx: tx.conn.execute(text("UPDATE jobs SET spec = '{' WHERE name = 'Health check'"))
    )
    page = opened(qtbot, JobsPage(context))
    assert page.warning.isVisible()
    assert "1 job can't be read" in page.warning.text()
    page.select("Health check")
    assert not page.run_now.isEnabled()
    assert page.run_now.statusTip() == "This job can't be read"
    assert page.delete.isEnabled()
    assert page.inspector.problem.isVisible()


# -- runs ---------------------------------------------------------------------------------


def test_runs_are_filtered_by_state_job_queue_and_text(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, RunsPage(context))
    bar = page.filters

    def shows(which: RunFilter) -> None:
        wanted = [run.id for run in desk.runs(which)]
        qtbot.waitUntil(lambda: [run.id for run in page.model.rows] == wanted)
        assert bar.filter == which

    click(qtbot, bar.chips[RunState.DEAD])
    shows(RunFilter(states=frozenset({RunState.DEAD})))
    click(qtbot, bar.chips[RunState.RUNNING])
    both = frozenset({RunState.DEAD, RunState.RUNNING})
    shows(RunFilter(states=both))
    qtbot.waitUntil(lambda: bar.queue.count() > 1)
    bar.queue.setCurrentIndex(bar.queue.findData("bulk"))
    bar.queue.activated.emit(bar.queue.currentIndex())
    shows(RunFilter(states=both, queue="bulk"))
    qtbot.keyClicks(bar.search, "encode")
    shows(RunFilter(states=both, queue="bulk", text="encode"))
    qtbot.keyClicks(bar.search, "zzz")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.empty)
    click(qtbot, page.empty.button)
    shows(RunFilter())
    assert not bar.clear.isVisible()


def test_a_filter_from_elsewhere_is_shown(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, RunsPage(context))
    page.set_filter(RunFilter(job="Nightly backup", attention=True))
    qtbot.waitUntil(lambda: [r.id for r in page.model.rows] == [seeded.one(RunState.DEAD)])
    assert page.filters.job.chosen == "Nightly backup"
    assert page.filters.attention.isChecked()
    click(qtbot, page.filters.clear)
    qtbot.waitUntil(lambda: page.model.filter == RunFilter())


def test_certain_runs_are_listed_until_the_others_are_wanted_too(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, RunsPage(context))
    assert not page.filters.picked.isVisible()
    two = {seeded.one(RunState.DEAD), seeded.one(RunState.RUNNING)}
    page.set_filter(RunFilter(ids=frozenset(two)))
    qtbot.waitUntil(lambda: {r.id for r in page.model.rows} == two)
    assert page.filters.picked.text() == "These 2 runs"
    click(qtbot, page.filters.picked)
    qtbot.waitUntil(lambda: page.model.filter == RunFilter())
    assert not page.filters.clear.isVisible()


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (RunState.DEAD, {"Open", "Replay", "Discard"}),
        (RunState.SUCCEEDED, {"Open", "Replay"}),
        (RunState.RUNNING, {"Open", "Cancel"}),
        (RunState.QUEUED, {"Open", "Cancel"}),
        (RunState.RETRYING, {"Open", "Retry now", "Cancel"}),
        (RunState.SCHEDULED, {"Open", "Cancel"}),
    ],
)
def test_the_selection_says_what_can_be_done(
    qtbot: QtBot, context: Context, seeded: Seeded, state: RunState, allowed: set[str]
) -> None:
    page = opened(qtbot, RunsPage(context))
    assert page.table.select(seeded.one(state))
    actions = page.commands.all
    assert {action.text() for action in actions if action.isEnabled()} == allowed
    assert all(action.statusTip() for action in actions)
    assert page.inspector.run is not None
    assert page.inspector.run.state is state


def test_the_inspector_explains_a_failure(qtbot: QtBot, context: Context, seeded: Seeded) -> None:
    page = opened(qtbot, RunsPage(context))
    page.table.select(seeded.one(RunState.DEAD))
    assert page.inspector.sentence.text() == "The script's exit code was not 0."
    assert page.inspector.error.text() == "exit code 7"
    qtbot.waitUntil(lambda: sum(not line.isHidden() for line in page.inspector._lines) == 3)


@pytest.mark.parametrize(
    ("state", "command", "after"),
    [
        (RunState.DEAD, "discard", RunState.DISCARDED),
        (RunState.QUEUED, "cancel", RunState.CANCELLED),
        (RunState.RETRYING, "retry", RunState.QUEUED),
    ],
)
def test_commands_act_on_the_selection_which_stays(
    qtbot: QtBot,
    desk: Desk,
    context: Context,
    seeded: Seeded,
    state: RunState,
    command: str,
    after: RunState,
) -> None:
    page = opened(qtbot, RunsPage(context))
    run_id = seeded.one(state)
    page.table.select(run_id)
    with qtbot.waitSignal(context.navigation.notify):
        getattr(page.commands, command).trigger()
    assert desk.run(run_id).state is after
    qtbot.waitUntil(lambda: page.inspector.run is not None and page.inspector.run.state is after)
    assert [run.id for run in page.table.selected_rows()] == [run_id]


def test_replay_makes_a_new_run_that_appears_by_itself(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, RunsPage(context))
    page.table.select(seeded.one(RunState.DEAD))
    page.commands.replay.trigger()
    qtbot.waitUntil(lambda: page.model.row(0).replay_of == seeded.one(RunState.DEAD))
    qtbot.waitUntil(lambda: not page.commands.replay.isEnabled())
    assert "already" in page.commands.replay.statusTip()


def test_a_pill_says_what_is_new_and_leads_there(
    qtbot: QtBot, desk: Desk, context: Context
) -> None:
    many(desk, 150)
    page = opened(qtbot, RunsPage(context))
    page.table.verticalScrollBar().setValue(900)
    many(desk, 4)
    qtbot.waitUntil(page.pill.isVisible)
    assert "4 new runs" in page.pill.text()
    click(qtbot, page.pill)
    qtbot.waitUntil(lambda: page.model.rowCount() == 154 and not page.pill.isVisible())
    assert page.table.verticalScrollBar().value() == 0


def test_a_hidden_page_reads_nothing_and_catches_up(
    qtbot: QtBot, desk: Desk, context: Context
) -> None:
    with qtbot.waitSignal(context.watch.changed):  # or a reading may be under way when it hides
        many(desk, 3)
    page = opened(qtbot, RunsPage(context))
    page.deactivate()
    with qtbot.waitSignal(context.watch.changed):
        many(desk, 2)
    assert page.model.rowCount() == 3
    page.activate()
    qtbot.waitUntil(lambda: page.model.rowCount() == 5)


# -- queues -------------------------------------------------------------------------------


def test_queues_are_paused_and_resumed(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, QueuesPage(context))
    page.table.select(desk.queue("bulk").id)
    page.pause.trigger()
    qtbot.waitUntil(lambda: page.pause.text() == "Resume")
    assert desk.queue("bulk").paused
    page.resume_all.trigger()
    qtbot.waitUntil(lambda: not page.resume_all.isEnabled())
    assert not any(queue.paused for queue in desk.queues())
    page.pause_all.trigger()
    qtbot.waitUntil(lambda: not page.pause_all.isEnabled())
    assert page.resume_all.isEnabled()


def test_dead_letters_of_one_queue_are_replayed(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, QueuesPage(context))
    page.table.select(desk.queue("bulk").id)
    assert not page.replay.isEnabled()
    page.table.select(desk.queue("reports").id)
    with qtbot.waitSignal(context.navigation.notify):
        page.replay.trigger()
    assert desk.queue("reports").dead == 0
    assert desk.queue("nightly").dead == 1


def dialog_of(page: QueuesPage, qtbot: QtBot) -> QueueDialog:
    qtbot.waitUntil(lambda: any(d.isVisible() for d in page.findChildren(QueueDialog)))
    (dialog,) = [d for d in page.findChildren(QueueDialog) if d.isVisible()]
    return dialog


def test_a_limit_is_set(qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded) -> None:
    page = opened(qtbot, QueuesPage(context))
    page.table.select(desk.queue("reports").id)
    page.edit.trigger()
    dialog = dialog_of(page, qtbot)
    assert not dialog.limits.limit.isEnabled()
    dialog.limits.limited.click()
    dialog.limits.limit.setValue(7)
    with qtbot.waitSignal(dialog.saved):
        dialog.save.click()
    assert desk.queue("reports").concurrency == 7


def test_a_new_queue_has_a_name_that_is_checked_as_one_types(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, QueuesPage(context))
    page.new.trigger()
    dialog = dialog_of(page, qtbot)
    assert not dialog.save.isEnabled()
    dialog.name.setText("bulk")
    assert "already" in dialog.problem.text()
    dialog.name.setText("x" * 300)
    assert "at most 255 characters" in dialog.problem.text()
    assert not dialog.save.isEnabled()
    dialog.name.setText("slow")
    assert not dialog.problem.text()
    with qtbot.waitSignal(dialog.saved):
        dialog.save.click()
    qtbot.waitUntil(lambda: [q.name for q in page.table.selected_rows()] == ["slow"])


# -- dead letters -------------------------------------------------------------------------


def test_one_click_replays_a_dead_letter_which_leaves(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, DeadPage(context))
    assert {run.id for run in page.model.rows} == set(seeded.runs[RunState.DEAD])
    run = page.model.row(0)
    place = page.table.visualRect(page.model.index(0, DeadModel.REPLAY)).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    assert desk.run(run.id).replayed_by is not None


def test_a_selection_is_discarded_after_a_question(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, DeadPage(context))
    page.table.selectAll()
    page.commands.discard.trigger()
    answer(qtbot, page, "Discard")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.empty)
    states = {desk.run(run_id).state for run_id in seeded.runs[RunState.DEAD]}
    assert states == {RunState.DISCARDED}
    qtbot.waitUntil(lambda: not page.replay_all.isEnabled())


def test_all_are_replayed(qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded) -> None:
    page = opened(qtbot, DeadPage(context))
    qtbot.waitUntil(page.replay_all.isEnabled)
    page.replay_all.trigger()
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.empty)
    assert desk.overview().dead == 0


# -- overview -----------------------------------------------------------------------------


def test_the_overview_adds_up(qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded) -> None:
    page = opened(qtbot, OverviewPage(context))
    qtbot.waitUntil(lambda: page.dead_card.number == "3")
    numbers = [c.number for c in (page.running_card, page.queued_card, page.retrying_card)]
    assert numbers == ["2", "3", "1"]
    due = [line.key for line in page.next.shown]
    assert due[0] == "Health check"
    assert "Clean up downloads" not in due
    assert [line.key for line in page.failures.shown] == seeded.runs[RunState.DEAD][::-1]
    qtbot.waitUntil(lambda: bool(page.chart.buckets))
    assert sum(bucket.failed for bucket in page.chart.buckets) >= 3


@pytest.mark.parametrize(
    ("card", "states"),
    [
        ("running_card", {RunState.RUNNING}),
        ("queued_card", {RunState.QUEUED, RunState.SCHEDULED}),
        ("retrying_card", {RunState.RETRYING}),
    ],
)
def test_cards_lead_to_their_runs(
    qtbot: QtBot, context: Context, seeded: Seeded, card: str, states: set[RunState]
) -> None:
    page = opened(qtbot, OverviewPage(context))
    with qtbot.waitSignal(context.navigation.show_runs) as asked:
        qtbot.mouseClick(getattr(page, card), Qt.MouseButton.LeftButton)
    assert asked.args == [RunFilter(states=frozenset(states))]
    with qtbot.waitSignal(context.navigation.show_page) as asked:
        qtbot.keyClick(page.dead_card, Qt.Key.Key_Return)
    assert asked.args == ["dead"]


def test_a_failure_is_replayed_from_the_overview(
    qtbot: QtBot, desk: Desk, context: Context, seeded: Seeded
) -> None:
    page = opened(qtbot, OverviewPage(context))
    qtbot.waitUntil(lambda: len(page.failures.shown) == 3)
    click(qtbot, page.failures.button_of(0))
    qtbot.waitUntil(lambda: len(page.failures.shown) == 2)
    assert desk.run(seeded.one(RunState.DEAD)).replayed_by is not None


def test_the_first_start_says_what_to_do(qtbot: QtBot, desk: Desk, context: Context) -> None:
    page = opened(qtbot, OverviewPage(context))
    qtbot.waitUntil(page.empty.isVisible)
    with qtbot.waitSignal(context.navigation.new_job):
        click(qtbot, page.empty.button)
    many(desk, 1)
    qtbot.waitUntil(lambda: not page.empty.isVisible())


@pytest.mark.parametrize("make", [JobsPage, RunsPage, QueuesPage, DeadPage, OverviewPage])
def test_a_page_repaints_in_the_other_scheme(
    qtbot: QtBot, context: Context, seeded: Seeded, make: Callable[[Context], Page]
) -> None:
    page = opened(qtbot, make(context))
    light = page.grab().toImage()
    context.theme.set_appearance("dark")
    assert page.grab().toImage() != light
