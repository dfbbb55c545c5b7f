from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobdesk.domain.log import OTHER, LogChunk, Stream
from jobdesk.engine import logsink
from jobdesk.engine.logsink import Batch, LogSink
from jobdesk.store import logs
from jobdesk.store.database import Database
from jobdesk.store.logs import StoredPiece
from tests.store.conftest import opened
from tests.support.clock import ManualClock
from tests.support.work import Work

OUT, ERR = Stream.STDOUT, Stream.STDERR


class Shelf:
    """A store in memory that does what it is told at once, or when it is let."""

    def __init__(self) -> None:
        self.pieces: dict[int, StoredPiece] = {}
        self.sizes = (0, 0, 0)
        self.waiting: list[tuple[Callable[[Any], None], Future[None]]] = []
        self.stuck = False

    def submit(self, work: Callable[[Any], None], *, keep: bool = False) -> Future[None]:
        assert keep
        future: Future[None] = Future()
        self.waiting.append((work, future))
        if not self.stuck:
            self.work_off()
        return future

    def work_off(self) -> None:
        waiting, self.waiting = self.waiting, []
        for work, future in waiting:
            work(self)
            future.set_result(None)

    def touch(self, *topics: str) -> None:
        assert topics == ("log:7",)

    def store(self, batch: Batch | None) -> None:
        if batch is None:
            return
        for seq in batch.dropped:
            del self.pieces[seq]
        for piece in batch.pieces:
            assert piece.seq not in self.pieces
            self.pieces[piece.seq] = piece
        self.sizes = (batch.kept_bytes, batch.omitted_bytes, batch.omitted_lines)

    def log(self) -> list[LogChunk]:
        """Every piece, taken apart."""
        found = []
        for seq in sorted(self.pieces):
            piece, start = self.pieces[seq], 0
            turns = piece.turns or (len(piece.data),)
            assert len(turns) <= max(1, logsink._MOST_TURNS)
            assert sum(turns) == len(piece.data) <= logsink._PIECE or piece.stream is Stream.SYSTEM
            for place, length in enumerate(turns):
                stream = piece.stream if place % 2 == 0 else OTHER[piece.stream]
                data = piece.data[start : start + length]
                found.append(LogChunk(seq - len(turns) + 1 + place, stream, piece.time, data))
                start += length
        assert [c.seq for c in found] == sorted({c.seq for c in found})
        return found


@pytest.fixture(autouse=True)
def _onto_the_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Batch.store

    def store(batch: Batch, tx: Any) -> None:
        tx.store(batch) if isinstance(tx, Shelf) else real(batch, tx)

    monkeypatch.setattr(Batch, "store", store)


def sink_of(shelf: Shelf, cap: int) -> LogSink:
    return LogSink(3, 7, cap, ManualClock(), shelf)  # type: ignore[arg-type]


class Write:
    """Output number ``n``, as unlike any other as bytes allow, with a line break here or there."""

    def __init__(self, stream: Stream, size: int) -> None:
        self.stream, self.size = stream, size


steps = st.lists(
    st.one_of(
        st.builds(Write, st.sampled_from([OUT, ERR]), st.integers(0, 300)),
        st.sampled_from(["flush", "system"]),
    ),
    max_size=60,
)


def numbered(start: int, size: int) -> bytes:
    """Bytes that say where in the output they are."""
    text = b"".join(b"%d%s" % (n, b"\n" if n % 3 else b" ") for n in range(start, start + size))
    return text[:size]


@settings(max_examples=150)
@given(
    steps=steps,
    cap=st.integers(8, 700),
    piece=st.sampled_from([7, 50, 1000]),
    most=st.sampled_from([3, 4096]),
    turns=st.sampled_from([1, 2, 5, 1024]),
)
def test_head_and_tail_are_kept_to_the_byte(
    steps: list[Write | str], cap: int, piece: int, most: int, turns: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logsink, "_PIECE", piece)
        patch.setattr(logsink, "_MOST_PIECES", most)
        patch.setattr(logsink, "_MOST_TURNS", turns)
        check(steps, cap, piece, most)


def check(steps: list[Write | str], cap: int, piece: int, most: int) -> None:
    shelf = Shelf()
    sink = sink_of(shelf, cap)
    written: list[tuple[Stream, int]] = []
    own: list[bytes] = []
    for number, step in enumerate(steps):
        if isinstance(step, Write):
            data = numbered(number * 1000, step.size)
            written += [(step.stream, byte) for byte in data]
            sink.write(step.stream, data)
        elif step == "flush":
            sink.flush()
        else:
            own.append(b"sentence %d\n" % number)
            sink.system(f"sentence {number}")
        assert sink._tail.size < sink._tail.limit + piece, "bounded, whatever is written"
        assert len(sink._tail.pieces) <= most
    shelf.store(sink.finish())
    assert sink.finish() is None
    verify(shelf, written, own, cap, piece, most)


