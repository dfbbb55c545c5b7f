from __future__ import annotations

import logging
from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from jobdesk.domain.errors import NotAllowed
from jobdesk.gui.context import Context
from jobdesk.gui.views.shell.workspace import Workspace
from jobdesk.store.runs import RunFilter
from tests.gui.plain_pages import PlainPage, plain_pages


@pytest.fixture
def workspace(context: Context, qtbot: QtBot) -> Workspace:
    widget = Workspace(context, plain_pages())
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    return widget


def page(workspace: Workspace, name: str) -> PlainPage:
    return cast(PlainPage, workspace.page(name))


def here(workspace: Workspace) -> str:
    assert workspace.current is not None
    assert workspace.stack.currentWidget() is workspace.current
    return workspace.current.name


def test_a_page_is_built_when_it_is_first_shown(workspace: Workspace) -> None:
    workspace.show_page("jobs")
    assert list(workspace._pages) == ["jobs"]
    assert page(workspace, "jobs").seen == ["on"]


def test_only_the_page_that_is_shown_is_active(workspace: Workspace) -> None:
    workspace.show_page("jobs")
    workspace.show_page("runs")
    assert page(workspace, "jobs").seen == ["on", "off"]
    assert page(workspace, "runs").seen == ["on"]


def test_the_sidebar_leads_and_follows(workspace: Workspace, context: Context) -> None:
    workspace.sidebar.button("queues").click()
    assert here(workspace) == "queues"
    context.navigation.show_page.emit("dead")
    assert workspace.sidebar.button("dead").isChecked()


def test_an_unknown_page_is_the_first_one(workspace: Workspace) -> None:
    workspace.show_page("mauve")
    assert here(workspace) == "overview"


def test_back_from_a_run_leads_where_it_was_opened(workspace: Workspace, context: Context) -> None:
    workspace.show_page("dead")
    context.navigation.open_run.emit(7)
    context.navigation.open_run.emit(9)  # the run that replayed it
    context.navigation.open_run.emit(9)  # once more is no further step
    assert here(workspace) == "run"
    assert page(workspace, "run").seen[-2:] == [9, "on"]
    assert workspace.sidebar.button("dead").isChecked()
    context.navigation.back.emit()
    assert page(workspace, "run").seen[-2:] == [7, "on"]
    context.navigation.back.emit()
    assert here(workspace) == "dead"
    context.navigation.back.emit()
    assert here(workspace) == "dead"


def test_jobs_and_filtered_runs_are_shown_on_their_pages(
    workspace: Workspace, context: Context
) -> None:
    context.navigation.open_job.emit("backup")
    assert here(workspace) == "jobs"
    assert page(workspace, "jobs").seen == ["on", "backup"]
    which = RunFilter(queue="nightly")
    context.navigation.show_runs.emit(which)
    assert here(workspace) == "runs"
    assert page(workspace, "runs").seen == [which, "on"]


def test_a_message_has_an_undo_that_works_once(workspace: Workspace, context: Context) -> None:
    undone: list[bool] = []
    context.navigation.notify.emit("“backup” is disabled.", lambda: undone.append(True))
    toast = workspace.toast
    assert toast.isVisible()
    assert toast.text == "“backup” is disabled."
    toast.button.click()
    assert undone == [True]
    assert not toast.isVisible()


def test_a_message_without_an_undo_has_no_button(workspace: Workspace, context: Context) -> None:
    context.navigation.notify.emit("Done.", None)
    assert workspace.toast.isVisible()
    assert not workspace.toast.button.isVisible()


def test_a_refusal_is_shown_as_it_is(
    workspace: Workspace, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    error = NotAllowed("run 7 has finished: it can't be cancelled")
    context.navigation.failed.emit("Cancel run 7", error)
    assert workspace.toast.text == "Cancel run 7: run 7 has finished: it can't be cancelled"
    assert not caplog.records


def test_a_defect_is_shown_and_logged(
    workspace: Workspace, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        context.navigation.failed.emit("Cancel run 7", ZeroDivisionError("by zero"))
    assert "something went wrong" in workspace.toast.text
    assert caplog.records[0].exc_info is not None
