"""Finding text in lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.log import LogChunk, Stream
from jobdesk.gui.models.log.index import LogIndex, digest
from jobdesk.gui.models.log.search import Needle, place_of, search
from jobdesk.gui.models.log.selection import Selection, Spot, copied, word_at
from jobdesk.gui.models.log.text import plain

NOW = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)


def index_of(content: bytes) -> LogIndex:
    index = LogIndex()
    index.add(digest(index.cursor, [LogChunk(0, Stream.STDOUT, NOW, content)]))
    return index


@pytest.mark.parametrize(
    ("needle", "text", "found"),
    [
        (Needle("ab"), "ab AB aB cab", [0, 3, 6, 10]),
        (Needle("ab", case=True), "ab AB aB cab", [0, 10]),
        (Needle("aa"), "aaaaa", [0, 2]),
        (Needle("é"), "É é", [0, 2]),
        (Needle("x"), "İx", [1]),
        (Needle("a.c"), "abc a.c", [4]),
        (Needle(""), "abc", []),
    ],
)
def test_positions(needle: Needle, text: str, found: list[int]) -> None:
    assert needle.positions(text) == found


words = st.sampled_from(
    [b"ab", b"b", b" ", b"\r", b"\x1b[1m", "é".encode(), b"\xff", b"\x00", b"AB"]
)


@given(st.lists(st.lists(words, max_size=8).map(b"".join), min_size=1, max_size=12))
def test_finds_what_each_line_shows(lines: list[bytes]) -> None:
    index = index_of(b"".join(line + b"\n" for line in lines))
    needle = Needle("ab")
    expected = [
        (number, column)
        for number, line in enumerate(lines)
        for column in needle.positions(plain(line))
    ]
    finds = search(index.lines(0, 0, len(lines)), needle, 1000)
    assert [place_of(key) for key in finds] == expected


def test_finds_no_more_than_are_wanted() -> None:
    for content in (b"x x x\nx x\n", b"x \x1b[1mx x\nx x\n"):
        lines = index_of(content).lines(0, 0, 2)
        assert len(search(lines, Needle("x"), 4)) == 4


def test_words() -> None:
    text = "see /var/log/app.log, line 7"
    assert text[slice(*word_at(text, 8))] == "/var/log/app.log"
    assert text[slice(*word_at(text, 20))] == ","
    assert word_at(text, len(text)) == (len(text), len(text))


def test_columns_of_a_selection() -> None:
    selection = Selection()
    assert not selection
    assert selection.columns(0, 5) is None
    selection.begin(Spot(3, 2))
    selection.extend(Spot(1, 4))
    assert [selection.columns(row, 10) for row in range(5)] == [
        None,
        (4, 11),
        (0, 11),
        (0, 2),
        None,
    ]


def test_copied_lines_begin_and_end_where_the_selection_does() -> None:
    ranges = [index_of(b"first\nsecond\r\nthird\n").lines(0, 0, 3)]
    assert copied(ranges, 2, 3) == "rst\nsecond\nthi"
    assert copied(ranges, 0, None) == "first\nsecond\nthird"
    assert copied([index_of(b"only\n").lines(0, 0, 1)], 1, 3) == "nl"
    assert copied([], 0, None) == ""
