"""The log as a person sees it: followed, filtered, searched, copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.log import Stream
from jobdesk.gui.context import Context
from jobdesk.gui.models.log.selection import Spot
from jobdesk.gui.models.log.text import MOST
from jobdesk.gui.views.log.loader import PAGE
from jobdesk.gui.views.log.view import LogView
from tests.gui.run_builder import RunBuilder

OUT, ERR, SYSTEM = Stream.STDOUT, Stream.STDERR, Stream.SYSTEM


@pytest.fixture
def run(desk: Desk) -> RunBuilder:
    builder = RunBuilder(desk, ScriptAction(["/bin/true"]))
    builder.start()
    return builder


@pytest.fixture
def view(qtbot: QtBot, context: Context) -> Iterator[LogView]:
    shown = LogView(context)
    qtbot.addWidget(shown)
    shown.resize(800, 400)
    with qtbot.waitExposed(shown):
        shown.show()
    yield shown
    shown.loader.open(None, None)


def show(qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder) -> None:
    """The newest attempt, loaded to its end."""
    with qtbot.waitSignal(view.loaded):
        view.show_attempt(run.id, desk.attempts(run.id)[-1])


def look(qtbot: QtBot, view: LogView) -> None:
    with qtbot.waitSignal(view.loaded):
        view.look()


def texts(view: LogView) -> list[str]:
    return [view.canvas.drawn(at).text.text for at in range(len(view.canvas.rows))]


def test_shows_all_streams_in_order(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    run.write((SYSTEM, b"started\n"), (OUT, b"one\n"), (ERR, b"oops\n"), (OUT, b"two\n"))
    show(qtbot, view, desk, run)
    assert texts(view) == ["started", "one", "oops", "two"]
    assert view.toolbar.told.text() == "4 lines · 21 bytes"


def test_says_why_there_is_nothing(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    view.show_attempt(None, None)
    assert "first attempt" in view.canvas.placeholder
    show(qtbot, view, desk, run)
    assert view.canvas.placeholder == "Nothing printed yet."
    view.toolbar.chips.button(2).click()
    assert view.canvas.placeholder == "Nothing printed to stderr yet."


def test_follows_what_comes_until_scrolled_up(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    run.write(*[(OUT, b"line %d\n" % n) for n in range(100)])
    show(qtbot, view, desk, run)
    scroller = view.canvas.scroller
    assert scroller.following
    assert scroller.top == 100 - scroller.height
    run.write((OUT, b"more\n"))
    look(qtbot, view)
    assert scroller.top == 101 - scroller.height

    QTest.keyClick(view.canvas, Qt.Key.Key_PageUp)
    assert not view.toolbar.follow.isChecked()
    top = scroller.top
    run.write((OUT, b"still more\n"))
    look(qtbot, view)
    assert scroller.top == top

    view.toolbar.follow.click()
    assert scroller.top == 102 - scroller.height
    QTest.keyClick(view.canvas, Qt.Key.Key_Home)
    assert (scroller.top, scroller.following) == (0, False)
    QTest.keyClick(view.canvas, Qt.Key.Key_End)
    assert scroller.following


def test_loads_page_by_page_and_never_reads_again_what_it_has(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.write(*[(OUT, b"line %d\n" % n) for n in range(3 * PAGE)])
    asked: list[int] = []
    real = desk.log

    def log(run_id: int, **options: object) -> object:
        if "last" not in options:  # that is the end, which is shown meanwhile
            asked.append(options["after"])  # type: ignore[arg-type]
        return real(run_id, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Desk, "log", lambda self, run_id, **options: log(run_id, **options))
    show(qtbot, view, desk, run)
    assert len(view.canvas.rows) == 3 * PAGE
    run.write((OUT, b"new\n"), skip=50)  # the engine dropped some from the middle meanwhile
    look(qtbot, view)
    assert texts(view)[-1] == "new"
    assert asked == sorted(set(asked))


def test_the_end_of_a_long_log_is_there_first(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    lines = 3 * PAGE
    run.write(*[(OUT, b"line %d\n" % n) for n in range(lines)])
    seen: list[tuple[int, str]] = []
    view.loader.grew.connect(lambda: seen.append((len(view.loader.index), texts(view)[-1])))
    show(qtbot, view, desk, run)
    loaded, shown = seen[0]
    assert loaded < lines
    assert shown == f"line {lines - 1}"
    assert {text for _, text in seen} == {shown}, "and it stays in sight"
    assert texts(view) == [f"line {n}" for n in range(lines)]
    assert view.canvas.scroller.following
    assert not view.canvas.index.partial


def test_who_scrolls_in_the_end_of_a_long_log_stays_there_when_the_rest_has_come(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    lines = 3 * PAGE
    run.write(*[(OUT, b"".join(b"line %d.%d\n" % (n, part) for part in range(20)))
                for n in range(lines)])  # fmt: skip
    places: list[str] = []

    def scroll() -> None:
        canvas = view.canvas
        if not places:
            assert canvas.index.partial
            canvas.scroller.move(-30)
            places.append(canvas.drawn(canvas.scroller.top).text.text)
            row = canvas.scroller.top + 2
            canvas.selection.select(Spot(row, 0), Spot(row, 8))
            # More comes before all of what was there has come.
            run.write((OUT, b"new\n"))

    view.loader.grew.connect(scroll)
    show(qtbot, view, desk, run)
    look(qtbot, view)
    canvas = view.canvas
    assert not canvas.index.partial
    assert len(canvas.rows) == 20 * lines + 1
    assert canvas.drawn(canvas.scroller.top).text.text == places[0]
    assert canvas.selection.first.row == canvas.scroller.top + 2
    assert not canvas.scroller.following


def test_another_attempt_replaces_the_log_while_the_first_is_loading(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    run.write((OUT, b"of the first run\n"))
    first = desk.attempts(run.id)[-1]
    other = RunBuilder(desk, ScriptAction(["/bin/true"]))
    other.start()
    other.write((OUT, b"of the second run\n"))
    view.show_attempt(run.id, first)
    show(qtbot, view, desk, other)
    qtbot.waitUntil(lambda: texts(view) == ["of the second run"])
    assert not view.loader.loading


def test_shows_one_stream_and_keeps_the_place(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    for n in range(100):
        run.write((OUT, b"out %d\n" % n), (ERR, b"err %d\n" % n))
    show(qtbot, view, desk, run)
    view.canvas.scroller.home()
    view.canvas.scroller.move(101)
    assert view.canvas.drawn(view.canvas.scroller.top).text.text == "err 50"
    view.toolbar.chips.button(2).click()
    assert len(view.canvas.rows) == 100
    assert view.canvas.drawn(view.canvas.scroller.top).text.text == "err 50"


def test_copies_what_is_selected(qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder) -> None:
    run.write((OUT, b"first line\n\x1b[31msec\x1b[0mond\tline\n"), (ERR, b"third line\n"))
    show(qtbot, view, desk, run)
    assert not view.copying.action.isEnabled()
    view.canvas.selection.select(Spot(0, 6), Spot(2, 5))
    view.canvas.selection_changed.emit()
    QTest.keyClick(view.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "line\nsecond\tline\nthird"
    QTest.keyClick(view.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    view.copying.action.trigger()
    assert QGuiApplication.clipboard().text() == "first line\nsecond\tline\nthird line"


def test_selects_with_the_mouse(qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder) -> None:
    run.write((OUT, b"alpha beta/gamma.txt delta\nsecond\n"))
    show(qtbot, view, desk, run)
    canvas, area = view.canvas, view.canvas.viewport()

    def at(row: int, column: int) -> QPoint:
        x, _ = canvas.drawn(row).x_of(column)
        height = canvas.layouts.height
        return QPoint(canvas.gutter + round(x) + 1, row * height + height // 2)

    left = Qt.MouseButton.LeftButton
    QTest.mousePress(area, left, pos=at(0, 2))
    QTest.mouseMove(area, at(1, 3))
    QTest.mouseRelease(area, left, pos=at(1, 3))
    assert (canvas.selection.first, canvas.selection.last) == (Spot(0, 2), Spot(1, 3))
    QTest.mouseClick(area, left, pos=at(0, 1))
    assert not canvas.selection
    QTest.mouseClick(area, left, Qt.KeyboardModifier.ShiftModifier, at(0, 5))
    assert (canvas.selection.first, canvas.selection.last) == (Spot(0, 1), Spot(0, 5))
    QTest.mouseDClick(area, left, pos=at(0, 12))
    assert (canvas.selection.first, canvas.selection.last) == (Spot(0, 6), Spot(0, 20))


def test_a_huge_line_is_cut_on_the_screen_and_whole_in_the_clipboard(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    whole = b"x" * 1_000_000
    run.write((OUT, whole[:400_000]), (ERR, b"between\n"), (OUT, whole[400_000:] + b"\nend\n"))
    show(qtbot, view, desk, run)
    drawn = view.canvas.drawn(0)
    assert (len(drawn.text.text), drawn.text.more) == (MOST, len(whole) - MOST)
    view.canvas.grab()
    assert view.canvas.horizontalScrollBar().maximum() > 10_000
    view.toolbar.toggles["wrap"].setChecked(True)
    assert view.canvas.drawn(0).rows > 50
    view.canvas.grab()
    view.canvas.input.select_all()
    view.copying.copy()
    expected = whole.decode() + "\nbetween\nend"
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == expected)


def test_wrapped_lines_scroll_by_rows_of_the_screen(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    run.write((OUT, b"w" * 9000 + b"\n" + b"short\n" * 3))
    show(qtbot, view, desk, run)
    view.toolbar.toggles["wrap"].setChecked(True)
    scroller = view.canvas.scroller
    assert scroller.following
    assert scroller.inner == view.canvas.drawn(0).rows + 3 - scroller.height
    scroller.move(-2)
    assert (scroller.top, scroller.following) == (0, False)
    assert scroller.inner == view.canvas.drawn(0).rows + 1 - scroller.height
    scroller.home()
    assert (scroller.top, scroller.inner) == (0, 0)


def find(qtbot: QtBot, view: LogView, text: str) -> None:
    view.searcher.open_bar()
    view.bar.field.setText(text)
    qtbot.waitUntil(lambda: view.finder.needle is not None and view.finder.needle.text == text)
    qtbot.waitUntil(lambda: not view.finder.searching)


def test_finds_on_and_back(qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder) -> None:
    for n in range(300):
        run.write(
            (OUT, b"line %d\n" % n), (ERR, b"\x1b[1mNee\x1b[0mdle\r\n" if n % 100 == 50 else b"-\n")
        )
    show(qtbot, view, desk, run)
    view.canvas.scroller.home()
    find(qtbot, view, "needle")
    rows = [101, 301, 501]
    assert view.canvas.current == Spot(rows[0], 0)
    assert view.bar.told.text() == "1 of 3"
    QTest.keyClick(view.bar.field, Qt.Key.Key_Return)
    assert view.canvas.current == Spot(rows[1], 0)
    view.next_action.trigger()
    view.next_action.trigger()
    assert view.canvas.current == Spot(rows[0], 0)
    view.previous_action.trigger()
    assert (view.canvas.current, view.bar.told.text()) == (Spot(rows[2], 0), "3 of 3")
    assert view.canvas.scroller.top <= rows[2] < view.canvas.scroller.top + 30

    view.bar.case.setChecked(True)
    qtbot.waitUntil(lambda: view.bar.told.text() == "Not found")
    QTest.keyClick(view.bar.field, Qt.Key.Key_Escape)
    assert not view.bar.isVisible()
    assert view.canvas.needle is None


def test_finds_in_what_comes_and_in_the_last_line_while_it_grows(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder
) -> None:
    run.write((OUT, b"a needle\nand half a nee"))
    show(qtbot, view, desk, run)
    find(qtbot, view, "needle")
    assert view.finder.count == 1
    run.write((OUT, b"dle"))
    look(qtbot, view)
    qtbot.waitUntil(lambda: view.finder.count == 2)
    run.write((OUT, b"\nneedle"))
    look(qtbot, view)
    qtbot.waitUntil(lambda: view.finder.count == 3)
    assert view.finder.next(1, 0) == (1, 11)


def test_says_what_was_left_out(qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder) -> None:
    run.write((OUT, b"head\n"))
    run.write((SYSTEM, b"left out\n"), (OUT, b"tail\n"), skip=9)
    run.leave_out(5 * 1024 * 1024, 70_000)
    show(qtbot, view, desk, run)
    assert view.canvas.rows.row(1).gap
    assert "70,000 lines (5 MB)" in view._left_out.text()
    assert view._banner.isVisible()


def test_saves_the_bytes_of_what_is_chosen(
    qtbot: QtBot, view: LogView, desk: Desk, run: RunBuilder, context: Context, tmp_path: Path
) -> None:
    run.write((OUT, b"\xff\x1b[1mout\n"), (ERR, b"err\r\n"))
    show(qtbot, view, desk, run)
    for chip, expected in ((0, b"\xff\x1b[1mout\nerr\r\n"), (2, b"err\r\n")):
        view.toolbar.chips.button(chip).click()
        file = tmp_path / f"{chip}.log"
        with qtbot.waitSignal(context.navigation.notify) as told:
            view.save(str(file))
        assert file.read_bytes() == expected
        assert file.name in told.args[0]
    with qtbot.waitSignal(context.navigation.failed):
        view.save(str(tmp_path / "no such folder" / "x.log"))


def test_remembers_its_columns(qtbot: QtBot, view: LogView, context: Context) -> None:
    plain = view.canvas.gutter
    view.toolbar.toggles["numbers"].setChecked(True)
    view.toolbar.toggles["times"].setChecked(True)
    assert view.canvas.gutter > plain
    again = LogView(context)
    qtbot.addWidget(again)
    assert again.canvas.numbers
    assert again.canvas.times
    assert not again.canvas.wrap


def test_a_log_that_cannot_be_read_says_so(
    qtbot: QtBot,
    view: LogView,
    desk: Desk,
    run: RunBuilder,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: Desk, run_id: int, **options: object) -> object:
        raise OSError("disk gone")

    monkeypatch.setattr(Desk, "log", broken)
    with qtbot.waitSignal(context.navigation.failed):
        view.show_attempt(run.id, desk.attempts(run.id)[-1])
    assert "disk gone" in view.canvas.placeholder