def verify(
    shelf: Shelf,
    written: list[tuple[Stream, int]],
    own: list[bytes],
    cap: int,
    piece: int,
    most: int,
) -> None:
    log = shelf.log()
    marks = [c for c in log if c.stream is Stream.SYSTEM and b"left out" in c.data]
    sentences = [c.data for c in log if c.stream is Stream.SYSTEM and c not in marks]
    assert b"".join(sentences) == b"".join(own), "our own sentences are all there, in order"
    output = [c for c in log if c.stream is not Stream.SYSTEM]
    kept = [(c.stream, byte) for c in output for byte in c.data]
    tail_limit = min(cap // 2, 1_048_576)
    head = cap - tail_limit
    omitted = written[:0]
    if len(kept) < len(written):
        tail = len(kept) - head
        omitted = written[head : len(written) - tail]
        assert kept == written[:head] + written[len(written) - tail :]
        assert tail_limit <= tail < tail_limit + piece or len(shelf.pieces) >= most
        assert len(marks) == 1
        before = sum(len(c.data) for c in output if c.seq < marks[0].seq)
        assert before == head, "the sentence stands where the output is missing"
        words = f"{len(omitted):,} bytes ({lines(omitted):,} lines)"
        assert words in marks[0].data.decode()
    else:
        assert kept == written
        assert marks == []
    size = len(kept) + sum(map(len, own))
    assert shelf.sizes == (size, len(omitted), lines(omitted)) or not log


def lines(output: list[tuple[Stream, int]]) -> int:
    return sum(byte == ord("\n") for _, byte in output)


def test_a_store_that_is_stuck_makes_no_queue() -> None:
    shelf = Shelf()
    shelf.stuck = True
    sink = sink_of(shelf, 64 * 1024)
    for n in range(200):
        sink.write(OUT, numbered(n, 10_000))
        sink.flush()
        assert len(shelf.waiting) <= 1
    assert sink._tail.size < 32 * 1024 + 65_536
    shelf.stuck = False
    shelf.work_off()
    sink.flush()
    shelf.store(sink.finish())
    kept = b"".join(c.data for c in shelf.log() if c.stream is OUT)
    assert kept.endswith(numbered(199, 10_000))
    assert len(kept) + shelf.sizes[1] == 2_000_000


def test_a_script_that_writes_faster_than_the_store_is_slowed_down() -> None:
    shelf = Shelf()
    sink = sink_of(shelf, 10 * 1_048_576)
    sink.write(OUT, b"x")
    shelf.stuck = True
    sink.write(OUT, bytes(logsink._HURRY))
    assert len(shelf.waiting) == 1
    writer = threading.Thread(target=sink.write, args=(OUT, bytes(logsink._HURRY)))
    writer.start()
    writer.join(0.1)
    assert writer.is_alive(), "it waits"
    shelf.stuck = False
    shelf.work_off()
    writer.join(10)
    assert not writer.is_alive()


def test_a_store_that_is_stuck_holds_nobody_up_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logsink, "_PATIENCE", 0.05)
    shelf = Shelf()
    cap = 4 * 1_048_576
    sink = sink_of(shelf, cap)
    sink.write(OUT, b"x")
    shelf.stuck = True
    for _ in range(20):  # an unbounded wait would meet the test's timeout here
        sink.write(OUT, bytes(logsink._HURRY))
    assert len(shelf.waiting) == 1
    assert sink._head_size + sink._tail.size <= cap + logsink._PIECE
    shelf.stuck = False
    shelf.work_off()
    shelf.store(sink.finish())
    kept = sum(len(c.data) for c in shelf.log() if c.stream is OUT)
    assert kept + shelf.sizes[1] == 20 * logsink._HURRY + 1


def test_many_tiny_pieces_do_not_cost_a_hundred_times_their_size() -> None:
    shelf = Shelf()
    sink = sink_of(shelf, 64 * 1024)
    most = 0
    for n in range(50_000):
        sink.write((OUT, ERR)[n % 2], b".")
        most = max(most, len(sink._head) + len(sink._tail.pieces))
    assert most <= logsink._MOST_PIECES + logsink._HURRY // logsink._WEIGHT
    shelf.store(sink.finish())
    assert len(shelf.pieces) < 100, "and not a row each"
    kept = b"".join(c.data for c in shelf.log() if c.stream is not Stream.SYSTEM)
    assert len(kept) + shelf.sizes[1] == 50_000
    assert [c.stream for c in shelf.log() if c.stream is not Stream.SYSTEM][:4] == [OUT, ERR] * 2


@pytest.fixture
def db(own_home: Any) -> Iterator[Database]:
    with opened(own_home) as database:
        yield database


def test_in_a_real_store(db: Database) -> None:
    work = Work(db, ManualClock())
    work.push()
    (claim,) = work.claim()
    sink = LogSink(claim.attempt_id, claim.run.id, 64 * 1024, work.clock, db.writer)
    sink.system("it begins")
    for n in range(40):
        sink.write(OUT, numbered(n * 1000, 4000))
        for at in range(500):
            sink.write((ERR, OUT)[at % 2], b"eo"[at % 2 : at % 2 + 1] * 2)
        sink.system(f"step {n}")
        sink.flush()
    batch = sink.finish()
    # The last flush may have taken all, and not be done: the writer keeps to the order.
    work.write(lambda tx: batch and batch.store(tx))
    found = list(work.read(lambda conn: list(logs.read(conn, claim.attempt_id))))
    assert [c.seq for c in found] == sorted({c.seq for c in found})
    own = [c.data.decode() for c in found if c.stream is Stream.SYSTEM]
    assert [line for line in own if "left out" not in line] == [
        "it begins\n",
        *(f"step {n}\n" for n in range(40)),
    ]
    kept = sum(len(c.data) for c in found if c.stream is not Stream.SYSTEM)
    (attempt,) = work.attempts(claim.run.id)
    assert kept + attempt.omitted_bytes == 40 * 5000
    assert attempt.omitted_bytes > 0
    for stream in Stream:
        only = list(work.read(lambda c, s=stream: list(logs.read(c, claim.attempt_id, stream=s))))
        assert only == [c for c in found if c.stream is stream]
    middle = next(i for i, c in enumerate(found) if c.data == b"ee") + 7
    rest = work.read(
        lambda conn: list(logs.read(conn, claim.attempt_id, after=found[middle].seq, limit=2))
    )
    assert 2 < len(rest) < len(found)
    assert rest == found[middle + 1 : middle + 1 + len(rest)], "also from within a row"
