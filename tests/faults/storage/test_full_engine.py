"""An engine in this process whose database can grow no further."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest

from jobdesk import Desk, ScriptAction
from jobdesk.clock import SystemClock
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.log import Stream
from jobdesk.domain.run import RunState
from jobdesk.engine import logsink
from jobdesk.engine.engine import Engine
from jobdesk.engine.logsink import LogSink
from jobdesk.engine.trouble import Complaint
from jobdesk.store.database import default_url
from jobdesk.store.writer import Writer
from tests.cli.conftest import Cli, cli
from tests.faults.storage.disks import PATIENCE, Gated, Quota, until

__all__ = ["cli"]

MB = 1_048_576
FULL = "the disk is full"


@pytest.fixture
def engine(desk: Desk) -> Iterator[Engine]:
    one = Engine(default_url(desk.home), desk.home, SystemClock(), origin="terminal")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def quota(engine: Engine) -> Quota:
    return Quota(engine._db)


def trouble(desk: Desk) -> str | None:
    until(lambda: desk.engine_health() is not None, "the engine answers")
    health = desk.engine_health()
    return health.trouble if health else None


def test_an_end_is_kept_until_there_is_room(
    desk: Desk,
    quota: Quota,
    tmp_path: Path,
    cli: Cli,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    gated = Gated(tmp_path / "gated", output=200_000)
    topics: set[str] = set()
    stop = desk.listen(topics.update)
    run = desk.push(gated.action)
    until(lambda: gated.times, "the script runs")
    assert trouble(desk) is None
    topics.clear()
    quota.on = True
    gated.let_go()
    until(lambda: trouble(desk), "the engine says that it is in trouble")
    assert FULL in (trouble(desk) or "")
    until(lambda: "engine" in topics, "listeners are told to look")
    checks = {check["name"]: check for check in cli("doctor", "--json").json["checks"]}
    assert checks["storage"]["state"] == "problem"
    assert FULL in checks["storage"]["found"]
    # This desk has room: its push is accepted, and the engine doesn't touch it meanwhile.
    waits = desk.push(ScriptAction([sys.executable, "-I", "-S", "-c", ""]))
    time.sleep(1.2)
    assert desk.run(waits.id).state is RunState.QUEUED
    assert desk.run(run.id).state is RunState.RUNNING
    assert FULL in (trouble(desk) or ""), "a commit that writes nothing is no sign of room"

    quota.on = False
    for one in (run, waits):
        assert desk.wait(one.id, timeout=PATIENCE).state is RunState.SUCCEEDED
        assert [attempt.outcome for attempt in desk.attempts(one.id)] == ["succeeded"]
    until(lambda: trouble(desk) is None, "the trouble is over")
    stop()
    assert gated.times == 1
    out = b"".join(chunk.data for chunk in desk.log(run.id, stream=Stream.STDOUT))
    assert out == b"y" * 200_000 + b"\n"
    ended = desk.run(run.id)
    assert ended.finished_at is not None
    assert ended.finished_at < desk.run(waits.id).created_at, "when it ended, not when stored"
    said = [record for record in caplog.records if record.name == "jobdesk.engine.trouble"]
    assert [record.levelname for record in said] == ["WARNING", "INFO"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.slow_fault
def test_a_script_that_prints_is_ended_on_time(desk: Desk, quota: Quota, tmp_path: Path) -> None:
    """While nothing of its output can be stored, and none of it holds up the script."""
    code = (
        "import os, sys\nline = b'x' * 99 + b'\\n'\n"
        f"open({str(tmp_path / 'begun')!r}, 'w').close()\n"
        "while True: os.write(1, line * 600)\n"
    )
    run = desk.push(ScriptAction([sys.executable, "-I", "-S", "-c", code]))
    until((tmp_path / "begun").exists, "the script runs")
    quota.on = True
    until(lambda: trouble(desk), "the engine says that it is in trouble")
    time.sleep(1.0)  # so that it prints more than is kept for the store
    desk.cancel([run.id])
    until(lambda: not psutil.Process().children(), "the script is ended", patience=10)
    assert desk.run(run.id).state is RunState.RUNNING, "not stored yet"
    quota.on = False
    assert desk.wait(run.id, timeout=PATIENCE).state is RunState.CANCELLED


class NoRoom:
    """A writer that never gets anything done."""

    def __init__(self) -> None:
        self.works: list[object] = []

    def submit(self, work: object, *, keep: bool = False) -> Future[None]:
        assert keep
        self.works.append(work)
        return Future()


def test_output_is_bounded_while_nothing_can_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logsink, "_PATIENCE", 0.05)
    writer = NoRoom()
    sink = LogSink(1, 1, 100 * MB, SystemClock(), writer)  # type: ignore[arg-type]
    began = time.monotonic()
    for _ in range(1000):
        sink.write(Stream.STDOUT, b"z" * 65_535 + b"\n")
    assert time.monotonic() - began < 20, "it waits a little, and then no more"
    assert len(writer.works) == 1, "one batch at a time"
    batch = sink.finish()
    assert batch is not None
    kept = sum(len(chunk.data) for chunk in batch.pieces)
    assert kept < 2.5 * MB
    assert batch.omitted_bytes + batch.kept_bytes == 1000 * 65_536
    assert batch.omitted_lines == batch.omitted_bytes // 65_536


def test_however_much_is_kept_others_are_told(desk: Desk) -> None:
    """More than one transaction takes waits for room; who asks is told there is none."""
    quota = Quota(desk._db)
    writer: Writer = desk._db.writer
    quota.on = True
    big = "CREATE TABLE IF NOT EXISTS pile (x)", f"INSERT INTO pile VALUES (zeroblob({MB}))"

    def work(tx: object) -> None:
        for statement in big:
            tx.conn.exec_driver_sql(statement)  # type: ignore[attr-defined]

    kept = [writer.submit(work, keep=True) for _ in range(600)]
    told = writer.submit(lambda tx: None)
    with pytest.raises(Unavailable, match=FULL):
        told.result(PATIENCE)
    assert not any(future.done() for future in kept)


def test_a_complaint_is_made_once_for_each_cause(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    complaint = Complaint(logging.getLogger("x"), "it waits")
    for _ in range(3):
        complaint.about(Unavailable("no room"))
        complaint.about(ValueError("odd"))
    assert [(r.levelname, r.exc_info is not None) for r in caplog.records] == [
        ("WARNING", False),
        ("ERROR", True),
    ]
    complaint.settled()
    complaint.settled()
    complaint.about(Unavailable("no room"))
    assert [r.levelname for r in caplog.records[2:]] == ["INFO", "WARNING"]
