"""Questions to the person, asked without holding up anything else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from jobdesk.gui.theme import XL, L


class Question(QMessageBox):
    """A message box on our grid."""

    def showEvent(self, event: QShowEvent) -> None:
        # Only now: whatever is added makes the box lay itself out anew.
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(XL, XL, XL, L)
        for button in self.buttons():
            button.style().unpolish(button)
            button.style().polish(button)
        super().showEvent(event)


class _Answer(QObject):
    """Lives as long as its box, and hears what was chosen."""

    def __init__(self, box: QMessageBox, yes: QPushButton, then: Callable[[], None]) -> None:
        super().__init__(box)
        self._box, self._yes, self._then = box, yes, then
        box.finished.connect(self._finished)

    @Slot()
    def _finished(self) -> None:
        if self._box.clickedButton() is self._yes:
            self._then()


def ask(
    parent: QWidget,
    question: str,
    detail: str,
    *,
    yes: str,
    then: Callable[[], None],
    danger: bool = True,
) -> QMessageBox:
    """Open a question over ``parent``'s window; ``then`` is called when it is answered
    with the button ``yes``. Return means no, where yes can't be undone (``danger``)."""
    box = Question(
        QMessageBox.Icon.NoIcon, "JobDesk", question, QMessageBox.StandardButton.Cancel, parent
    )
    box.setInformativeText(detail)
    button = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    button.setProperty("kind", "danger" if danger else "primary")
    if danger:
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    else:
        box.setDefaultButton(button)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    _Answer(box, button, then)
    box.open()
    return box
