"""What closing the window means where there is no tray to keep working in."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

from jobdesk.gui.questions import Question


class CloseQuestion(Question):
    """``answered(keep, remember)``, unless it is cancelled."""

    answered = Signal(bool, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("JobDesk")
        self.setText("Quit, or keep your jobs running?")
        self.setInformativeText(
            "This desktop has no tray to stay in. JobDesk can go on without a window: start"
            " it again to see how your jobs are doing."
        )
        self.keep = self.addButton(
            "Keep jobs running in the background", QMessageBox.ButtonRole.AcceptRole
        )
        self.keep.setProperty("kind", "primary")
        self.leave = self.addButton("Quit", QMessageBox.ButtonRole.DestructiveRole)
        self.setStandardButtons(self.standardButtons() | QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.keep)
        self.remember = QCheckBox("Don’t ask again")
        self.setCheckBox(self.remember)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.finished.connect(self._finished)

    @Slot()
    def _finished(self) -> None:
        clicked = self.clickedButton()
        if clicked in (self.keep, self.leave):
            self.answered.emit(clicked is self.keep, self.remember.isChecked())
