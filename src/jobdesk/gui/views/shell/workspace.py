"""The window's inside while a desk is open: sidebar, one page at a time, status bar."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from jobdesk.domain.errors import JobDeskError
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.context import Context
from jobdesk.gui.views.shell.banner import Banner
from jobdesk.gui.views.shell.notice import InterruptionNotice
from jobdesk.gui.views.shell.pages import FACTORIES, RUN, Factory, Page, as_widget
from jobdesk.gui.views.shell.sidebar import PLACES, Sidebar
from jobdesk.gui.views.shell.statusbar import StatusBar
from jobdesk.gui.widgets import Toast

_DEEPEST = 50
"""How many steps back are remembered."""

_BREATH_MS = 150
"""Between the building of two pages that nobody has asked for."""

log = logging.getLogger(__name__)


class Workspace(QWidget):
    """Serves what pages ask of :class:`~jobdesk.gui.navigation.Navigation`, except for
    dialogs. ``moved(page)`` says that another page is shown."""

    moved = Signal(object)

    def __init__(
        self,
        context: Context,
        factories: Mapping[str, Factory] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._context, self._factories = context, factories or FACTORIES
        self._pages: dict[str, Page] = {}
        self._trail: list[tuple[str, int]] = []
        self._here: tuple[str, int] = ("", 0)
        self.sidebar = Sidebar(context.theme)
        self.banner = Banner(context.theme)
        self.notice = InterruptionNotice(context.theme)
        self.statusbar = StatusBar(context.theme)
        self.stack = QStackedWidget()
        self.stack.setObjectName("pages")
        self._builder = QTimer(self)
        self._builder.setSingleShot(True)
        self._builder.setInterval(_BREATH_MS)
        self._builder.timeout.connect(self.build_rest)
        self._lay_out()
        self.toast = Toast(self)
        self._connect()

    @property
    def current(self) -> Page | None:
        return self._pages.get(self._here[0])

    def page(self, name: str) -> Page:
        """A page by name, built when it is first asked for."""
        if name not in self._pages:
            page = self._factories[name](self._context)
            self._pages[name] = page
            self.stack.addWidget(as_widget(page))
        return self._pages[name]

    @Slot()
    def build_rest(self) -> None:
        """Build the pages that nobody has asked for yet, one after the other: building one
        takes 50 ms, and whoever asks for it then needn't wait for that."""
        name = next((name for name in self._factories if name not in self._pages), None)
        if name is not None:
            self.page(name)
            self._builder.start()

    @Slot(str)
    def show_page(self, name: str) -> None:
        """Show one of the sidebar's pages."""
        known = any(place.name == name for place in PLACES)
        self._trail.clear()
        self._move(name if known else PLACES[0].name, 0)

    @Slot(int)
    def open_run(self, run_id: int) -> None:
        """Show a run's page; the way back leads to what is shown now."""
        if self._here != (RUN, run_id):
            self._trail = [*self._trail, self._here][-_DEEPEST:]
        self._move(RUN, run_id)

    @Slot()
    def back(self) -> None:
        """Leave a run's page for what was shown before."""
        if self._here[0] == RUN:
            name, run_id = self._trail.pop() if self._trail else (PLACES[0].name, 0)
            self._move(name, run_id)

    @Slot()
    def refresh(self) -> None:
        """Read again what is shown."""
        if self.current is not None:
            self.current.activate()

    def leave(self) -> None:
        """The window is hidden: what nobody sees needs no timers."""
        self._builder.stop()
        if self.current is not None:
            self.current.deactivate()

    @Slot(str)
    def open_job(self, name: str) -> None:
        page: Any = self.page("jobs")
        self.show_page("jobs")
        page.select(name)

    @Slot(object)
    def show_runs(self, which: object) -> None:
        page: Any = self.page("runs")
        page.set_filter(which)
        self.show_page("runs")

    @Slot(object)
    def _show_interrupted(self, run_ids: frozenset[int]) -> None:
        if len(run_ids) == 1:
            self.open_run(*run_ids)
        else:
            self.show_runs(RunFilter(ids=run_ids))

    @Slot()
    def _dismiss_interruption(self) -> None:
        desk = self._context.desk
        self._context.calls.run(
            self,
            desk.dismiss_interruption,
            lambda nothing: None,
            lambda error: self.tell_failure("The notice could not be dismissed", error),
        )

    @Slot(str, object)
    def tell(self, text: str, undo: Any) -> None:
        self.toast.show_message(text, undo)

    @Slot(str, object)
    def tell_failure(self, what: str, error: Exception) -> None:
        """A command failed: say why; what is no refusal of ours is a defect, and logged."""
        if isinstance(error, JobDeskError):
            self.toast.show_message(f"{what}: {error}")
            return
        log.error("%s failed", what, exc_info=error)
        self.toast.show_message(f"{what}: something went wrong ({type(error).__name__}: {error})")

    def _move(self, name: str, run_id: int) -> None:
        page: Any = self.page(name)
        before = self.current
        if before is not None and before is not page:
            before.deactivate()
        self._here = (name, run_id)
        if name == RUN:
            page.show_run(run_id)
        else:
            self.sidebar.show_current(name)
        self.stack.setCurrentWidget(page)
        page.activate()
        page.setFocus()
        self.moved.emit(page)

    def _connect(self) -> None:
        navigation = self._context.navigation
        navigation.open_run.connect(self.open_run)
        navigation.open_job.connect(self.open_job)
        navigation.show_runs.connect(self.show_runs)
        navigation.show_page.connect(self.show_page)
        navigation.back.connect(self.back)
        navigation.notify.connect(self.tell)
        navigation.failed.connect(self.tell_failure)
        self.notice.show_runs.connect(self._show_interrupted)
        self.notice.dismissed.connect(self._dismiss_interruption)
        self.sidebar.chosen.connect(self.show_page)

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.banner)
        right.addWidget(self.notice)
        right.addWidget(self.stack, 1)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.sidebar)
        across.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(across, 1)
        column.addWidget(self.statusbar)
