"""The pages, at the left of the window, with what they have to say as live badges."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from jobdesk import paths
from jobdesk.gui.format import count, counted
from jobdesk.gui.glance import Snapshot
from jobdesk.gui.theme import XS, L, M, S, Theme
from jobdesk.gui.widgets import badge_size, draw_badge

_WIDTH = 216
_ICON = 18


@dataclass(frozen=True, slots=True)
class Place:
    """A page as the sidebar and the menu offer it."""

    name: str
    title: str
    icon: str


PLACES = (
    Place("overview", "Overview", "mdi6.view-dashboard-outline"),
    Place("jobs", "Jobs", "mdi6.briefcase-outline"),
    Place("runs", "Runs", "mdi6.play-circle-outline"),
    Place("queues", "Queues", "mdi6.tray-full"),
    Place("dead", "Dead letters", "mdi6.email-alert-outline"),
    Place("alerts", "Alerts", "mdi6.bell-outline"),
)


class NavButton(QToolButton):
    """An entry with room for a number at its right."""

    def __init__(self, theme: Theme, text: str, icon: str) -> None:
        super().__init__()
        self._theme, self._icon_name = theme, icon
        self._badge, self._role = "", "neutral"
        self._said = text
        # An en space: style sheets can't part an icon from its text.
        self.setText(f"\u2002{text}")
        self.setAccessibleName(text)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(_ICON, _ICON))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._paint_icon)
        theme.changed.connect(self._paint_icon)
        self._paint_icon()

    @property
    def badge(self) -> str:
        return self._badge

    def set_badge(self, number: int, role: str, words: str = "") -> None:
        """Show a number (0: none); ``words`` says what it counts, for screen readers."""
        self._badge, self._role = count(number) if number else "", role
        self.setAccessibleName(f"{self._said}, {words}" if number and words else self._said)
        self.setToolTip(words if number else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._badge:
            return
        painter = QPainter(self)
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        wanted = badge_size(painter.fontMetrics(), self._badge, icon=False)
        place = QRect(self.width() - wanted.width() - S, 0, wanted.width(), self.height())
        draw_badge(painter, self._theme, place, self._badge, self._role)
        painter.end()

    @Slot()
    def _paint_icon(self) -> None:
        role = "accent" if self.isChecked() else "muted"
        self.setIcon(self._theme.icon(self._icon_name, role))


class Sidebar(QFrame):
    """``chosen(name)`` when a person picks a page; ``settings`` for the last entry."""

    chosen = Signal(str)
    settings = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setFixedWidth(_WIDTH)
        self._buttons: dict[str, NavButton] = {}
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(M, L, M, M)
        column.setSpacing(XS)
        column.addLayout(self._brand())
        column.addSpacing(M)
        for number, place in enumerate(PLACES, 1):
            button = NavButton(theme, place.title, place.icon)
            button.setObjectName(f"nav-{place.name}")
            button.setCheckable(True)
            button.setProperty("place", place.name)
            self._group.addButton(button, number)
            self._buttons[place.name] = button
            column.addWidget(button)
        column.addStretch(1)
        self.settings_button = NavButton(theme, "Settings", "mdi6.cog-outline")
        self.settings_button.clicked.connect(self.settings)
        column.addWidget(self.settings_button)
        self._group.idClicked.connect(self._clicked)

    def button(self, name: str) -> NavButton:
        return self._buttons[name]

    def show_current(self, name: str) -> None:
        """Mark the page that is shown."""
        if name in self._buttons:
            self._buttons[name].setChecked(True)

    @Slot(object)
    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Bring the badges up to date."""
        now = snapshot.overview
        running, dead = f"{count(now.running)} running", counted(now.dead, "dead letter")
        self._buttons["runs"].set_badge(now.running, "info", running)
        self._buttons["queues"].set_badge(
            now.paused_queues, "warning", f"{count(now.paused_queues)} paused"
        )
        self._buttons["dead"].set_badge(now.dead, "danger", dead)
        going_on = f"{counted(snapshot.incidents, 'incident')} going on"
        self._buttons["alerts"].set_badge(snapshot.incidents, "danger", going_on)

    @Slot(int)
    def _clicked(self, number: int) -> None:
        self.chosen.emit(PLACES[number - 1].name)

    def _brand(self) -> QHBoxLayout:
        mark, name = QLabel(), QLabel("JobDesk")
        mark.setPixmap(QIcon(str(paths.resource("icons/jobdesk.svg"))).pixmap(QSize(24, 24)))
        name.setProperty("role", "heading")
        row = QHBoxLayout()
        row.setContentsMargins(S, 0, 0, 0)
        row.setSpacing(S)
        row.addWidget(mark)
        row.addWidget(name)
        row.addStretch(1)
        return row
