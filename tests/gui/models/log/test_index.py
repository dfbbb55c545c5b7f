"""However a log is cut into chunks and pages, its lines are the same."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.log import LogChunk, Stream
from jobdesk.gui.models.log import index as log_index
from jobdesk.gui.models.log.bytes import BLOCK
from jobdesk.gui.models.log.index import STREAMS, Cursor, LogIndex, digest
from jobdesk.gui.models.log.rows import LogRows
from jobdesk.gui.models.log.text import MOST_BYTES, plain, render

NOW = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)
OUT, ERR, SYSTEM = (STREAMS.index(stream) for stream in Stream)

INTERESTING = [b"a", b"\n", b"\r", b"\r\n", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xff", b"\x1b[31m",
               b"\x1b[0m", b"\x00", b"\t", b"word "]  # fmt: skip
contents = st.lists(st.sampled_from(INTERESTING), max_size=40).map(b"".join)


def chunks_of(*pieces: tuple[Stream, bytes]) -> list[LogChunk]:
    return [LogChunk(seq, stream, NOW, data) for seq, (stream, data) in enumerate(pieces)]


def index_of(chunks: list[LogChunk], page: int = 1000) -> LogIndex:
    index = LogIndex()
    for at in range(0, len(chunks), page):
        index.add(digest(index.cursor, chunks[at : at + page]))
    return index


def shown(index: LogIndex, streams: frozenset[Stream] = frozenset(Stream)) -> list[str]:
    rows = LogRows(index, streams)
    found = []
    for at in range(len(rows)):
        row = rows.row(at)
        raw = index.head(row.place, row.ordinal, MOST_BYTES)
        found.append(render(raw.data, raw.more).text)
    return found


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(
    out=contents,
    err=contents,
    data=st.data(),
    page=st.integers(1, 5),
    cuts=st.lists(st.integers(0, 120), max_size=12),
)
def test_any_split_gives_the_same_lines(
    out: bytes, err: bytes, data: st.DataObject, page: int, cuts: list[int]
) -> None:
    whole = {Stream.STDOUT: out, Stream.STDERR: err}
    pieces = [
        [(stream, piece) for piece in cut(content, cuts)] for stream, content in whole.items()
    ]
    mixed: list[tuple[Stream, bytes]] = []
    while any(pieces):
        pick = data.draw(st.sampled_from([at for at, left in enumerate(pieces) if left]))
        mixed.append(pieces[pick].pop(0))
    split = index_of(chunks_of(*mixed), page)
    for stream, content in whole.items():
        alone = index_of(chunks_of((stream, content)))
        expected = content.removesuffix(b"\n").split(b"\n") if content else []
        assert shown(split, frozenset({stream})) == shown(alone)
        assert shown(alone) == [plain(line) for line in expected]
    assert len(split) == sum(split.cursor.begun)
    assert split.size == len(out) + len(err)


@given(contents, st.lists(st.integers(0, 120), max_size=8))
def test_ranges_give_back_every_byte(content: bytes, cuts: list[int]) -> None:
    index = index_of(chunks_of(*((Stream.STDOUT, piece) for piece in cut(content, cuts))), 2)
    count = index.cursor.begun[OUT]
    lines = index.lines(OUT, 0, count).read() if count else []
    assert b"".join(lines) == content
    assert all(line.count(b"\n") == line.endswith(b"\n") for line in lines)


def test_a_line_stands_where_it_began() -> None:
    index = index_of(
        chunks_of(
            (Stream.STDOUT, b"loading "),
            (Stream.STDERR, b"careful\n"),
            (Stream.STDOUT, b"done\nnext"),
        )
    )
    assert shown(index) == ["loading done", "careful", "next"]
    rows = LogRows(index)
    assert [rows.row(at).stream for at in range(3)] == [
        Stream.STDOUT,
        Stream.STDERR,
        Stream.STDOUT,
    ]
    assert (index.closed(OUT), index.closed(ERR)) == (1, 1)


def test_a_progress_bar_shows_its_last_state() -> None:
    index = index_of(chunks_of((Stream.STDOUT, b"10%\r50%\r"), (Stream.STDOUT, b"99%\r")))
    assert shown(index) == ["99%"]
    index.add(digest(index.cursor, [LogChunk(2, Stream.STDOUT, NOW, b"100%\r\nend\r\n")]))
    assert shown(index) == ["100%", "end"]


def test_rows_of_some_streams_keep_up_with_the_index() -> None:
    index = LogIndex()
    rows = LogRows(index, frozenset({Stream.STDERR, Stream.SYSTEM}))
    pieces = [
        (Stream.STDOUT, b"o1\no2\n"), (Stream.STDERR, b"e1\n"), (Stream.SYSTEM, b"s1\n"),
        (Stream.STDOUT, b"o3\n"), (Stream.STDERR, b"e2\ne3\n"),
    ]  # fmt: skip
    for chunk in chunks_of(*pieces):
        index.add(digest(index.cursor, [chunk]))
        rows.sync()
    assert [rows.row(at).number for at in range(len(rows))] == [2, 3, 5, 6]
    assert [rows.find(number) for number in range(7)] == [0, 0, 0, 1, 1, 2, 3]
    with pytest.raises(IndexError):
        rows.row(4)


def test_what_was_left_out_is_marked_at_the_system_line_beside_it() -> None:
    chunks = [
        LogChunk(0, Stream.SYSTEM, NOW, b"started\n"),
        LogChunk(1, Stream.STDOUT, NOW, b"first\n"),
        LogChunk(7, Stream.SYSTEM, NOW, b"12 lines left out\n"),
        LogChunk(8, Stream.STDOUT, NOW, b"last\n"),
        LogChunk(9, Stream.SYSTEM, NOW, b"exit code 0\n"),
    ]
    for page in (1, 2, 10):
        rows = LogRows(index_of(chunks, page))
        assert [rows.row(at).gap for at in range(5)] == [False, False, True, False, False]


@pytest.mark.parametrize("page", [1, 2, 10])
def test_what_follows_a_gap_is_no_rest_of_the_line_before_it(page: int) -> None:
    chunks = [
        LogChunk(0, Stream.STDOUT, NOW, b"the first ha"),
        LogChunk(1, Stream.STDERR, NOW, b"oops\n"),
        LogChunk(2, Stream.SYSTEM, NOW, b"12 lines left out\n"),
        LogChunk(5, Stream.STDOUT, NOW, b"lf of the last\nend"),
        LogChunk(9, Stream.STDOUT, NOW, b"much later\n"),
    ]
    index = index_of(chunks, page)
    lines = ["the first ha", "oops", "12 lines left out", "lf of the last", "end", "much later"]
    assert shown(index) == lines
    stdout = index.lines(OUT, 0, 4)
    assert stdout.read() == [b"the first ha\n", b"lf of the last\n", b"end\n", b"much later\n"]


def test_a_number_that_was_kept_for_a_sentence_is_no_gap() -> None:
    chunks = [LogChunk(0, Stream.STDOUT, NOW, b"one "), LogChunk(2, Stream.STDOUT, NOW, b"line")]
    assert shown(index_of(chunks)) == shown(index_of(chunks, 1)) == ["one line"]


def test_a_batch_fits_only_where_it_was_made_for() -> None:
    index = LogIndex()
    batch = digest(Cursor(), chunks_of((Stream.STDOUT, b"x")))
    index.add(batch)
    with pytest.raises(ValueError, match="at 0"):
        index.add(batch)


def test_a_long_line_costs_only_what_is_shown() -> None:
    content = b"x" * 3_000_000
    index = index_of(chunks_of((Stream.STDOUT, content + b"\nshort\n")))
    raw = index.head(OUT, 0, MOST_BYTES)
    assert (len(raw.data), raw.more) == (MOST_BYTES, 3_000_000 - MOST_BYTES)
    assert index.length(OUT, 0) == 3_000_001
    assert len(index.lines(OUT, 0, 1, 1000).read()[0]) == 1000
    assert index.reach(OUT, 0, 2, 1000) == 1


def test_much_output_is_packed_and_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_index, "PACK_FROM", 1000)
    content = b"".join(b"line %d of many that are alike\n" % n for n in range(40_000))
    pieces = [content[at : at + 50_000] for at in range(0, len(content), 50_000)]
    index = index_of(chunks_of(*((Stream.STDOUT, piece) for piece in pieces)), 10)
    assert len(content) > 4 * BLOCK
    assert index.held < len(content) / 3
    assert len(index) == 40_000
    for ordinal in (0, 1, 9_999, 20_000, 39_999):
        expected = b"line %d of many that are alike" % ordinal
        assert index.head(OUT, ordinal, MOST_BYTES).data == expected
    assert b"".join(index.lines(OUT, 0, 40_000).read()) == content
    end = index.reach(OUT, 0, 40_000, 10_000)
    assert 9_000 < sum(map(len, index.lines(OUT, 0, end).read())) <= 10_000
