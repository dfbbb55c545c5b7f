"""What all pages do alike: read when they are shown, and again when something changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from jobdesk.gui.context import Context
from jobdesk.gui.pace import Pace
from jobdesk.gui.theme import Theme
from jobdesk.gui.watch import Watch

T = TypeVar("T")

_SECOND_MS = 1_000


class PageAction(QAction):
    """An action whose icon follows the theme. Its shortcut holds where its owner or a
    child of it has the keyboard, so that pages don't compete."""

    def __init__(
        self,
        owner: QWidget,
        theme: Theme,
        text: str,
        icon: str,
        then: Callable[[], None],
        *,
        keys: str = "",
        tip: str = "",
        role: str = "text",
    ) -> None:
        super().__init__(text, owner)
        self._theme, self._icon, self._role, self._tip = theme, icon, role, tip
        self._then = then
        if keys:
            self.setShortcut(QKeySequence(keys))
        self.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.triggered.connect(self._run)
        theme.changed.connect(self._paint)
        self._paint()
        self.allow(None)
        owner.addAction(self)

    def show_as(self, text: str, icon: str) -> None:
        """Be called otherwise, and look so."""
        if (text, icon) != (self.text(), self._icon):
            self._icon = icon
            self.setText(text)
            self._paint()

    def allow(self, why_not: str | None) -> None:
        """Enable it, or disable it and say why."""
        self.setEnabled(why_not is None)
        said = self._tip if why_not is None else why_not
        self.setStatusTip(said)
        self.setToolTip(said)

    @Slot()
    def _run(self) -> None:
        self._then()

    @Slot()
    def _paint(self) -> None:
        self.setIcon(self._theme.icon(self._icon, self._role))


class Page(QWidget):
    """``name`` is the page's own, ``title`` what people read, ``topics`` what it shows.

    Between :meth:`activate` and :meth:`deactivate` it is on screen: it re-reads on change
    signals, and ticks once a second for what shows time that passes.
    """

    name = ""
    title = ""
    topics: tuple[str, ...] = ("runs",)
    pause_ms = 100
    """How long after one change signal the next one is heeded: what a reading costs. While
    they keep coming it grows to three times as much."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self._active = False
        self._clock = QTimer(self)
        self._clock.setInterval(_SECOND_MS)
        self._clock.timeout.connect(self._second)
        self._pace = Pace(self._read_again, self.pause_ms, 3 * self.pause_ms, self)
        self._heard: set[str] = set()
        context.watch.changed.connect(self._changed)

    # -- for pages --------------------------------------------------------------------

    def read(self) -> None:
        """Ask for what the page shows, off the GUI thread."""
        raise NotImplementedError

    def read_again(self, topics: frozenset[str]) -> None:
        """Something on these topics changed; by default everything is read."""
        self.read()

    def tick(self, now: datetime) -> None:
        """A second has passed."""

    def searches(self, field: QLineEdit) -> None:
        """Ctrl+F leads to this field."""

        def find() -> None:
            field.setFocus()
            field.selectAll()

        PageAction(self, self.context.theme, "Find", "mdi6.magnify", find, keys="Ctrl+F")

    def ask(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        *,
        latest: str | None = None,
    ) -> None:
        """A question to the desk; a failure is the window's to tell."""
        self.context.calls.run(self, work, done, self.broke, latest=latest)

    @Slot(object)
    def broke(self, error: Exception) -> None:
        """A reading failed; what is shown stays."""
        self.context.navigation.failed.emit(f"Read the page {self.title}", error)

    # -- for the window ---------------------------------------------------------------

    def activate(self) -> None:
        """The page is shown."""
        self._active = True
        self._clock.start()
        self._second()
        self.read()

    def deactivate(self) -> None:
        """The page is hidden."""
        self._active = False
        self._clock.stop()

    # -- inside -------------------------------------------------------------------------

    @Slot(object)
    def _changed(self, topics: frozenset[str]) -> None:
        if self._active and Watch.concerns(topics, *self.topics):
            self._heard |= topics
            self._pace.ask()

    def _read_again(self) -> None:
        topics, self._heard = frozenset(self._heard), set()
        if self._active and topics:
            self.read_again(topics)

    @Slot()
    def _second(self) -> None:
        self.tick(self.context.desk.now())
