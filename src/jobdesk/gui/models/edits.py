"""The difference between what a list shows and what it should show, as few small edits.

Qt keeps selection and scroll position over inserted, removed and changed rows, but not
over a reset; so a re-read becomes edits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")


class Kind(Enum):
    REMOVE = "remove"
    INSERT = "insert"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Edit(Generic[T]):
    """One step: rows ``first`` to ``last`` (inclusive, as Qt counts) at the time of the
    step are removed, or become or are replaced by ``rows``."""

    kind: Kind
    first: int
    last: int
    rows: tuple[T, ...] = ()


def edits(
    old: Sequence[T], new: Sequence[T], key: Callable[[T], Hashable], offset: int = 0
) -> list[Edit[T]] | None:
    """What turns ``old`` into ``new``, where rows with equal keys are the same row.

    ``offset`` is added to every position. None when rows that stay have changed places:
    then only a reset will do. Linear in the number of rows.
    """
    wanted = {key(row) for row in new}
    before = {key(row): row for row in old}
    kept = [key(row) for row in old if key(row) in wanted]
    if kept != [key(row) for row in new if key(row) in before]:
        return None
    gone = [at for at, row in enumerate(old) if key(row) not in wanted]
    come = [at for at, row in enumerate(new) if key(row) not in before]
    changed = [at for at, row in enumerate(new) if key(row) in before and before[key(row)] != row]
    steps: list[Edit[T]] = [
        Edit(Kind.REMOVE, a + offset, b + offset) for a, b in reversed(_spans(gone))
    ]
    for kind, places in ((Kind.INSERT, come), (Kind.CHANGE, changed)):
        steps += [
            Edit(kind, a + offset, b + offset, tuple(new[a : b + 1])) for a, b in _spans(places)
        ]
    return steps


def _spans(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending positions as spans of neighbours."""
    spans: list[tuple[int, int]] = []
    for position in positions:
        if spans and spans[-1][1] == position - 1:
            spans[-1] = (spans[-1][0], position)
        else:
            spans.append((position, position))
    return spans
