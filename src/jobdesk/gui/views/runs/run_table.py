"""The table of a history that is too long to be read whole."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.models.paging import PagingModel
from jobdesk.gui.theme import Theme
from jobdesk.gui.uistate import UiState
from jobdesk.gui.views.tables import Table


class RunTable(Table[Run]):
    """Shows a window of runs and tells its model where it looks."""

    def __init__(
        self,
        model: PagingModel,
        theme: Theme,
        state: UiState,
        name: str,
        *,
        tall: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(model, theme, state, name, tall=tall, many=True, parent=parent)
        self.runs = model
        self._wanted: str = ""
        self.verticalScrollBar().valueChanged.connect(self._look)
        self.selected.connect(self._look)
        model.modelReset.connect(self._look)
        model.edited.connect(self._look)
        model.loaded.connect(self._arrive)

    def _place_of(self, key: Hashable) -> int | None:
        # The run itself may have left the list; its neighbour is as good.
        return self.runs.nearest(key) if isinstance(key, int) and self.runs.rows else None

    def _stays(self) -> bool:
        return super()._stays() or not self.runs.following

    def to_first(self) -> None:
        """To the newest run of the history."""
        if self.runs.at_top:
            super().to_first()
        else:
            self._wanted = "first"
            self.runs.to_top()

    def to_last(self) -> None:
        """To the oldest run of the history."""
        if self.runs.at_bottom:
            super().to_last()
        else:
            self._wanted = "last"
            self.runs.to_end()

    @Slot()
    def show_newest(self, which: RunFilter | None = None) -> None:
        """Scroll to the top, with the newest runs (of another filter)."""
        self._wanted = "top"
        self.runs.set_filter(self.runs.filter if which is None else which)

    @Slot()
    def _arrive(self) -> None:
        wanted, self._wanted = self._wanted, ""
        if wanted == "first":
            super().to_first()
        elif wanted == "last":
            super().to_last()
        elif wanted == "top":
            self.executeDelayedItemsLayout()
            self.verticalScrollBar().setValue(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._look()

    @Slot()
    def _look(self) -> None:
        first, last = self.visible()
        follow = self.verticalScrollBar().value() == 0
        hold = self.selectionModel().hasSelection()
        self.runs.look_at(first, last, follow=follow, hold=hold)
