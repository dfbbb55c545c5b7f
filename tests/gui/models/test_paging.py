"""A window over the history: bounded, in step with the database, and true to its places."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.run import RunState
from jobdesk.domain.run_filter import Found
from jobdesk.gui.context import Context
from jobdesk.gui.models.paging import MOST, PAGE
from jobdesk.gui.models.runs_model import RunsModel
from jobdesk.store.runs import RunFilter
from tests.gui.seeding import many

ROWS = 6_000
TRUE = ScriptAction(["/bin/true"])


@pytest.fixture
def model(context: Context, desk: Desk) -> RunsModel:
    return RunsModel(context.calls, desk, context.theme, desk.now())


def load(qtbot: QtBot, model: RunsModel, act: Callable[[], None]) -> None:
    with qtbot.waitSignal(model.loaded):
        act()


def ids(model: RunsModel) -> list[int]:
    return [run.id for run in model.rows]


def settle(qtbot: QtBot, model: RunsModel) -> None:
    """Wait until nothing is being fetched."""
    qtbot.waitUntil(lambda: not model._fetching)


def look(model: RunsModel, first: int, *, follow: bool = False, hold: bool = False) -> None:
    model.look_at(first, first + 20, follow=follow, hold=hold)


def test_the_first_page_is_the_newest(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    made = many(desk, 500)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    assert ids(model) == made[: -PAGE - 1 : -1]
    assert model.at_top
    assert not model.at_bottom


def test_an_empty_history(qtbot: QtBot, model: RunsModel) -> None:
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    assert model.rowCount() == 0
    assert model.at_top
    assert model.at_bottom


def test_qt_agrees(qtbot: QtBot, desk: Desk, model: RunsModel, qtmodeltester: ModelTester) -> None:
    many(desk, 30)
    qtmodeltester.check(model)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    qtmodeltester.check(model)
    load(qtbot, model, lambda: model.set_filter(RunFilter(text="item 1")))
    assert model.rowCount() == 11
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.index(0, 0).parent() == QModelIndex()


def test_all_of_it_in_both_directions_in_bounded_memory(
    qtbot: QtBot, desk: Desk, model: RunsModel
) -> None:
    made = many(desk, ROWS)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    seen = set(ids(model))
    while not model.at_bottom:
        look(model, model.rowCount() - 21)
        settle(qtbot, model)
        assert model.rowCount() <= MOST
        assert ids(model) == list(range(model.row(0).id, model.row(0).id - model.rowCount(), -1))
        seen.update(ids(model))
    assert seen == set(made)
    assert not model.at_top
    while not model.at_top:
        look(model, 0)
        settle(qtbot, model)
        assert model.rowCount() <= MOST
    assert ids(model)[0] == made[-1]
    assert ids(model) == made[: -model.rowCount() - 1 : -1]


def test_a_view_that_turns_round_while_a_page_is_fetched_gets_the_other_end(
    qtbot: QtBot, desk: Desk, model: RunsModel
) -> None:
    many(desk, 1_000)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    load(qtbot, model, model.to_end)
    model._at_bottom = False  # as it is while a last page, which is empty, is to come
    look(model, model.rowCount() - 21)
    look(model, 0)
    qtbot.waitUntil(lambda: model.rowCount() > PAGE)


def test_the_end_is_one_step_away(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    made = many(desk, 3_000)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    load(qtbot, model, model.to_end)
    assert ids(model) == made[PAGE - 1 :: -1]
    assert model.at_bottom
    assert not model.at_top
    load(qtbot, model, model.to_top)
    assert ids(model)[0] == made[-1]


def test_at_the_top_new_runs_come_in(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    many(desk, 50)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    look(model, 0, follow=True)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    new = many(desk, 3)
    with qtbot.waitSignal(model.rowsInserted):
        model.refresh()
    assert ids(model)[:3] == new[::-1]
    assert not resets


def test_away_from_the_top_new_runs_are_counted(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    many(desk, 150)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    before = ids(model)
    look(model, 60)
    many(desk, 3)
    with qtbot.waitSignal(model.newer) as counted:
        model.refresh()
    assert counted.args == [3]
    assert ids(model) == before
    with qtbot.waitSignal(model.newer) as counted:
        look(model, 0, follow=True)
    assert counted.args == [0]
    assert model.rowCount() == 153


def test_more_than_a_page_at_once_goes_there(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    many(desk, 50)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    look(model, 0, follow=True)
    new = many(desk, 1_000)
    load(qtbot, model, model.refresh)
    assert ids(model)[0] == new[-1]
    assert not model.at_bottom
    look(model, model.rowCount() - 21)
    settle(qtbot, model)
    assert ids(model) == list(range(model.row(0).id, model.row(0).id - model.rowCount(), -1))


def test_but_not_while_something_is_selected(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    many(desk, 50)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    before = ids(model)
    look(model, 0, follow=True, hold=True)
    many(desk, 1_000)
    with qtbot.waitSignal(model.newer):
        model.refresh()
    assert ids(model) == before


def test_a_refresh_tells_of_the_changed_rows_only(
    qtbot: QtBot, desk: Desk, model: RunsModel
) -> None:
    made = many(desk, 150)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    look(model, 60)
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda a, b: changed.append((a.row(), b.row())))
    target = model.row(70).id
    assert target in made
    desk.cancel([target])
    with qtbot.waitSignal(model.dataChanged):
        model.refresh()
    assert changed == [(70, 70)]
    assert model.row(70).state is RunState.CANCELLED


def test_rows_off_screen_are_read_again_when_they_are_shown(
    qtbot: QtBot, desk: Desk, model: RunsModel
) -> None:
    many(desk, 180)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    look(model, 0, follow=True)
    target = model.row(170).id
    desk.cancel([target])
    with qtbot.waitSignal(model.edited, timeout=300, raising=False):
        model.refresh()
    assert model.row(170).state is RunState.QUEUED
    with qtbot.waitSignal(model.dataChanged):
        look(model, 159)
    assert model.row(170).state is RunState.CANCELLED


def test_a_run_that_no_longer_matches_leaves(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    many(desk, 20)
    queued = RunFilter(states=frozenset({RunState.QUEUED}))
    load(qtbot, model, lambda: model.set_filter(queued))
    look(model, 0, follow=True)
    gone = [model.row(3).id, model.row(4).id]
    desk.cancel(gone)
    with qtbot.waitSignal(model.rowsRemoved):
        model.refresh()
    assert model.rowCount() == 18
    assert not set(gone) & set(ids(model))


def test_the_last_run_to_leave_makes_it_empty(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    (only,) = many(desk, 1)
    queued = RunFilter(states=frozenset({RunState.QUEUED}))
    load(qtbot, model, lambda: model.set_filter(queued))
    look(model, 0, follow=True)
    desk.cancel([only])
    load(qtbot, model, model.refresh)
    assert model.rowCount() == 0


def test_an_answer_to_an_old_filter_is_dropped(qtbot: QtBot, desk: Desk, model: RunsModel) -> None:
    many(desk, 30)
    desk.push(TRUE, queue="other")
    model.set_filter(RunFilter(queue="default"))
    load(qtbot, model, lambda: model.set_filter(RunFilter(queue="other")))
    assert [run.queue for run in model.rows] == ["other"]
    settle(qtbot, model)
    assert model.rowCount() == 1


def test_a_failure_is_told_and_what_is_shown_stays(
    qtbot: QtBot, desk: Desk, model: RunsModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **options: object) -> Found:
        raise OSError("the disk is gone")

    many(desk, 5)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    monkeypatch.setattr(desk, "search_runs", broken)
    with qtbot.waitSignal(model.failed) as failed:
        model.refresh()
    assert str(failed.args[0]) == "the disk is gone"
    assert model.rowCount() == 5


def test_what_a_search_finds_bit_by_bit_is_shown_as_it_comes(
    qtbot: QtBot, desk: Desk, model: RunsModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = many(desk, 40)
    asked: list[int | None] = []
    real = desk.search_runs

    def slow(
        which: RunFilter | None = None, *, before: int | None = None, limit: int = 100, **keys: int
    ) -> Found:
        """Gets through ten ids at a time, and finds nothing in the first ten."""
        asked.append(before)
        top = (made[-1] + 1) if before is None else before
        edge = top - 10
        found = real(which, before=top, after=edge - 1, limit=limit)
        runs = [] if before is None else found.runs
        return Found(runs, edge if edge > made[0] else None)

    monkeypatch.setattr(desk, "search_runs", slow)
    counts: list[int] = []
    model.loaded.connect(lambda: counts.append(model.rowCount()))
    model.set_filter(RunFilter(text="item"))
    qtbot.waitUntil(lambda: model.at_bottom and model.rowCount() == 30)
    assert asked == [None, made[-1] - 9, made[-1] - 19, made[-1] - 29]
    assert counts[0] == 10, "nothing is said to be loaded before something is found"
    assert ids(model) == made[29::-1]


@pytest.mark.parametrize("at", [0, 7, 49])
def test_finding_a_run_and_its_neighbours(
    qtbot: QtBot, desk: Desk, model: RunsModel, at: int
) -> None:
    many(desk, 50)
    load(qtbot, model, lambda: model.set_filter(RunFilter()))
    assert model.find(model.row(at).id) == at
    assert model.find(0) is None
    assert model.nearest(0) == 49
    assert model.nearest(10**9) == 0
