"""What a person does on a page of a million runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QTableView

from benchmarks.windows.play import (
    Player,
    Wait,
    argument,
    drag,
    leave,
    move_mouse,
    play_on_empty,
    play_on_jobdesk,
    wheel,
)

EMPTY_SECONDS = 1.5
RARE_TEXT = "/bin/true 77777"
"""In the titles of a few runs in a million: what a search has to find."""


def _empty(player: Player) -> Iterator[Wait]:
    yield 0.5
    player.heart.step("empty")
    yield EMPTY_SECONDS


def _script(player: Player) -> Iterator[Wait]:
    yield from player.build_all_pages()
    yield 0.5
    player.heart.step("open")
    player.window().workspace.show_page("runs")
    yield player.has_rows
    yield 0.5
    player.note_memory("open")
    table = player.table()
    yield from _wheel(player, table)
    yield from _drag(player, table)
    yield from _jump(player, table)
    yield from _filter(player, table)
    player.note_memory("end")


def _wheel(player: Player, table: QTableView) -> Iterator[Wait]:
    player.heart.step("wheel")
    for turn in range(100):
        move_mouse(table.viewport(), table.viewport().rect().center())
        wheel(table, 3 if turn < 80 else -5)
        yield 0.016


def _drag(player: Player, table: QTableView) -> Iterator[Wait]:
    player.heart.step("drag")
    bar = table.verticalScrollBar()
    bar.setSliderDown(True)
    for round_ in range(2):
        for step in range(40):
            share = step / 39
            drag(bar, share if round_ % 2 == 0 else 1 - share)
            yield 0.016
    bar.setSliderDown(False)


def _jump(player: Player, table: QTableView) -> Iterator[Wait]:
    player.heart.step("jump")
    for key in (Qt.Key.Key_End, Qt.Key.Key_Home, Qt.Key.Key_End):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QApplication.postEvent(table, event)
        yield 0.3
    for _ in range(40):
        wheel(table, -3)
        yield 0.016


def _filter(player: Player, table: QTableView) -> Iterator[Wait]:
    """Each filter until its first row is there, and a moment more."""
    # Late: the program imports what it needs when it needs it.
    from jobdesk.domain.run import RunState
    from jobdesk.store.runs import RunFilter

    window = player.window()
    page = next(w for w in window.findChildren(type(table).__mro__[0]) if w is table)
    while not hasattr(page, "set_filter"):
        page = page.parentWidget()
    now = datetime.now(UTC)
    filters = {
        "state": RunFilter(states=frozenset({RunState.DEAD})),
        "rare states": RunFilter(states=frozenset({RunState.RETRYING, RunState.SKIPPED})),
        "job": RunFilter(job="job 7"),
        "time": RunFilter(since=now - timedelta(days=20), until=now - timedelta(days=18)),
        "text in a name": RunFilter(text=RARE_TEXT),
        "text in an error": RunFilter(text="exit code 88"),
        "text nowhere": RunFilter(text="no such words"),
    }
    for name, which in filters.items():
        player.heart.step(f"filter: {name}")
        loaded: list[None] = []
        table.runs.loaded.connect(lambda seen=loaded: seen.append(None))
        page.set_filter(which)
        yield lambda seen=loaded: bool(seen)
        yield 0.2
        for _ in range(12):
            wheel(table, 3)
            yield 0.016
    player.heart.step("typing")
    page.set_filter(RunFilter())
    for length in range(1, len(RARE_TEXT)):
        page.filters.search.setText(RARE_TEXT[:length])
        yield 0.08
    yield 0.6


if __name__ == "__main__":
    leave(play_on_empty(_empty) if argument() == "empty" else play_on_jobdesk(_script))
