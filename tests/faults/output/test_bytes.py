"""What a script wrote, to the byte, and what a person sees of bytes that are no text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobdesk import Desk
from jobdesk.desk.documents import chunk_documents
from jobdesk.domain.log import Stream
from jobdesk.domain.run import Run, RunState
from jobdesk.gui.models.log.index import Cursor, LogIndex, digest
from jobdesk.gui.models.log.rows import LogRows
from jobdesk.gui.models.log.text import MOST_BYTES, render
from tests.faults.output.flood import ONCE, check_the_sums, head_and_tail, log_of, rows_of, script
from tests.support.command import command, serving

SMALLEST_CAP = 64 * 1024
HEAD = TAIL = SMALLEST_CAP // 2


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


def shown(desk: Desk, run: Run, stream: Stream = Stream.STDOUT) -> list[str]:
    """The lines of a stream as the window shows them."""
    index = LogIndex()
    index.add(digest(Cursor(), list(desk.log(run.id))))
    rows = LogRows(index, frozenset({stream}))
    found = []
    for at in range(len(rows)):
        row = rows.row(at)
        raw = index.head(row.place, row.ordinal, MOST_BYTES)
        found.append(render(raw.data, raw.more).text)
    return found


def bytes_of(desk: Desk, run: Run, stream: Stream = Stream.STDOUT) -> bytes:
    return b"".join(chunk.data for chunk in desk.log(run.id, stream=stream))


def done(desk: Desk, run: Run) -> None:
    assert desk.wait(run.id, timeout=60).state is RunState.SUCCEEDED


def test_every_kind_of_bytes(desk: Desk, own_home: Path) -> None:
    desk.save_settings(desk.settings().model_copy(update={"output_cap": SMALLEST_CAP}))
    lines = 1_000_000
    scripts = {
        "lines": f"write(1, b''.join(b'%d\\n' % n for n in range({lines})))",
        # € is three bytes: written one by one, so that chunks end within it.
        "cut": "for n in range(300):\n  for b in '€'.encode(): os.write(1, bytes([b])); "
        "os.write(2, b'-'); time.sleep(0.002 * (n < 100))",
        "omitted": "write(1, b'x' + '€'.encode() * 50000 + b'\\n')",
        "invalid": "write(1, bytes(range(256)) * 3)",
        "nul": "write(1, b'a\\0b\\n' + bytes(1000) + b'\\nend\\n')",
        "bar": "for n in range(101): write(1, b'\\r%3d%%' % n)\nwrite(1, b'\\n')",
        "turns": "for n in range(20000): os.write(1, b'o'); os.write(2, b'e')",
    }
    with serving(own_home):
        runs = {name: desk.push(script(code), retry=ONCE) for name, code in scripts.items()}
        for run in runs.values():
            done(desk, run)
    a_million_lines(desk, runs["lines"], lines)
    cut_characters(desk, runs["cut"])
    characters_cut_where_something_is_missing(desk, runs["omitted"])
    bytes_that_are_no_text(desk, own_home, runs["invalid"], runs["nul"])
    a_progress_bar(desk, runs["bar"])
    streams_by_turns(desk, own_home, runs["turns"])


def a_million_lines(desk: Desk, run: Run, lines: int) -> None:
    attempt, chunks = log_of(desk, run)
    written = b"".join(b"%d\n" % n for n in range(lines))
    check_the_sums(attempt, chunks, len(written), lines)
    head, tail = head_and_tail(chunks)
    assert head == written[:HEAD]
    assert tail == written[-len(tail) :]
    assert TAIL <= len(tail) < TAIL + 65_536


def cut_characters(desk: Desk, run: Run) -> None:
    assert shown(desk, run) == ["€" * 300]
    assert bytes_of(desk, run) == "€".encode() * 300
    documents = chunk_documents(desk.log(run.id))
    text = "".join(c["text"] for c in documents if c["stream"] == "stdout")
    assert text == "€" * 300, "no character is broken by where a chunk ends"


def characters_cut_where_something_is_missing(desk: Desk, run: Run) -> None:
    written = b"x" + "€".encode() * 50_000 + b"\n"
    attempt, chunks = log_of(desk, run)
    check_the_sums(attempt, chunks, len(written), 1)
    head, tail = head_and_tail(chunks)
    assert head == written[:HEAD]
    assert tail == written[-len(tail) :]
    before, after = shown(desk, run)
    assert before.startswith("x€€€")
    assert after.endswith("€€€")
    assert "�" not in before[1:-1], "broken at its very end at most"
    documents = chunk_documents(desk.log(run.id))
    texts = [c["text"] for c in documents if c["stream"] == "stdout"]
    whole = "".join(texts)
    assert whole.replace("�", "").strip("x\n") == "€" * whole.count("€")
    assert whole.count("�") <= 4, "at most two halves of characters, at the edges"


def bytes_that_are_no_text(desk: Desk, home: Path, invalid: Run, nul: Run) -> None:
    everything = command(home, "log", str(invalid.id), "--stream", "stdout").out
    assert everything == bytes(range(256)) * 3
    json.dumps(shown(desk, invalid))
    assert shown(desk, nul) == ["a␀b", "␀" * 1000, "end"]
    written = b"a\0b\n" + bytes(1000) + b"\nend\n"
    assert bytes_of(desk, nul) == written


def a_progress_bar(desk: Desk, run: Run) -> None:
    written = b"".join(b"\r%3d%%" % n for n in range(101)) + b"\n"
    assert bytes_of(desk, run) == written
    assert shown(desk, run) == ["100%"]


def streams_by_turns(desk: Desk, home: Path, run: Run) -> None:
    assert bytes_of(desk, run) == b"o" * 20_000
    assert bytes_of(desk, run, Stream.STDERR) == b"e" * 20_000
    assert rows_of(home, run) < 1_000, "and not one for each of 40,000 writes"
