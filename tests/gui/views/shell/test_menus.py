from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLabel, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from jobdesk import __version__
from jobdesk.domain.job import Job
from jobdesk.gui.context import Context
from jobdesk.gui.views.shell.about import AboutDialog, ShortcutsDialog, shortcuts
from jobdesk.gui.views.shell.dialogs import Dialogs
from jobdesk.gui.views.shell.guide import GuideDialog
from jobdesk.gui.views.shell.menus import Menus
from jobdesk.gui.views.shell.workspace import Workspace
from tests.gui.plain_pages import plain_pages


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    widget = QMainWindow()
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def workspace(window: QMainWindow, context: Context) -> Workspace:
    widget = Workspace(context, plain_pages())
    window.setCentralWidget(widget)
    window.show()
    widget.show_page("overview")
    return widget


@pytest.fixture
def menus(window: QMainWindow, workspace: Workspace, context: Context) -> Menus:
    return Menus(window, workspace, context)


def find(menus: Menus, text: str) -> QAction:
    return next(a for a in menus.all_actions() if a.iconText() == text)


def test_keys_lead_to_the_pages(menus: Menus, workspace: Workspace) -> None:
    for text, key, name in [
        ("Jobs", "Ctrl+2", "jobs"),
        ("Dead letters", "Ctrl+5", "dead"),
        ("Alerts", "Ctrl+6", "alerts"),
    ]:
        action = find(menus, text)
        assert action.shortcut().toString() == key
        action.trigger()
        assert workspace.current is not None
        assert workspace.current.name == name


def test_no_key_is_given_twice(menus: Menus) -> None:
    keys = [a.shortcut().toString() for a in menus.all_actions() if not a.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))


def test_the_window_s_key_steps_back_for_the_page_s_own(menus: Menus, workspace: Workspace) -> None:
    page = workspace.page("runs")
    assert isinstance(page, QWidget)
    own = QAction("Refresh", page)
    own.setShortcut("F5")
    page.addAction(own)
    refresh = find(menus, "Refresh")
    assert refresh.shortcut().toString() == "F5"
    workspace.show_page("runs")
    assert refresh.shortcut().isEmpty()
    workspace.show_page("jobs")
    assert refresh.shortcut().toString() == "F5"


def test_what_a_page_can_do_is_in_the_run_menu(menus: Menus, workspace: Workspace) -> None:
    page = workspace.stack.currentWidget()
    replay = QAction("Replay", page)
    page.addAction(replay)
    menu = menus._run_menu
    menu.aboutToShow.emit()
    assert menu.actions()[0] is replay
    workspace.show_page("jobs")
    menu.aboutToShow.emit()
    assert replay not in menu.actions()


def test_requests_reach_whoever_serves_them(menus: Menus, context: Context, qtbot: QtBot) -> None:
    with qtbot.waitSignal(context.navigation.new_job):
        find(menus, "New job").trigger()
    with qtbot.waitSignal(menus.quit):
        find(menus, "Quit").trigger()
    with qtbot.waitSignal(menus.pause_all) as paused:
        find(menus, "Pause all queues").trigger()
    assert paused.args == [True]
    with qtbot.waitSignal(menus.replay_dead):
        find(menus, "Replay all dead letters").trigger()


def test_the_appearance_is_a_choice_that_follows_the_setting(
    menus: Menus, context: Context
) -> None:
    find(menus, "Dark").trigger()
    assert context.state.appearance == "dark"
    context.state.appearance = "light"
    assert find(menus, "Light").isChecked()
    assert not find(menus, "Dark").isChecked()


def test_shortcuts_are_listed_once() -> None:
    one, two, three = QAction("&One…"), QAction("One"), QAction("Without")
    one.setShortcut("Ctrl+1")
    two.setShortcut("Ctrl+2")
    assert shortcuts([one, two, three]) == [("One", "Ctrl+1")]


def texts(dialog: QWidget) -> set[str]:
    return {label.text() for label in dialog.findChildren(QLabel)}


def test_dialogs_say_what_they_are_for(menus: Menus, context: Context, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    about = AboutDialog(context.desk, parent)
    assert {__version__, str(context.desk.home)} <= texts(about)
    assert {"New job", "Ctrl+N"} <= texts(ShortcutsDialog(menus.all_actions(), parent))
    guide = GuideDialog(context.theme, parent).text.toPlainText()
    assert "dead letters" in guide
    assert "**" not in guide


class Form(QDialog):
    def __init__(self, parent: QWidget, job: Job | None, duplicate: bool) -> None:
        super().__init__(parent)
        self.asked = (job.name if job else None, duplicate)


def test_the_job_form_is_opened_as_asked(
    context: Context, window: QMainWindow, qtbot: QtBot
) -> None:
    from jobdesk.domain.action import ScriptAction

    context.desk.add_job("backup", ScriptAction(["true"]))
    forms: list[Form] = []

    def factory(context: Context, parent: QWidget, job: Job | None, duplicate: bool) -> QDialog:
        forms.append(Form(parent, job, duplicate))
        return forms[-1]

    dialogs = Dialogs(context, window, ["/bin/jobdesk"], factory)
    assert dialogs.parent() is window
    context.navigation.new_job.emit()
    context.navigation.edit_job.emit("backup")
    qtbot.waitUntil(lambda: len(forms) == 2)
    context.navigation.duplicate_job.emit("backup")
    qtbot.waitUntil(lambda: len(forms) == 3)
    assert [form.asked for form in forms] == [(None, False), ("backup", False), ("backup", True)]
    assert all(form.isVisible() for form in forms)


def test_a_job_that_is_gone_is_said_so(context: Context, window: QMainWindow, qtbot: QtBot) -> None:
    dialogs = Dialogs(context, window, ["/bin/jobdesk"])
    with qtbot.waitSignal(context.navigation.failed) as failed:
        dialogs.edit_job("nobody")
    assert failed.args[0] == "Edit “nobody”"


def test_menus_have_no_mnemonic_twice(menus: Menus, window: QMainWindow) -> None:
    for top in window.menuBar().actions():
        menu = top.menu()
        assert isinstance(menu, QMenu)
        marked = [a.text().partition("&")[2][:1].lower() for a in menu.actions() if "&" in a.text()]
        assert len(marked) == len(set(marked))
