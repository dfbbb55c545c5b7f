"""The top of every page: its title, a line about it, and what can be done here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from jobdesk.gui.theme import XL, XS, L, S
from jobdesk.gui.widgets.action_button import ActionButton


class PageHeader(QWidget):
    """``actions`` are QActions (quiet buttons; the last one is the page's primary) and
    ready-made widgets, from left to right."""

    def __init__(
        self,
        title: str,
        subtitle: str = "",
        actions: Sequence[QAction | QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = QLabel(title)
        self._title.setProperty("role", "title")
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._subtitle = QLabel(subtitle)
        self._subtitle.setProperty("role", "subtitle")
        # A long line is cut rather than that it makes the window wide.
        for label in (self._title, self._subtitle):
            label.setMinimumWidth(1)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self._title)
        words.addWidget(self._subtitle)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(XL, L, XL, L)
        self._row.setSpacing(S)
        self._row.addLayout(words, 1)
        self._subtitle.setVisible(bool(subtitle))
        last = next((a for a in reversed(actions) if isinstance(a, QAction)), None)
        for action in actions:
            self.add(action, primary=action is last)

    def add(self, action: QAction | QWidget, *, primary: bool = False) -> QWidget:
        """Append an action or widget; returns what shows it."""
        if isinstance(action, QAction):
            widget: QWidget = ActionButton(action, "primary" if primary else "")
        else:
            widget = action
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        return widget

    def set_title(self, title: str) -> None:
        self._title.setText(title)
        self._title.setToolTip(title)

    def set_subtitle(self, subtitle: str) -> None:
        self._subtitle.setText(subtitle)
        self._subtitle.setVisible(bool(subtitle))
