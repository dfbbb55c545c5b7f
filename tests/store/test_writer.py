from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from jobdesk.domain.errors import NotAllowed, Unavailable
from jobdesk.store import schema
from jobdesk.store.database import Database
from jobdesk.store.failures import explain, is_passing
from jobdesk.store.writer import Tx, Writer

PATIENCE = 20


def note(name: str) -> Callable[[Tx], str]:
    """Work that leaves a mark in the database."""

    def work(tx: Tx) -> str:
        tx.conn.execute(insert(schema.settings).values(name=name, value="1"))
        tx.touch(name)
        return name

    return work


def names(file: Path) -> list[str]:
    """What another program sees committed, in order."""
    conn = sqlite3.connect(file)
    try:
        rows = conn.execute("SELECT name FROM settings ORDER BY rowid").fetchall()
    finally:
        conn.close()
    return [name for (name,) in rows]


class Bench:
    """A writer on a small table, with a short patience for locks."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.engine = impatient(file)
        with self.engine.begin() as conn:
            schema.settings.create(conn)
        self.commits: list[frozenset[str]] = []
        self.troubles: list[str] = []
        self.trouble = threading.Event()
        self.writer = Writer(self.engine, self.commits.append, self._in_trouble)

    def _in_trouble(self, words: str | None) -> None:
        if words is not None:
            self.troubles.append(words)
            self.trouble.set()

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """The writer's thread is busy, so that what is submitted meanwhile is one batch."""
        begun, go = threading.Event(), threading.Event()

        def wait(tx: Tx) -> None:
            begun.set()
            assert go.wait(PATIENCE)

        self.writer.submit(wait)
        assert begun.wait(PATIENCE)
        try:
            yield
        finally:
            go.set()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program has the database locked."""
        conn = sqlite3.connect(self.file, isolation_level=None)
        conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            conn.execute("ROLLBACK")
            conn.close()


def impatient(file: Path) -> Engine:
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 0.01})

    @event.listens_for(engine, "connect")
    def by_hand(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL").close()

    @event.listens_for(engine, "begin")
    def begin(conn: object) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    return engine


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "bench.db")
    yield bench
    bench.writer.close()
    bench.engine.dispose()


def test_what_queued_up_is_one_transaction(bench: Bench) -> None:
    with bench.held_up():
        futures = [bench.writer.submit(note(name)) for name in "abc"]
        assert names(bench.file) == []
    assert [f.result(PATIENCE) for f in futures] == ["a", "b", "c"]
    bench.writer.close()
    assert names(bench.file) == ["a", "b", "c"]
    assert bench.commits == [{"a", "b", "c"}]


def test_a_future_that_has_a_result_is_on_disk(bench: Bench) -> None:
    seen = []
    future = bench.writer.submit(note("a"))
    future.add_done_callback(lambda _: seen.append(names(bench.file)))
    future.result(PATIENCE)
    assert names(bench.file) == ["a"]
    bench.writer.close()
    assert seen == [["a"]], "the callback runs after the commit, too"


def test_a_refusal_undoes_its_own_closure_only(bench: Bench) -> None:
    def refused(tx: Tx) -> None:
        tx.conn.execute(insert(schema.settings).values(name="half", value="1"))
        tx.touch("half")
        raise NotAllowed("no")

    with bench.held_up():
        first, no, last = map(bench.writer.submit, (note("a"), refused, note("b")))
    assert (first.result(PATIENCE), last.result(PATIENCE)) == ("a", "b")
    with pytest.raises(NotAllowed, match="no"):
        no.result(PATIENCE)
    bench.writer.close()
    assert names(bench.file) == ["a", "b"]
    assert bench.commits == [{"a", "b"}]


def test_a_broken_constraint_is_the_closures_own_affair(bench: Bench) -> None:
    with bench.held_up():
        futures = [bench.writer.submit(note(name)) for name in ("a", "a", "b")]
    assert [type(f.exception(PATIENCE)) for f in futures] == [
        type(None),
        IntegrityError,
        type(None),
    ]
    assert names(bench.file) == ["a", "b"]


def test_while_locked_kept_work_waits_and_other_work_is_told(bench: Bench) -> None:
    with bench.locked():
        kept = [bench.writer.submit(note(name), keep=True) for name in "ab"]
        told = bench.writer.submit(note("c"))
        with pytest.raises(Unavailable, match="kept it locked for too long"):
            told.result(PATIENCE)
        assert bench.trouble.wait(PATIENCE)
        assert not any(f.done() for f in kept)
        assert names(bench.file) == []
    assert [f.result(PATIENCE) for f in kept] == ["a", "b"]
    assert bench.writer.submit(note("d")).result(PATIENCE) == "d"
    assert names(bench.file) == ["a", "b", "d"], "in the order of submission"


def test_kept_work_waits_for_space_on_the_disk(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'full.db'}")
    pages = "PRAGMA max_page_count = {}"
    full = threading.Event()
    limit = threading.Event()

    @event.listens_for(engine, "begin")
    def bound(conn: object) -> None:
        number = 1_000_000 if limit.is_set() else 1
        conn.exec_driver_sql(pages.format(number))  # type: ignore[attr-defined]

    limit.set()
    with engine.begin() as conn:
        schema.settings.create(conn)
    limit.clear()
    writer = Writer(engine, lambda _: None, lambda words: full.set() if words else None)

    def big(tx: Tx) -> int:
        tx.conn.execute(insert(schema.settings).values(name="big", value="x" * 100_000))
        return 1

    try:
        told = writer.submit(big)
        with pytest.raises(Unavailable, match="the disk is full; nothing was stored"):
            told.result(PATIENCE)
        full.clear()
        kept = writer.submit(big, keep=True)
        assert full.wait(PATIENCE)
        assert not kept.done()
        limit.set()
        assert kept.result(PATIENCE) == 1
    finally:
        writer.close()
        engine.dispose()


def test_closing_commits_what_was_handed_over(bench: Bench) -> None:
    with bench.held_up():
        futures = [bench.writer.submit(note(f"n{i}")) for i in range(1200)]
        closer = threading.Thread(target=bench.writer.close)
        closer.start()
    closer.join(PATIENCE)
    assert not closer.is_alive()
    assert all(future.done() and future.exception() is None for future in futures)
    assert len(names(bench.file)) == 1200
    with pytest.raises(Unavailable, match="closed"):
        bench.writer.submit(note("late"))


def test_closing_does_not_wait_for_trouble_to_pass(bench: Bench) -> None:
    with bench.locked():
        kept = bench.writer.submit(note("a"), keep=True)
        assert bench.trouble.wait(PATIENCE)
        bench.writer.close()
        with pytest.raises(Unavailable, match="was closed"):
            kept.result(0)


def test_closing_twice_and_closing_what_never_worked(bench: Bench) -> None:
    bench.writer.close()
    bench.writer.close()
    assert not bench.commits


def test_work_from_many_threads_is_all_done_and_in_each_ones_order(bench: Bench) -> None:
    def push(letter: str) -> None:
        futures.extend(bench.writer.submit(note(f"{letter}{i:02}")) for i in range(50))

    futures: list[Future[object]] = []
    threads = [threading.Thread(target=push, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.writer.close()
    assert len(futures) == 200
    found = names(bench.file)
    for letter in "abcd":
        assert [n for n in found if n[0] == letter] == [f"{letter}{i:02}" for i in range(50)]


def test_a_listener_that_fails_does_not_end_the_writer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = impatient(tmp_path / "x.db")
    with engine.begin() as conn:
        schema.settings.create(conn)

    def deaf(topics: frozenset[str]) -> None:
        raise RuntimeError("deaf")

    writer = Writer(engine, deaf)
    try:
        assert writer.run(note("a")) == "a"
        assert writer.run(note("b")) == "b"
        assert "a listener failed" in caplog.text
    finally:
        writer.close()
        engine.dispose()
    assert caplog.records[0].levelno == logging.ERROR


def test_nobody_can_take_back_what_may_be_in_a_transaction(bench: Bench) -> None:
    with bench.held_up():
        future = bench.writer.submit(note("a"))
        assert not future.cancel()
    assert future.result(PATIENCE) == "a"


def test_trouble_of_the_database_comes_as_a_sentence(db: Database) -> None:
    with pytest.raises(Unavailable, match="not a JobDesk database"):
        db.writer.run(lambda tx: tx.conn.execute(text("SELECT * FROM nowhere")))
    assert db.writer.run(lambda tx: tx.conn.execute(select(1)).scalar()) == 1


def test_what_a_statement_says_is_not_taken_for_what_the_database_says() -> None:
    clash = IntegrityError(
        "INSERT", {"title": "the disk is full and locked"}, sqlite3.IntegrityError("UNIQUE failed")
    )
    assert not is_passing(clash)
    odd = OperationalError("SELECT", {"title": "full"}, sqlite3.OperationalError("no such column"))
    assert not is_passing(odd)
    locked = OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))
    assert is_passing(locked)
    assert "kept it locked" in str(explain(locked))
    refusal = NotAllowed("no")
    assert explain(refusal) is refusal


def test_who_waits_alone_commits_in_his_own_thread(bench: Bench) -> None:
    assert bench.writer.run(lambda tx: threading.get_ident()) == threading.get_ident()


def test_nobody_steps_in_before_what_was_handed_over(bench: Bench) -> None:
    with bench.held_up():
        first = bench.writer.submit(note("first"))
        waiting = threading.Thread(target=bench.writer.run, args=(note("second"),))
        waiting.start()
        assert not bench.writer._step_in()
    waiting.join(PATIENCE)
    assert first.result(PATIENCE) == "first"
    assert names(bench.file) == ["first", "second"]
