"""Finding text in a log, some lines at a time. No Qt; any thread."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass

from jobdesk.gui.models.log.index import LineRange
from jobdesk.gui.models.log.text import plain

SLICE = 1_048_576
"""Bytes that are searched at a time, and of a single line at most."""

COLUMN_BITS = 24
"""A find is one number: the line's, shifted, and the column."""

_COLUMN = (1 << COLUMN_BITS) - 1


def key_of(line: int, column: int) -> int:
    return line << COLUMN_BITS | column


def place_of(key: int) -> tuple[int, int]:
    """(line, column) of a find."""
    return key >> COLUMN_BITS, key & _COLUMN


@dataclass(frozen=True, slots=True)
class Needle:
    """What is looked for; ``case`` says whether capital letters matter."""

    text: str
    case: bool = False

    def positions(self, text: str) -> list[int]:
        """Where it begins in ``text``; finds don't overlap."""
        wanted = self.text
        if not wanted:
            return []
        if not self.case:
            folded, small = text.lower(), wanted.lower()
            if len(folded) != len(text) or len(small) != len(wanted):
                # A letter like İ gets longer: let the slow way keep the columns right.
                found = re.finditer(re.escape(wanted), text, re.IGNORECASE)
                return [match.start() for match in found]
            text, wanted = folded, small
        places, at = [], text.find(wanted)
        while at >= 0:
            places.append(at)
            at = text.find(wanted, at + len(wanted))
        return places


def search(lines: LineRange, needle: Needle, most: int) -> array[int]:
    """The finds in some lines, in order: keys with the ordinals of the lines.

    ``most`` is how many are wanted at most.
    """
    text = lines.excerpt.read().decode("utf-8", "replace")
    if "\x1b" in text or "\r" in text.replace("\r\n", "\n"):
        return _search_each(lines, needle, most)
    finds = array("Q")
    ordinal, line_start, counted = lines.first, 0, 0
    for at in needle.positions(text)[:most]:
        breaks = text.count("\n", counted, at)
        if breaks:
            ordinal += breaks
            line_start = text.rfind("\n", counted, at) + 1
        counted = at
        finds.append(key_of(ordinal, min(at - line_start, _COLUMN)))
    return finds


def _search_each(lines: LineRange, needle: Needle, most: int) -> array[int]:
    """Line by line, as it is shown: escape sequences may stand within a word."""
    finds = array("Q")
    for offset, raw in enumerate(lines.read()):
        for at in needle.positions(plain(raw)):
            finds.append(key_of(lines.first + offset, min(at, _COLUMN)))
        if len(finds) >= most:
            break
    return finds[:most]
