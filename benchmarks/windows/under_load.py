"""What a person looks at while an engine works as fast as it can and the history grows."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QTableView

from benchmarks.windows.play import Player, Wait, argument, leave, play_on_empty, play_on_jobdesk

SECONDS, EMPTY_SECONDS = 1.0, 2.5
PAGES = ("overview", "jobs", "queues", "dead")


def _empty(player: Player) -> Iterator[Wait]:
    yield 0.5
    player.heart.step("empty")
    yield EMPTY_SECONDS


def _script(player: Player) -> Iterator[Wait]:
    yield player.has_rows
    yield from player.build_all_pages()
    yield 0.5
    table = player.table()
    player.heart.step("runs, at the top")
    yield SECONDS
    player.heart.step(None)
    for place in (0.02, 0.5):
        bar = table.verticalScrollBar()
        bar.setValue(round(place * bar.maximum()))
        yield 0.6
        table.selectRow(table.rowAt(table.viewport().height() // 2))
        yield 0.6
        before = _place(table)
        player.heart.step("runs, a row selected")
        yield SECONDS
        player.heart.step(None)
        player.told.setdefault("stayed", []).append(before == _place(table))
    window = player.window()
    for name in PAGES:
        window.workspace.show_page(name)
        yield 0.5
        player.heart.step(name)
        yield SECONDS
        player.heart.step(None)
    player.note_memory("end")


def _place(table: QTableView) -> tuple[object, ...]:
    """The run at the top of the view, how far it is scrolled out, and what is selected."""
    first = table.rowAt(0)
    chosen = [table.cells.row(index.row()).id for index in table.selectionModel().selectedRows()]
    return table.cells.row(first).id, table.rowViewportPosition(first), chosen


if __name__ == "__main__":
    leave(play_on_empty(_empty) if argument() == "empty" else play_on_jobdesk(_script))
