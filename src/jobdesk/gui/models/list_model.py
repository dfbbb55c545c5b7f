"""Tables that are small enough to be read whole: jobs, queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from jobdesk.gui.models.edits import edits
from jobdesk.gui.models.table_model import CellModel

T = TypeVar("T")


class ListModel(CellModel[T]):
    """All rows of a kind, changed in place by each new reading."""

    def show(self, rows: Sequence[T]) -> None:
        """Show these rows, in this order."""
        steps = edits(self._rows, rows, self.key)
        if steps is None:
            self._reset(list(rows))
        else:
            self._apply(steps)
