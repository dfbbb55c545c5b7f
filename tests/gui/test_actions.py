from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk, Replayed
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.errors import NotFound
from jobdesk.domain.run import RunState
from jobdesk.gui.actions import JobActions, QueueActions, RunActions, replayed_words
from jobdesk.gui.context import Context
from jobdesk.store import claims
from tests.gui.test_alerts import die

ACTION = ScriptAction([sys.executable])


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def run_actions(context: Context, parent: QWidget) -> RunActions:
    return RunActions(context, parent)


def told(qtbot: QtBot, context: Context, act: Callable[[], object]) -> list[Any]:
    """What the window is told when ``act`` is done: the text and the undo."""
    with qtbot.waitSignal(context.navigation.notify, timeout=5000) as signal:
        act()
    return list(signal.args)


def refused(qtbot: QtBot, context: Context, act: Callable[[], object]) -> list[Any]:
    with qtbot.waitSignal(context.navigation.failed, timeout=5000) as signal:
        act()
    return list(signal.args)


def question(parent: QWidget, qtbot: QtBot) -> QMessageBox:
    """The question that is open, or soon will be."""
    qtbot.waitUntil(lambda: any(b.isVisible() for b in parent.findChildren(QMessageBox)))
    return next(b for b in parent.findChildren(QMessageBox) if b.isVisible())


def answer(box: QMessageBox, text: str) -> None:
    next(button for button in box.buttons() if button.text() == text).click()


def start(desk: Desk, run_id: int) -> None:
    (claim,) = desk._db.writer.run(lambda tx: claims.claim(tx, desk.now(), 1))
    assert claim.run.id == run_id


def test_replay_says_what_came_of_it(
    run_actions: RunActions, context: Context, qtbot: QtBot
) -> None:
    (dead,) = die(context.desk)
    text, undo = told(qtbot, context, lambda: run_actions.replay([dead]))
    new = context.desk.run(dead).replayed_by
    assert text == f"Replayed as run {new}."
    assert undo is None


@pytest.mark.parametrize(
    ("done", "asked", "said"),
    [
        ([Replayed(1, None)], 1, "It was replayed before, so nothing new was started."),
        ([Replayed(1, 5), Replayed(2, 6)], 2, "Replayed as 2 new runs."),
        (
            [Replayed(1, 5), Replayed(2, None)],
            2,
            "Replayed as run 5. 1 of 2 were left out: replayed before.",
        ),
        ([Replayed(1, None), Replayed(2, None)], 2, "They were all replayed before."),
        ([], 0, "Nothing to replay."),
    ],
)
def test_words_of_a_replay(done: list[Replayed], asked: int, said: str) -> None:
    assert replayed_words(done, asked) == said


def test_replay_of_all_dead_letters(
    run_actions: RunActions, context: Context, qtbot: QtBot
) -> None:
    die(context.desk, 3)
    text, _ = told(qtbot, context, lambda: run_actions.replay_dead())
    assert text == "Replayed as 3 new runs."
    assert context.desk.overview().dead == 0


def test_waiting_runs_are_cancelled_without_a_question(
    run_actions: RunActions, context: Context, qtbot: QtBot, parent: QWidget
) -> None:
    run = context.desk.push(ACTION)
    text, _ = told(qtbot, context, lambda: run_actions.cancel([run.id]))
    assert text == f"Run {run.id} is cancelled."
    assert context.desk.run(run.id).state is RunState.CANCELLED
    assert not parent.findChildren(QMessageBox)


def test_a_running_run_is_cancelled_after_a_question(
    run_actions: RunActions, context: Context, qtbot: QtBot, parent: QWidget
) -> None:
    run = context.desk.push(ACTION)
    start(context.desk, run.id)
    run_actions.cancel([run.id])
    box = question(parent, qtbot)
    assert str(run.id) in box.text()
    told(qtbot, context, lambda: answer(box, "Cancel run"))
    assert context.desk.run(run.id).cancel_requested


