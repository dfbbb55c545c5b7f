"""A combo box of time zones that is searched by typing."""

from __future__ import annotations

from zoneinfo import available_timezones

from PySide6.QtCore import QStringListModel, Qt, Slot
from PySide6.QtWidgets import QComboBox, QCompleter

_NO_PLACES = {"localtime", "Factory"}


def zone_names() -> list[str]:
    """The names of all zones, in order; reads many files the first time."""
    return sorted(available_timezones() - _NO_PLACES)


class ZoneCombo(QComboBox):
    """The computer's own zone and UTC come first; the rest when :meth:`fill` is called."""

    def __init__(self, local: str) -> None:
        super().__init__()
        self._local = local
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(14)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(28)
        self._names = QStringListModel(self)
        self.setModel(self._names)
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        line = self.lineEdit()
        assert line is not None  # it is editable
        line.editingFinished.connect(self._settle)
        self.fill([])
        self.setCurrentText(local)

    def fill(self, names: list[str]) -> None:
        """Offer these zones; what is typed stays."""
        first = list(dict.fromkeys([self._local, "UTC"]))
        text = self.currentText()
        blocked = self.blockSignals(True)
        self._names.setStringList(first + [name for name in names if name not in first])
        self.setCurrentText(text)
        self.blockSignals(blocked)

    @Slot()
    def _settle(self) -> None:
        """What was typed fits one zone only, or all of one but for its capitals: that one."""
        typed = self.currentText().strip().casefold()
        names = self._names.stringList()
        found = [name for name in names if name.casefold() == typed]
        found = found or [name for name in names if typed in name.casefold()]
        if typed and len(found) == 1:
            self.setCurrentText(found[0])
