"""What a cell of a table shows, as data: models make them, one delegate paints them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt

# data() is called some hundred times a frame, and comparing enums is what costs there.
DISPLAY = int(Qt.ItemDataRole.DisplayRole)
TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
ACCESSIBLE = int(Qt.ItemDataRole.AccessibleTextRole)
HORIZONTAL = Qt.Orientation.Horizontal


@dataclass(frozen=True, slots=True)
class TextCell:
    """One line, or two with ``second`` in a muted colour; ``role`` and ``icon_role`` are
    colours of the theme. ``middle``: what doesn't fit is left
    out there, for paths, whose ends tell them apart."""

    text: str
    role: str = "text"
    second: str = ""
    icon: str = ""
    icon_role: str = "muted"
    bold: bool = False
    second_role: str = "muted"
    middle: bool = False


@dataclass(frozen=True, slots=True)
class BadgeCell:
    """A pill; ``role`` is one that has a tint. ``after`` is muted text behind it."""

    text: str
    role: str
    icon: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class BarCell:
    """A bar that is filled to ``share`` (0 to 1), with ``text`` before it."""

    text: str
    share: float
    role: str = "accent"


@dataclass(frozen=True, slots=True)
class ToggleCell:
    """A switch; ``text`` says its state to those who can't see it."""

    on: bool
    text: str


@dataclass(frozen=True, slots=True)
class ButtonCell:
    """Something to click in the row itself; without ``text`` there is nothing."""

    text: str
    icon: str = ""


Cell = TextCell | BadgeCell | BarCell | ToggleCell | ButtonCell


def spoken(cell: Cell) -> str:
    """The cell as one line of text."""
    if isinstance(cell, TextCell) and cell.second:
        return f"{cell.text}, {cell.second}"
    if isinstance(cell, BadgeCell) and cell.after:
        return f"{cell.text} {cell.after}"
    return cell.text
