"""A part of a form that is folded away, with a few words on what it says."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from jobdesk.gui.theme import M, Theme
from jobdesk.gui.views.job_form.fields import label_of


class Opener(QWidget):
    """Shows and hides ``part`` once it is there: Tab goes in the order of making, and leads
    from here to what it opens."""

    def __init__(self, theme: Theme, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._part: QWidget | None = None
        self.button = QToolButton(self)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setText(title)
        self.words = label_of("", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(M)
        row.addWidget(self.button)
        row.addWidget(self.words, 1)
        self.button.toggled.connect(self._show)
        theme.changed.connect(self._paint)
        self._paint()

    def opens(self, part: QWidget) -> None:
        self._part = part
        part.setVisible(self.button.isChecked())

    @Slot(bool)
    def _show(self, shown: bool) -> None:
        if self._part is not None:
            self._part.setVisible(shown)
        self._paint()

    @Slot()
    def _paint(self) -> None:
        icon = "mdi6.chevron-down" if self.button.isChecked() else "mdi6.chevron-right"
        self.button.setIcon(self._theme.icon(icon, "muted"))
