"""What the window says of a crash that nobody saw."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from jobdesk.domain.interruption import Interruption
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import RunState
from jobdesk.gui.context import Context
from jobdesk.gui.glance import Glance
from jobdesk.gui.views.shell.notice import sentence, title
from jobdesk.gui.views.shell.workspace import Workspace
from jobdesk.store import claims, interruptions
from jobdesk.store.database import Database, default_url
from jobdesk.store.runs import RunFilter
from tests.gui.plain_pages import plain_pages
from tests.support.clock import START
from tests.support.states import ACTION

ONCE, TWICE = RetryPolicy(retries=0), RetryPolicy(retries=1)


def found(*became: RunState, ends: int = 1) -> Interruption:
    return Interruption(START, ends, dict(enumerate(became, 1)))


QUEUED, DEAD, CANCELLED = RunState.QUEUED, RunState.DEAD, RunState.CANCELLED


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (found(QUEUED), "1 run was interrupted. It will be tried again."),
        (
            found(DEAD),
            "1 run was interrupted. It had no attempts left and is a dead letter.",
        ),
        (
            found(QUEUED, DEAD, QUEUED),
            "3 runs were interrupted: 2 will be tried again, 1 is a dead letter.",
        ),
        (
            found(*[DEAD] * 1200, CANCELLED),
            "1,201 runs were interrupted: 1,200 are dead letters, 1 is cancelled.",
        ),
    ],
)
def test_the_sentence(what: Interruption, said: str) -> None:
    assert sentence(what) == said


def test_the_title_counts() -> None:
    assert title(found(QUEUED)) == "The engine ended unexpectedly"
    assert title(found(QUEUED, ends=3)) == "The engine ended unexpectedly 3 times"


@pytest.fixture
def database(context: Context) -> Iterator[Database]:
    """As the engine has it."""
    with_engine = Database.open(default_url(context.desk.home), context.desk.home)
    yield with_engine
    with_engine.close()


@pytest.fixture
def workspace(context: Context, qtbot: QtBot) -> Workspace:
    widget = Workspace(context, plain_pages())
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    glance = Glance(context.desk, context.calls, context.watch, widget)
    glance.changed.connect(widget.notice.show_snapshot)
    glance.refresh()
    return widget


def crash(context: Context, database: Database, *policies: RetryPolicy) -> list[int]:
    """Runs that were under way when the engine died, and what its successor does first."""
    desk = context.desk
    ids = [desk.push(ACTION, retry=policy).id for policy in policies]
    database.writer.run(lambda tx: claims.claim(tx, desk.now(), 10))
    database.writer.run(lambda tx: claims.rescue(tx, desk.now()))
    return ids


def test_it_is_shown_whenever_the_window_comes_and_once(
    workspace: Workspace, context: Context, database: Database, qtbot: QtBot
) -> None:
    notice = workspace.notice
    assert not notice.isVisible()
    ids = crash(context, database, TWICE, ONCE)
    context.watch.changed.emit(frozenset({"runs"}))
    qtbot.waitUntil(notice.isVisible)
    assert "2 runs were interrupted: 1 will be tried again, 1 is a dead letter." in (
        notice.text.text()
    )
    notice.runs.click()
    page = workspace.page("runs")
    assert workspace.current is page
    assert page.seen[0] == RunFilter(ids=frozenset(ids))  # type: ignore[attr-defined]
    notice.dismiss.click()
    assert not notice.isVisible()
    qtbot.waitUntil(lambda: context.desk.interruption() is None)
    again = Glance(context.desk, context.calls, context.watch, workspace)
    again.changed.connect(notice.show_snapshot)
    with qtbot.waitSignal(again.changed):
        again.refresh()
    assert not notice.isVisible()


def test_a_single_run_is_opened(
    workspace: Workspace, context: Context, database: Database, qtbot: QtBot
) -> None:
    (run_id,) = crash(context, database, ONCE)
    context.watch.changed.emit(frozenset({"runs"}))
    qtbot.waitUntil(workspace.notice.isVisible)
    workspace.notice.runs.click()
    assert workspace.current is workspace.page("run")
    assert run_id in workspace.page("run").seen  # type: ignore[attr-defined]


def test_crashes_add_up_until_somebody_has_seen_them(context: Context, database: Database) -> None:
    desk = context.desk
    assert desk.interruption() is None
    (run_id,) = crash(context, database, TWICE)
    first = desk.interruption()
    assert first is not None
    assert (first.ends, dict(first.runs)) == (1, {run_id: QUEUED})
    database.writer.run(lambda tx: claims.rescue(tx, desk.now()))
    assert desk.interruption() == first, "a start that finds nothing says nothing"
    ids = [run_id, *crash(context, database, ONCE)]
    second = desk.interruption()
    assert second is not None
    assert (second.ends, sorted(second.runs), second.ids(DEAD)) == (2, ids, ids)
    desk.dismiss_interruption()
    assert desk.interruption() is None


def test_it_stays_bounded_and_survives_damage(context: Context, database: Database) -> None:
    desk = context.desk
    run = desk.push(ACTION)
    many = [replace(run, id=number) for number in range(1, 1501)]
    random.Random(1).shuffle(many)
    database.writer.run(lambda tx: interruptions.note(tx, many, desk.now()))
    noted = desk.interruption()
    assert noted is not None
    assert sorted(noted.runs) == list(range(501, 1501))
    database.writer.run(
        lambda tx: tx.conn.exec_driver_sql(
            "UPDATE settings SET value = '{\"runs\": 7}' WHERE name = 'interruption'"
        )
    )
    assert desk.interruption() is None
    desk.dismiss_interruption()
