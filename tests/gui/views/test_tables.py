"""Selection and place stay; rows can be opened, switched and pressed; all cells paint."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.run import RunState
from jobdesk.gui.context import Context
from jobdesk.gui.models.jobs_model import JobsModel
from jobdesk.gui.models.queues_model import QueuesModel
from jobdesk.gui.models.runs_model import DeadModel, RunsModel
from jobdesk.gui.views.runs.run_table import RunTable
from jobdesk.gui.views.tables import Table
from jobdesk.store.runs import RunFilter
from tests.gui.seeding import many


def run_table(qtbot: QtBot, context: Context) -> RunTable:
    desk = context.desk
    model = RunsModel(context.calls, desk, context.theme, desk.now())
    table = RunTable(model, context.theme, context.state, "runs")
    model.setParent(table)
    qtbot.addWidget(table)
    table.resize(1000, 500)
    table.show()
    with qtbot.waitSignal(model.loaded):
        table.show_newest(RunFilter())
    return table


def top_id(table: RunTable) -> tuple[int, int]:
    """The first run on screen, and how far it is scrolled out."""
    first, _ = table.visible()
    return table.runs.row(first).id, table.rowViewportPosition(first)


def test_place_and_selection_stay_while_runs_come_and_change(
    qtbot: QtBot, desk: Desk, context: Context
) -> None:
    many(desk, 190)
    table = run_table(qtbot, context)
    table.verticalScrollBar().setValue(1234)
    table.select(table.runs.row(42).id)
    before, chosen = top_id(table), table.selected_rows()[0].id
    many(desk, 5)
    desk.cancel([table.runs.row(45).id])
    with qtbot.waitSignal(table.runs.dataChanged):
        table.runs.refresh()
    assert top_id(table) == before
    assert [run.id for run in table.selected_rows()] == [chosen]


def test_place_stays_when_rows_above_it_go(qtbot: QtBot, desk: Desk, context: Context) -> None:
    many(desk, 190)
    table = run_table(qtbot, context)
    with qtbot.waitSignal(table.runs.loaded):
        table.show_newest(RunFilter(states=frozenset({RunState.QUEUED})))
    table.verticalScrollBar().setValue(1234)
    before, (first, _) = top_id(table), table.visible()
    desk.cancel([table.runs.row(first - 3).id, table.runs.row(first - 5).id])
    with qtbot.waitSignal(table.runs.rowsRemoved):
        table.runs.refresh()
    assert top_id(table) == before


def test_scrolling_goes_through_all_of_it_and_back(
    qtbot: QtBot, desk: Desk, context: Context
) -> None:
    made = many(desk, 3_000)
    table = run_table(qtbot, context)
    bar = table.verticalScrollBar()

    def at_the_oldest() -> bool:
        bar.setValue(bar.maximum())
        return table.runs.row(table.visible()[1]).id == made[0]

    def at_the_newest() -> bool:
        bar.setValue(0)
        return top_id(table) == (made[-1], 0)

    qtbot.waitUntil(at_the_oldest)
    assert not table.runs.at_top
    qtbot.waitUntil(at_the_newest)
    qtbot.waitUntil(lambda: table.runs.at_top)


def test_newer_pages_come_in_above_what_is_on_screen(
    qtbot: QtBot, desk: Desk, context: Context
) -> None:
    many(desk, 3_000)
    table = run_table(qtbot, context)
    with qtbot.waitSignal(table.runs.loaded):
        table.to_last()
    table.verticalScrollBar().setValue(0)
    before, rows = top_id(table), table.runs.rowCount()
    qtbot.waitUntil(lambda: table.runs.rowCount() > rows)
    assert top_id(table) == before


def test_what_is_on_screen_stays_when_the_far_end_is_let_go(
    qtbot: QtBot, desk: Desk, context: Context
) -> None:
    many(desk, 3_000)
    table = run_table(qtbot, context)
    bar = table.verticalScrollBar()
    while table.runs.at_top:
        bar.setValue(bar.maximum() - 50)
        before = top_id(table)
        with qtbot.waitSignal(table.runs.edited):
            table._look()
        assert top_id(table) == before


def test_home_and_end(qtbot: QtBot, desk: Desk, context: Context) -> None:
    made = many(desk, 3_000)
    table = run_table(qtbot, context)
    with qtbot.waitSignal(table.runs.loaded):
        qtbot.keyClick(table, Qt.Key.Key_End)
    assert [run.id for run in table.selected_rows()] == [made[0]]
    assert table.runs.row(table.visible()[1]).id == made[0]
    with qtbot.waitSignal(table.runs.loaded):
        qtbot.keyClick(table, Qt.Key.Key_Home)
    assert [run.id for run in table.selected_rows()] == [made[-1]]


def test_return_and_double_click_open(qtbot: QtBot, desk: Desk, context: Context) -> None:
    many(desk, 3)
    table = run_table(qtbot, context)
    table.select(table.runs.row(1).id)
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [table.runs.row(1)]
    place = table.visualRect(table.runs.index(2, RunsModel.NAME)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.args == [table.runs.row(2)]


@pytest.mark.usefixtures("seeded")
def test_a_switch_is_clicked_not_opened(qtbot: QtBot, desk: Desk, context: Context) -> None:
    model = JobsModel(context.theme, desk.now())
    table = Table(model, context.theme, context.state, "jobs", tall=True)
    model.setParent(table)
    qtbot.addWidget(table)
    table.resize(1000, 500)
    table.show()
    model.show(desk.jobs())
    place = table.visualRect(model.index(1, JobsModel.ENABLED)).topLeft() + QPoint(20, 25)
    with qtbot.waitSignal(table.clicked_cell) as clicked, qtbot.assertNotEmitted(table.opened):
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [model.row(1), JobsModel.ENABLED]


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_every_kind_of_cell_is_painted(
    qtbot: QtBot, desk: Desk, context: Context, appearance: str
) -> None:
    context.theme.set_appearance(appearance)
    now = desk.now()
    jobs, queues = JobsModel(context.theme, now), QueuesModel(now)
    jobs.show(desk.jobs())
    queues.show(desk.queues())
    dead = DeadModel(context.calls, desk, context.theme, now)
    with qtbot.waitSignal(dead.loaded):
        dead.set_filter(RunFilter(attention=True))
    for model in (jobs, queues, dead):
        table = Table(model, context.theme, context.state, "any", tall=True)
        model.setParent(table)
        qtbot.addWidget(table)
        table.resize(1300, 400)
        table.show()
        picture = table.viewport().grab().toImage()
        surface = context.theme.color("surface")
        for column in range(model.columnCount()):
            cell = table.visualRect(model.index(0, column))
            assert any_other_color(picture, cell.x(), cell.width(), surface), (model, column)


def any_other_color(picture: QImage, left: int, width: int, color: QColor) -> bool:
    ratio = picture.devicePixelRatio()
    return any(
        picture.pixelColor(int(x * ratio), int(y * ratio)) != color
        for x in range(left, left + width, 1)
        for y in range(4, 200, 1)
    )


def test_columns_that_can_be_done_without_go_first(
    qtbot: QtBot, desk: Desk, context: Context
) -> None:
    table = run_table(qtbot, context)
    header = table.horizontalHeader()

    def hidden() -> set[str]:
        return {c.title for n, c in enumerate(table.runs.columns) if header.isSectionHidden(n)}

    table.resize(1400, 400)
    assert hidden() == set()
    table.resize(900, 400)
    assert "Origin" in hidden()
    assert not {"State", "Name", "When", "Detail"} & hidden()
    table.resize(320, 400)
    assert {"State", "Name"} & hidden() == set()
    table.resize(1400, 400)
    assert hidden() == set()


def test_widths_are_remembered(qtbot: QtBot, desk: Desk, context: Context) -> None:
    table = run_table(qtbot, context)
    table.resize(1400, 400)
    table.horizontalHeader().resizeSection(RunsModel.QUEUE, 150)
    again = run_table(qtbot, context)
    again.resize(1400, 400)
    assert again.columnWidth(RunsModel.QUEUE) == 150


def test_damaged_widths_are_ignored(qtbot: QtBot, desk: Desk, context: Context) -> None:
    context.state.set("table/runs/9", {"3": "wide", "99": 5, "x": 1, "1": -4})
    table = run_table(qtbot, context)
    table.resize(1400, 400)
    assert table.columnWidth(RunsModel.QUEUE) == 88
