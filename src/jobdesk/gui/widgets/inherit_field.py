"""An input that may be left to others: its own value, or what holds without one."""

from __future__ import annotations

from PySide6.QtCore import QDynamicPropertyChangeEvent, QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from jobdesk.gui.theme import M

_HEIGHT = 30
"""Of an input of one line; several lines stand beside it at the top."""


class InheritField(QWidget):
    """A switch, and beside it either ``editor`` or, in a quiet voice, the value that is
    inherited: ``3 (default)``, ``5 (from queue emails)``.

    The editor takes the room that it wants, or (``fill``) all there is. ``changed`` tells
    that the person switched; the editor tells of its own edits. What a form does to its
    field (the name for screen readers, the red border) reaches the editor.
    """

    changed = Signal()

    def __init__(
        self,
        editor: QWidget,
        parent: QWidget | None = None,
        *,
        words: str = "Set here",
        fill: bool = False,
    ) -> None:
        super().__init__(parent)
        self.editor = editor
        self.own = QCheckBox(words)
        self.own.setMinimumHeight(_HEIGHT)
        self.inherited = QLabel()
        self.inherited.setTextFormat(Qt.TextFormat.PlainText)
        self.inherited.setProperty("role", "muted")
        self.inherited.setMinimumHeight(_HEIGHT)
        self.inherited.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(M)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self.own, 0, top)
        row.addWidget(self.inherited, 1, top)
        row.addWidget(editor, 1 if fill else 0, top)
        row.addStretch(0)  # what is left, so that the switch stays where it is
        self.setFocusProxy(self.own)
        self.own.toggled.connect(self._show)
        self.own.clicked.connect(self._switched)
        self._show()

    def is_own(self) -> bool:
        """Whether the editor's value counts."""
        return self.own.isChecked()

    def set_own(self, own: bool) -> None:
        """Switch without telling of it: for loading."""
        self.own.setChecked(own)

    def show_inherited(self, words: str) -> None:
        """What holds while nothing is set here, and who says so."""
        self.inherited.setText(words)
        self._name(self.accessibleName())

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self._name(name)

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QDynamicPropertyChangeEvent)
            and event.propertyName().data() == b"invalid"
        ):
            self.editor.setProperty("invalid", self.property("invalid"))
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)
        return super().event(event)

    def _name(self, name: str) -> None:
        self.editor.setAccessibleName(name)
        self.own.setAccessibleName(f"{name}: {self.own.text().lower()}" if name else "")
        said = self.inherited.text()
        self.own.setAccessibleDescription(f"Otherwise {said}" if said else "")

    @Slot()
    def _show(self) -> None:
        self.editor.setVisible(self.own.isChecked())
        self.inherited.setVisible(not self.own.isChecked())

    @Slot()
    def _switched(self) -> None:
        if self.own.isChecked():
            self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()
