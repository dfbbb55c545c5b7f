from __future__ import annotations

import sys

import pytest
from pytestqt.qtbot import QtBot

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.errors import Unavailable
from jobdesk.gui import glance as module
from jobdesk.gui.context import Context
from jobdesk.gui.glance import Glance
from tests.gui.test_alerts import die

ACTION = ScriptAction([sys.executable])


@pytest.fixture
def glance(context: Context) -> Glance:
    return Glance(context.desk, context.calls, context.watch)


def test_it_sees_sums_jobs_and_failures(glance: Glance, context: Context, qtbot: QtBot) -> None:
    (dead,) = die(context.desk)
    context.desk.add_job("backup", ACTION)
    with qtbot.waitSignal(glance.changed):
        glance.refresh()
    seen = glance.snapshot
    assert seen is not None
    assert (seen.overview.dead, seen.workers, seen.jobs) == (1, 8, ("backup",))
    assert [run.id for run in seen.failures] == [dead]
    assert not seen.all_paused
    assert seen.incidents == 1


def test_it_looks_again_when_something_changed(
    glance: Glance, context: Context, qtbot: QtBot
) -> None:
    context.desk.push(ACTION)
    qtbot.waitUntil(lambda: glance.snapshot is not None and glance.snapshot.overview.queued == 1)
    context.desk.pause_all()
    qtbot.waitUntil(lambda: glance.snapshot is not None and glance.snapshot.all_paused)


def test_nothing_new_is_not_told(glance: Glance, qtbot: QtBot) -> None:
    with qtbot.waitSignal(glance.changed):
        glance.refresh()
    with qtbot.assertNotEmitted(glance.changed, wait=200):
        glance.refresh()


def test_what_is_asked_meanwhile_is_read_once_more(
    glance: Glance, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    real = module.read
    monkeypatch.setattr(module, "read", lambda desk: (reads.append(1), real(desk))[1])
    for _ in range(5):
        glance.refresh()
    qtbot.waitUntil(lambda: not glance._reading)
    assert len(reads) == 2


def test_trouble_is_told_and_does_not_stop_it(
    glance: Glance, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(desk: object) -> None:
        raise Unavailable("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(module, "read", fail)
        with qtbot.waitSignal(glance.failed):
            glance.refresh()
    with qtbot.waitSignal(glance.changed):
        glance.refresh()
