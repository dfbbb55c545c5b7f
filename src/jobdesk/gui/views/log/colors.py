"""The sixteen colours of terminals, legible on our light and dark surfaces."""

from __future__ import annotations

from PySide6.QtGui import QColor

from jobdesk.gui.theme import Theme

# black, red, green, yellow, blue, magenta, cyan, white; then the bright ones.
_LIGHT = (
    "#1f2328", "#b42318", "#1a7f37", "#8a5a00", "#0550ae", "#8250df", "#0f6e7c", "#5b626b",
    "#57606a", "#cf222e", "#2da44e", "#9a6700", "#0969da", "#a475f9", "#1b8a9c", "#3c434a",
)  # fmt: skip
_DARK = (
    "#8b949e", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#d0d7de",
    "#a5aeb8", "#ffa198", "#7ee787", "#f2cc60", "#a5d6ff", "#e2c5ff", "#88e5ec", "#ffffff",
)  # fmt: skip


def terminal_color(theme: Theme, number: int) -> QColor:
    """The colour 0 to 15 as terminals number them."""
    return QColor((_DARK if theme.dark else _LIGHT)[number])
