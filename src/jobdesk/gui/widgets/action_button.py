"""A push button for a QAction: one command, wherever it is offered."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget


class ActionButton(QPushButton):
    """Shows and triggers ``action``; follows its text, icon and whether it can be used.

    ``kind`` is one of the style sheet's: "primary", "quiet", "danger", "link" or "".
    """

    def __init__(self, action: QAction, kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.action = action
        self._put_away = False
        # A click leaves the keyboard where it is: the button may be disabled by what it does,
        # and the focus would wander off.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", kind)
        self._follow()
        action.changed.connect(self._follow)
        self.clicked.connect(self._trigger)

    @Slot()
    def _follow(self) -> None:
        action = self.action
        # iconText() is the text without its mnemonic and the dots of a menu entry.
        self.setText(action.iconText())
        self.setIcon(action.icon())
        self.setEnabled(action.isEnabled())
        # Not before there is something to hide: a widget without a parent, told to be
        # visible, becomes a window.
        if action.isVisible() == self._put_away:
            self._put_away = not action.isVisible()
            self.setVisible(action.isVisible())
        self.setCheckable(action.isCheckable())
        self.setChecked(action.isChecked())
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        said = action.statusTip() or action.iconText()
        self.setToolTip(f"{said} ({keys})" if keys else said)

    @Slot()
    def _trigger(self) -> None:
        self.action.trigger()