def test_a_no_leaves_it_running(
    run_actions: RunActions, context: Context, qtbot: QtBot, parent: QWidget
) -> None:
    run = context.desk.push(ACTION)
    start(context.desk, run.id)
    run_actions.cancel([run.id])
    box = question(parent, qtbot)
    with qtbot.assertNotEmitted(context.navigation.notify, wait=100):
        box.reject()
    assert not context.desk.run(run.id).cancel_requested


def test_a_selection_is_acted_on_as_far_as_it_can_be(
    run_actions: RunActions, context: Context, qtbot: QtBot
) -> None:
    waiting, dead = [], die(context.desk)
    waiting = context.desk.push_many([ACTION] * 2)
    text, _ = told(qtbot, context, lambda: run_actions.cancel([*waiting, *dead]))
    assert text == "2 runs cancelled. 1 had moved on meanwhile."


def test_a_single_refusal_says_why(run_actions: RunActions, context: Context, qtbot: QtBot) -> None:
    (dead,) = die(context.desk)
    what, error = refused(qtbot, context, lambda: run_actions.retry([dead]))
    assert what == f"Retry run {dead}"
    assert "dead" in str(error)


def test_one_dead_letter_is_discarded_at_once_and_many_after_a_question(
    run_actions: RunActions, context: Context, qtbot: QtBot, parent: QWidget
) -> None:
    one, *more = die(context.desk, 3)
    text, _ = told(qtbot, context, lambda: run_actions.discard([one]))
    assert text == f"Run {one} is discarded."
    run_actions.discard(more)
    box = question(parent, qtbot)
    assert box.text() == "Discard 2 dead letters?"
    told(qtbot, context, lambda: answer(box, "Discard"))
    assert context.desk.overview().dead == 0


def test_a_run_that_is_gone(run_actions: RunActions, context: Context, qtbot: QtBot) -> None:
    _, error = refused(qtbot, context, lambda: run_actions.replay([99]))
    assert isinstance(error, NotFound)


def test_disabling_a_job_can_be_undone(context: Context, parent: QWidget, qtbot: QtBot) -> None:
    context.desk.add_job("backup", ACTION)
    actions = JobActions(context, parent)
    text, undo = told(qtbot, context, lambda: actions.set_enabled("backup", False))
    assert text == "“backup” is disabled."
    assert not context.desk.job("backup").spec.enabled
    told(qtbot, context, undo)
    assert context.desk.job("backup").spec.enabled


def test_run_now(context: Context, parent: QWidget, qtbot: QtBot) -> None:
    context.desk.add_job("backup", ACTION)
    text, _ = told(qtbot, context, lambda: JobActions(context, parent).run_now("backup"))
    (run,) = context.desk.runs()
    assert text == f"“backup” is queued as run {run.id}."


def test_deleting_a_job_asks_and_tells_its_history_s_fate(
    context: Context, parent: QWidget, qtbot: QtBot
) -> None:
    context.desk.add_job("backup", ACTION)
    context.desk.run_job("backup")
    JobActions(context, parent).remove("backup")
    box = question(parent, qtbot)
    assert "stay in the history" in box.informativeText()
    assert box.defaultButton().text() == "Cancel"
    told(qtbot, context, lambda: answer(box, "Delete job"))
    assert context.desk.jobs() == []
    assert len(context.desk.runs()) == 1


def test_pausing_a_queue_can_be_undone(context: Context, parent: QWidget, qtbot: QtBot) -> None:
    context.desk.set_queue("bulk", concurrency=None)
    actions = QueueActions(context, parent)
    text, undo = told(qtbot, context, lambda: actions.set_paused("bulk", True))
    assert text == "The queue “bulk” is paused."
    told(qtbot, context, undo)
    assert not context.desk.queue("bulk").paused


def test_undoing_pause_all_leaves_those_that_were_paused_before(
    context: Context, parent: QWidget, qtbot: QtBot
) -> None:
    desk = context.desk
    for name in ("bulk", "nightly"):
        desk.set_queue(name, concurrency=None)
    desk.pause_queue("nightly")
    actions = QueueActions(context, parent)
    _, undo = told(qtbot, context, lambda: actions.set_all_paused(True))
    assert all(queue.paused for queue in desk.queues())
    undo()
    qtbot.waitUntil(lambda: not desk.queue("bulk").paused)
    assert desk.queue("nightly").paused
