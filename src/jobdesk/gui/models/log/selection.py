"""What is selected in a log, and its text. No Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from jobdesk.gui.models.log.index import LineRange
from jobdesk.gui.models.log.text import plain

_WORD = re.compile(r"[\w./:@%+~-]+|\s+|.")


class Spot(NamedTuple):
    """A place between two characters."""

    row: int
    column: int


class Selection:
    """From where it was begun (``anchor``) to where it has come (``caret``)."""

    def __init__(self) -> None:
        self.anchor = self.caret = Spot(0, 0)

    def __bool__(self) -> bool:
        return self.anchor != self.caret

    @property
    def first(self) -> Spot:
        return min(self.anchor, self.caret)

    @property
    def last(self) -> Spot:
        return max(self.anchor, self.caret)

    def begin(self, spot: Spot) -> None:
        self.anchor = self.caret = spot

    def extend(self, spot: Spot) -> None:
        self.caret = spot

    def select(self, first: Spot, last: Spot) -> None:
        self.anchor, self.caret = first, last

    def shift(self, rows: int) -> None:
        """So many rows have come before all that there were."""
        self.anchor = self.anchor._replace(row=self.anchor.row + rows)
        self.caret = self.caret._replace(row=self.caret.row + rows)

    def columns(self, row: int, length: int) -> tuple[int, int] | None:
        """The selected columns of a row that has ``length`` characters; one more than
        that where the selection goes on in the next row. None: nothing of it."""
        first, last = self.first, self.last
        if not self or not first.row <= row <= last.row:
            return None
        start = first.column if row == first.row else 0
        end = last.column if row == last.row else length + 1
        return (start, end) if start < end else None


def word_at(text: str, column: int) -> tuple[int, int]:
    """The word, path, address or gap around a column."""
    for match in _WORD.finditer(text):
        if match.start() <= column < match.end():
            return match.span()
    return len(text), len(text)


def copied(ranges: Sequence[LineRange], first: int, last: int | None) -> str:
    """The text of lines: of the first one from column ``first`` on, of the last one up to
    column ``last`` (None: all of it). Any thread."""
    lines = [plain(raw) for part in ranges for raw in part.read()]
    if not lines:
        return ""
    if last is not None:
        lines[-1] = lines[-1][:last]
    lines[0] = lines[0][first:]
    return "\n".join(lines)
