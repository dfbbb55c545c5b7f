from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jobdesk.domain.run import RunState
from jobdesk.gui.theme import Theme
from jobdesk.gui.widgets import (
    ActionButton,
    Badge,
    EmptyState,
    InheritField,
    PageHeader,
    SearchField,
    Toast,
    badge_size,
    draw_badge,
)


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme("light")


def test_an_action_s_button_follows_it_and_triggers_it(qtbot: QtBot) -> None:
    action = QAction("&Replay…")
    action.setShortcut("Ctrl+R")
    parent = QWidget()
    qtbot.addWidget(parent)
    button = ActionButton(action, "primary", parent)
    assert button.text() == "Replay"
    assert button.toolTip() == "Replay (Ctrl+R)"
    action.setEnabled(False)
    assert not button.isEnabled()
    action.setEnabled(True)
    action.setVisible(False)
    assert button.isHidden()
    action.setVisible(True)
    assert not button.isHidden()
    with qtbot.waitSignal(action.triggered):
        button.click()


def test_a_button_without_a_parent_is_no_window(qapp: QApplication) -> None:
    assert not ActionButton(QAction("Replay")).isVisible()


@pytest.mark.parametrize("state", list(RunState))
def test_a_badge_says_a_state_in_words_icon_and_colour(
    theme: Theme, qtbot: QtBot, state: RunState
) -> None:
    badge = Badge(theme)
    qtbot.addWidget(badge)
    badge.set_state(state)
    assert badge.text == badge.accessibleName() == state.value.capitalize()
    badge.resize(badge.sizeHint())
    image = badge.grab().toImage()
    middle = image.pixelColor(image.width() // 2, 2)
    assert middle == theme.color(f"{theme.state_color(state)}_tint")


def test_a_badge_never_leaves_its_place(theme: Theme) -> None:
    image = QImage(200, 60, QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    place = QRect(QPoint(20, 10), badge_size(painter.fontMetrics(), "Succeeded") * 0.6)
    pill = draw_badge(painter, theme, place, "Succeeded", "success", "mdi6.check-circle")
    painter.end()
    assert place.contains(pill)
    outside = [image.pixelColor(x, 30) for x in (*range(19), *range(place.right() + 2, 200))]
    assert {color.name() for color in outside} == {"#ffffff"}


def test_an_empty_state_says_what_to_do(theme: Theme, qtbot: QtBot) -> None:
    empty = EmptyState(theme, "mdi6.briefcase-outline", "No jobs", "Make one.", "New job")
    qtbot.addWidget(empty)
    with qtbot.waitSignal(empty.clicked):
        empty.button.click()
    empty.set("mdi6.magnify", "No job matches", "Look for something else.")
    assert empty.button.isHidden()


def test_the_last_action_of_a_page_is_its_primary_one(qtbot: QtBot) -> None:
    header = PageHeader("Jobs", "3 jobs", [QAction("Pause"), QAction("New job")])
    qtbot.addWidget(header)
    kinds = {b.text(): b.property("kind") for b in header.findChildren(QPushButton)}
    assert kinds == {"Pause": "", "New job": "primary"}


def test_a_long_title_does_not_make_the_window_wide(qtbot: QtBot) -> None:
    header = PageHeader("x" * 500, "y" * 500)
    qtbot.addWidget(header)
    assert header.minimumSizeHint().width() < 200


def test_search_waits_for_a_pause_in_typing(theme: Theme, qtbot: QtBot) -> None:
    field = SearchField(theme)
    qtbot.addWidget(field)
    said: list[str] = []
    field.searched.connect(said.append)
    with qtbot.waitSignal(field.searched):
        qtbot.keyClicks(field, "backup")
    assert said == ["backup"]


def test_return_searches_at_once_and_esc_clears(theme: Theme, qtbot: QtBot) -> None:
    field = SearchField(theme)
    qtbot.addWidget(field)
    said: list[str] = []
    field.searched.connect(said.append)
    qtbot.keyClicks(field, "a")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert said == ["a"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert said == ["a", ""]
    assert field.text() == ""


@pytest.fixture
def area(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(800, 600)
    widget.show()
    return widget


def test_a_toast_stays_within_its_window(area: QWidget, qtbot: QtBot) -> None:
    toast = Toast(area)
    toast.show_message("word " * 200, lambda: None)
    assert area.rect().contains(toast.geometry())
    area.resize(400, 500)
    qtbot.waitUntil(lambda: area.rect().contains(toast.geometry()))


def test_a_toast_goes_away_by_itself(
    area: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobdesk.gui.widgets.toast._SHOWN_MS", 50)
    toast = Toast(area)
    toast.show_message("Done.")
    assert toast.isVisible()
    qtbot.waitUntil(lambda: not toast.isVisible())


def test_the_newest_message_replaces_the_one_before(area: QWidget, qtbot: QtBot) -> None:
    undone: list[str] = []
    toast = Toast(area)
    toast.show_message("one", lambda: undone.append("one"))
    toast.show_message("two", lambda: undone.append("two"), "Open")
    assert (toast.text, toast.button.text()) == ("two", "Open")
    toast.button.click()
    assert undone == ["two"]


def test_a_field_inherits_until_it_is_set_here(qtbot: QtBot) -> None:
    editor = QLineEdit()
    field = InheritField(editor)
    qtbot.addWidget(field)
    field.setAccessibleName("Retries")
    field.show_inherited("3 (default)")
    field.show()
    assert (field.is_own(), field.inherited.text()) == (False, "3 (default)")
    assert not editor.isVisible()
    with qtbot.waitSignal(field.changed):
        field.own.click()
    assert field.is_own()
    assert editor.isVisible()
    assert not field.inherited.isVisible()
    with qtbot.assertNotEmitted(field.changed):
        field.set_own(False)
    assert not editor.isVisible()
    assert field.own.accessibleDescription() == "Otherwise 3 (default)"
    assert (editor.accessibleName(), field.own.accessibleName()) == ("Retries", "Retries: set here")


def test_a_wrong_value_reddens_the_input_inside(qtbot: QtBot) -> None:
    editor = QLineEdit()
    field = InheritField(editor)
    qtbot.addWidget(field)
    field.setProperty("invalid", True)
    assert editor.property("invalid") is True
