"""The menu bar: every command of the window, with its key."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from jobdesk.gui.context import Context
from jobdesk.gui.views.shell.sidebar import PLACES
from jobdesk.gui.views.shell.workspace import Workspace

_APPEARANCES = (("system", "Like the &system"), ("light", "&Light"), ("dark", "&Dark"))


class Menus(QObject):
    """Fills the menu bar of a window. What it can't do itself it asks for by signal."""

    settings = Signal()
    quit = Signal()
    pause_all = Signal(bool)
    replay_dead = Signal()
    guide = Signal()
    about = Signal()
    shortcuts = Signal()

    def __init__(self, window: QMainWindow, workspace: Workspace, context: Context) -> None:
        super().__init__(window)
        self._window, self._workspace, self._context = window, workspace, context
        self._theme_icons: list[tuple[QAction, str]] = []
        self._file()
        self._run()
        self._view()
        self._help()
        self._keys = {action: action.shortcut() for action in self.all_actions()}
        workspace.moved.connect(self._moved)
        context.theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def all_actions(self) -> list[QAction]:
        """Every action of the menu bar, in order."""
        found: list[QAction] = []
        for top in self._window.menuBar().actions():
            found += _leaves(top)
        return found

    def _file(self) -> None:
        menu = self._window.menuBar().addMenu("&File")
        new = self._add(menu, "&New job…", "Ctrl+N", "mdi6.plus")
        new.triggered.connect(self._new_job)
        menu.addSeparator()
        settings = self._add(menu, "&Settings…", "Ctrl+,", "mdi6.cog-outline")
        settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        settings.triggered.connect(self.settings)
        menu.addSeparator()
        leave = self._add(menu, "&Quit", QKeySequence(QKeySequence.StandardKey.Quit))
        if leave.shortcut().isEmpty():
            leave.setShortcut("Ctrl+Q")
        leave.setMenuRole(QAction.MenuRole.QuitRole)
        leave.triggered.connect(self.quit)

    def _run(self) -> None:
        self._run_menu = menu = self._window.menuBar().addMenu("&Run")
        self._of_page: list[QAction] = []
        self._fixed = menu.addSeparator()
        replay = self._add(menu, "Replay &all dead letters", "", "mdi6.replay")
        replay.triggered.connect(self.replay_dead)
        menu.addSeparator()
        pause = self._add(menu, "&Pause all queues", "", "mdi6.pause")
        pause.triggered.connect(self._pause)
        resume = self._add(menu, "&Resume all queues", "", "mdi6.play")
        resume.triggered.connect(self._resume)
        menu.aboutToShow.connect(self._fill_run_menu)

    def _view(self) -> None:
        menu = self._window.menuBar().addMenu("&View")
        for number, place in enumerate(PLACES, 1):
            action = self._add(menu, place.title, f"Ctrl+{number}", place.icon)
            action.setData(place.name)
            action.triggered.connect(self._show_place)
        menu.addSeparator()
        self.back = self._add(menu, "&Back", "Alt+Left", "mdi6.arrow-left")
        self.back.triggered.connect(self._workspace.back)
        refresh = self._add(menu, "Re&fresh", "F5", "mdi6.refresh")
        refresh.triggered.connect(self._workspace.refresh)
        menu.addSeparator()
        looks = menu.addMenu("&Appearance")
        self._looks = QActionGroup(self)
        for value, text in _APPEARANCES:
            action = looks.addAction(text)
            action.setCheckable(True)
            action.setData(value)
            action.setChecked(value == self._context.state.appearance)
            self._looks.addAction(action)
        self._looks.triggered.connect(self._appearance)
        self._context.state.changed.connect(self._state_changed)

    def _help(self) -> None:
        menu = self._window.menuBar().addMenu("&Help")
        guide = self._add(menu, "User &guide", "F1", "mdi6.book-open-outline")
        guide.triggered.connect(self.guide)
        keys = self._add(menu, "&Keyboard shortcuts", "Ctrl+/", "mdi6.keyboard-outline")
        keys.triggered.connect(self.shortcuts)
        menu.addSeparator()
        about = self._add(menu, "&About JobDesk")
        about.setMenuRole(QAction.MenuRole.AboutRole)
        about.triggered.connect(self.about)

    def _add(self, menu: QMenu, text: str, key: str | QKeySequence = "", icon: str = "") -> QAction:
        action = menu.addAction(text)
        if key:
            action.setShortcut(key)
        if icon:
            self._theme_icons.append((action, icon))
        return action

    @Slot()
    def _paint_icons(self) -> None:
        for action, icon in self._theme_icons:
            action.setIcon(self._context.theme.icon(icon, "muted"))

    @Slot(object)
    def _moved(self, page: object) -> None:
        """Where a page has a key of its own for something, the window's steps back: of two
        actions with one key Qt triggers neither."""
        own = page.actions() if isinstance(page, QWidget) else []
        taken = {keys.toString() for action in own for keys in action.shortcuts()}
        for action, keys in self._keys.items():
            action.setShortcut(QKeySequence() if keys.toString() in taken else keys)

    @Slot()
    def _fill_run_menu(self) -> None:
        """What the page that is shown can do stands first."""
        for action in self._of_page:
            self._run_menu.removeAction(action)
        page = self._workspace.stack.currentWidget()
        self._of_page = list(page.actions()) if page is not None else []
        self._run_menu.insertActions(self._fixed, self._of_page)

    @Slot()
    def _new_job(self) -> None:
        self._context.navigation.new_job.emit()

    @Slot()
    def _pause(self) -> None:
        self.pause_all.emit(True)

    @Slot()
    def _resume(self) -> None:
        self.pause_all.emit(False)

    @Slot()
    def _show_place(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self._workspace.show_page(str(action.data()))

    @Slot(QAction)
    def _appearance(self, action: QAction) -> None:
        self._context.state.appearance = action.data()

    @Slot(str)
    def _state_changed(self, name: str) -> None:
        if name == "appearance":
            for action in self._looks.actions():
                action.setChecked(action.data() == self._context.state.appearance)


def _leaves(action: QAction) -> list[QAction]:
    menu = action.menu()
    if not isinstance(menu, QMenu):
        return [action]
    return [leaf for below in menu.actions() for leaf in _leaves(below)]
