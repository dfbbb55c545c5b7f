"""What a person does with a log of two million lines that a script is still writing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractScrollArea

from benchmarks.windows.play import (
    Player,
    Wait,
    drag,
    home,
    leave,
    play_on_jobdesk,
    wheel,
)

if TYPE_CHECKING:
    from jobdesk.gui.views.log.view import LogView

FOLLOW_SECONDS = 3.0
LOOK = 0.05
GO = "go"
"""The file in the home that lets the script write on."""
RARE, OFTEN = "line 1777777 ", "line 17"


def last_line(view: LogView) -> tuple[int, float]:
    """The number in the last whole line that is shown, and when the script wrote it."""
    rows = view.canvas.rows
    for at in range(len(rows) - 1, max(-1, len(rows) - 4), -1):
        row = rows.row(at)
        words = view.canvas.index.head(row.place, row.ordinal, 200).data.split()
        if len(words) > 3 and words[0] == b"line":
            return int(words[1]), float(words[2])
    return -1, 0.0


def _script(player: Player) -> Iterator[Wait]:
    run_id, lines = int(sys.argv[1]), int(sys.argv[2])
    yield from player.build_all_pages()
    yield 0.5
    window = player.window()
    player.note_memory("before")
    player.heart.step("open")
    began = time.perf_counter()
    window.workspace.open_run(run_id)
    view: LogView | None = None
    while view is None:
        yield 0.001
        view = next((v for v in _views(window) if v.isVisible()), None)
    yield lambda: last_line(view)[0] >= lines - 1
    player.told["tail"] = time.perf_counter() - began
    player.heart.step("load")
    yield lambda: not view.loader.loading and len(view.canvas.rows) >= lines
    player.told["whole"] = time.perf_counter() - began
    yield from _scroll(player, view.canvas)
    yield from _find(player, view)
    yield from _follow(player, view)
    player.told["bytes"] = view.canvas.index.size
    player.note_memory("end")


def _views(window: object) -> list[LogView]:
    # Late: the program imports what it needs when it needs it.
    from jobdesk.gui.views.log.view import LogView

    return window.findChildren(LogView)


def _scroll(player: Player, canvas: QAbstractScrollArea) -> Iterator[Wait]:
    player.heart.step("wheel")
    for turn in range(100):
        wheel(canvas, -3 if turn < 80 else 5)
        yield 0.016
    player.heart.step("drag")
    bar = canvas.verticalScrollBar()
    bar.setSliderDown(True)
    for step in range(80):
        drag(bar, abs(1 - step / 40))
        yield 0.016
    bar.setSliderDown(False)


def _find(player: Player, view: LogView) -> Iterator[Wait]:
    """A text that is there once, then one that is there often."""
    player.told["lines"] = last_line(view)[0] + 1
    view.searcher.open_bar()
    view.canvas.scroller.home()
    for name, text in (("rare", RARE), ("often", OFTEN)):
        player.heart.step(f"find: {name}")
        began = time.perf_counter()
        view.bar.field.setText(text)
        yield (
            lambda wanted=text: (
                view.finder.needle is not None and (view.finder.needle.text == wanted)
            )
        )
        yield lambda: not view.finder.searching
        player.told[f"found_{name}"] = view.finder.count
        player.told[f"find_{name}"] = time.perf_counter() - began
        yield 0.3
    view.bar.close_bar()


def _follow(player: Player, view: LogView) -> Iterator[Wait]:
    """The end, while the script writes: how old is the newest line on the screen?"""
    view.canvas.scroller.follow(True)
    yield 0.5
    first = last_line(view)[0]
    go = home() / GO
    go.touch()
    began = time.time()
    yield 1.0
    player.heart.step("follow")
    lags: list[float] = []
    while time.time() < began + FOLLOW_SECONDS:
        lags.append(time.time() - last_line(view)[1])
        yield LOOK
    player.told["lags"] = lags
    # By the line's own time: how late it comes is the lags' matter.
    newest, written = last_line(view)
    player.told["rate"] = (newest - first) / (written - began)
    player.heart.step(None)
    Path(go).unlink()
    yield 0.5


if __name__ == "__main__":
    leave(play_on_jobdesk(_script))
