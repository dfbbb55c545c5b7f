"""How the window looks: colours by role, icons, fonts; light and dark."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from jobdesk.domain.run import RunState
from jobdesk.gui.icons import IconFont
from jobdesk.gui.palette import DARK, LIGHT
from jobdesk.gui.stylesheet import stylesheet

XS, S, M, L, XL = 4, 8, 12, 16, 24
"""The spacing grid, in device-independent pixels."""

ROW_HEIGHT = 34
"""Of a row in a table."""

APPEARANCES = ("system", "light", "dark")

_STATE_COLORS = {
    RunState.SCHEDULED: "neutral",
    RunState.QUEUED: "neutral",
    RunState.RUNNING: "info",
    RunState.RETRYING: "warning",
    RunState.SUCCEEDED: "success",
    RunState.DEAD: "danger",
    RunState.CANCELLED: "neutral",
    RunState.SKIPPED: "neutral",
    RunState.DISCARDED: "neutral",
}

_STATE_ICONS = {
    RunState.SCHEDULED: "mdi6.calendar-clock",
    RunState.QUEUED: "mdi6.timer-sand",
    RunState.RUNNING: "mdi6.play-circle",
    RunState.RETRYING: "mdi6.autorenew",
    RunState.SUCCEEDED: "mdi6.check-circle",
    RunState.DEAD: "mdi6.alert-octagon",
    RunState.CANCELLED: "mdi6.cancel",
    RunState.SKIPPED: "mdi6.skip-next-circle",
    RunState.DISCARDED: "mdi6.archive-outline",
}


class Theme(QObject):
    """Colours, icons and fonts of the window.

    ``appearance`` is "system" (follow the desktop, also when it changes), "light" or
    "dark". Nothing is drawn in it before :meth:`apply`.
    """

    changed = Signal()
    """Repaint what holds colours or icons of its own."""

    def __init__(self, appearance: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance if appearance in APPEARANCES else "system"
        self._app: QApplication | None = None
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._font = IconFont()
        self._load(self._appearance == "dark")

    @property
    def dark(self) -> bool:
        return self._dark

    @property
    def appearance(self) -> str:
        return self._appearance

    def set_appearance(self, appearance: str) -> None:
        """Switch to "system", "light" or "dark", at once."""
        self._appearance = appearance if appearance in APPEARANCES else "system"
        self._follow()

    def color(self, role: str) -> QColor:
        """The colour of a role of :mod:`jobdesk.gui.palette`; KeyError for others."""
        return self._colors[role]

    def state_color(self, state: RunState) -> str:
        """The role of a state's badge: its text; ``<role>_tint`` is its background."""
        return _STATE_COLORS[state]

    def state_icon(self, state: RunState) -> str:
        """The name of a state's icon, for :meth:`icon`."""
        return _STATE_ICONS[state]

    def icon(self, name: str, role: str = "text") -> QIcon:
        """An icon of qtawesome's font, such as ``mdi6.play``, in the colour of a role.

        It doesn't follow a change of the theme: ask again on :attr:`changed`.
        """
        known = self._icons.get((name, role))
        if known is None:
            known = self._font.icon(name, self._colors[role], self._colors["faint"])
            self._icons[name, role] = known
        return known

    def mono_font(self) -> QFont:
        """The platform's fixed-pitch font, in the size of its other text."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        if self._app is not None and self._app.font().pointSizeF() > 0:
            font.setPointSizeF(self._app.font().pointSizeF())
        return font

    def apply(self, app: QApplication) -> None:
        """Style the application, and keep it so when the desktop's scheme changes."""
        self._app = app
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._follow()
        self._paint(app)

    @Slot(Qt.ColorScheme)
    def _system_changed(self, scheme: Qt.ColorScheme) -> None:
        self._follow()

    def _follow(self) -> None:
        dark = self._appearance == "dark"
        if self._app is not None:
            hints = self._app.styleHints()
            if self._appearance == "system":
                hints.unsetColorScheme()
                dark = hints.colorScheme() == Qt.ColorScheme.Dark
            else:
                # Title bars and native dialogs follow, where the platform can.
                hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
        if dark == self._dark:
            return
        self._load(dark)
        if self._app is not None:
            self._paint(self._app)
        self.changed.emit()

    def _load(self, dark: bool) -> None:
        self._dark = dark
        self._names = DARK if dark else LIGHT
        self._colors = {role: QColor(value) for role, value in self._names.items()}
        self._icons.clear()

    def _paint(self, app: QApplication) -> None:
        app.setPalette(self._palette())
        app.setStyleSheet(
            stylesheet(
                self._names,
                dark=self._dark,
                base=QFontInfo(app.font()).pixelSize(),
                mono=self.mono_font().family(),
            )
        )

    def _palette(self) -> QPalette:
        role = QPalette.ColorRole
        palette = QPalette()
        for target, name in {
            role.Window: "background",
            role.WindowText: "text",
            role.Base: "surface",
            role.AlternateBase: "background",
            role.Text: "text",
            role.Button: "raised",
            role.ButtonText: "text",
            role.BrightText: "danger",
            role.ToolTipBase: "raised",
            role.ToolTipText: "text",
            role.PlaceholderText: "muted",
            role.Highlight: "accent",
            role.HighlightedText: "accent_text",
            role.Link: "accent",
            role.LinkVisited: "accent",
            role.Accent: "accent",
            role.Mid: "border",
            role.Midlight: "hover",
            role.Light: "raised",
            role.Dark: "border",
            role.Shadow: "border",
        }.items():
            palette.setColor(target, self._colors[name])
        for target in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, target, self._colors["faint"])
        return palette
