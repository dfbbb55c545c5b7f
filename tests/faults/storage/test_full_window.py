"""What the window shows while nothing can be stored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from jobdesk import Desk, ScriptAction
from jobdesk.clock import SystemClock
from jobdesk.domain.run import RunState
from jobdesk.engine.engine import Engine
from jobdesk.gui.actions import JobActions
from jobdesk.gui.context import Context
from jobdesk.gui.engine_process import EngineProcess
from jobdesk.gui.tray import tooltip, tray_state
from jobdesk.gui.views.shell.workspace import Workspace
from jobdesk.store.database import default_url
from tests.faults.storage.disks import Gated, Quota
from tests.gui.conftest import context, garbage_here
from tests.gui.plain_pages import plain_pages

__all__ = ["context", "garbage_here"]

WAIT = 30_000


@pytest.fixture
def engine(desk: Desk) -> Iterator[Engine]:
    one = Engine(default_url(desk.home), desk.home, SystemClock(), origin="terminal")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def workspace(context: Context, qtbot: QtBot) -> Workspace:
    widget = Workspace(context, plain_pages())
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    return widget


def test_the_banner_comes_and_goes(
    engine: Engine, desk: Desk, context: Context, workspace: Workspace, gated: Gated, qtbot: QtBot
) -> None:
    process = EngineProcess(desk, context.calls, ["false"])
    process.changed.connect(workspace.banner.show_status)
    process.changed.connect(workspace.statusbar.show_status)
    process.begin(context.watch)
    run = desk.push(gated.action)
    qtbot.waitUntil(lambda: gated.times == 1, timeout=WAIT)
    assert workspace.banner.isHidden()
    quota = Quota(engine._db)
    quota.on = True
    gated.let_go()
    desk.push(ScriptAction(["x" * 50, "y" * 50_000]))
    qtbot.waitUntil(lambda: not workspace.banner.isHidden(), timeout=WAIT)
    assert "The database can't be used: the disk is full" in workspace.banner._text.text()
    assert workspace.banner.button.isHidden()
    assert workspace.statusbar.engine_text == "Engine waiting: nothing can be stored"
    assert "the disk is full" in workspace.statusbar._engine.toolTip()
    assert tray_state(None, process.status) == "attention"
    assert tooltip(None, process.status) == "JobDesk: nothing can be stored"
    quota.on = False
    qtbot.waitUntil(lambda: workspace.banner.isHidden(), timeout=WAIT)
    assert workspace.statusbar.engine_text.startswith("Engine running")
    qtbot.waitUntil(lambda: desk.run(run.id).state is RunState.SUCCEEDED, timeout=WAIT)
    process.close()


def test_a_command_says_why_it_failed(
    desk: Desk, context: Context, workspace: Workspace, qtbot: QtBot
) -> None:
    desk.add_job("report", ScriptAction(["true", "x" * 50_000]))
    Quota(desk._db).on = True
    JobActions(context, workspace).run_now("report")
    qtbot.waitUntil(lambda: workspace.toast.isVisible(), timeout=WAIT)
    assert "the disk is full; nothing was stored" in workspace.toast.text
    assert desk.runs() == []


def test_no_engine_is_started_where_the_database_is_gone(
    desk: Desk, context: Context, qtbot: QtBot
) -> None:
    """It would make a new and empty one, and the old one could not come back."""
    process = EngineProcess(desk, context.calls, ["false"])
    aside = desk.home.with_name("aside")
    desk.home.rename(aside)
    process.begin()
    qtbot.waitUntil(lambda: bool(process.status.trouble), timeout=WAIT)
    assert "is gone; nothing was stored. Put its folder back" in process.status.trouble
    assert not desk.home.exists()
    aside.rename(desk.home)
    process.close()
