from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from jobdesk.store.lock import EngineInfo, EngineLock, holder

INFO = EngineInfo(4711, "1.0", "window", "2026-03-02T12:00:00Z", ("127.0.0.1", 80), "abc")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some" / "desk.db.engine"


def test_nobody(path: Path) -> None:
    assert holder(path) is None
    path.parent.mkdir()
    path.write_text("{}")
    assert holder(path) is None, "a note alone is not a lock"


def test_the_holder_is_told_until_it_lets_go(path: Path) -> None:
    lock = EngineLock(path)
    assert lock.acquire()
    lock.announce(INFO)
    assert holder(path) == INFO
    lock.announce(EngineInfo(1, "2", "service", "", "/a/socket", "k"))
    assert holder(path) == EngineInfo(1, "2", "service", "", "/a/socket", "k")
    lock.release()
    assert holder(path) is None
    lock.release()


def test_the_second_is_refused(path: Path) -> None:
    first, second = EngineLock(path), EngineLock(path)
    assert first.acquire()
    assert not second.acquire(patience=0.05)
    first.release()
    assert second.acquire()
    second.release()


def test_nobody_reads_the_note_of_a_holder_that_was_killed(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps(asdict(INFO)))
    lock = EngineLock(path)
    assert lock.acquire()
    try:
        found = holder(path)
        assert found is not None
        assert found.pid == 0
    finally:
        lock.release()


def test_a_holder_that_says_nothing_is_a_holder(path: Path) -> None:
    lock = EngineLock(path)
    assert lock.acquire()
    try:
        found = holder(path)
        assert found is not None
        assert (found.pid, found.version) == (0, "?")
        path.write_text('["nonsense"]')
        assert holder(path) is not None
    finally:
        lock.release()


def test_one_who_looks_does_not_keep_the_engine_from_starting(path: Path) -> None:
    lock = EngineLock(path)
    assert lock.acquire()
    lock.release()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            holder(path)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(30):
            assert lock.acquire(patience=5)
            lock.release()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_holder_that_dies_lets_go(path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path;"
        "from jobdesk.store.lock import EngineInfo, EngineLock;"
        "lock = EngineLock(Path(sys.argv[1])); assert lock.acquire();"
        "lock.announce(EngineInfo(os.getpid(), '1', 'window', ''));"
        "print(os.getpid(), flush=True); sys.stdin.read(); os._exit(9)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    info = holder(path)
    assert info is not None
    assert info.pid == pid
    process.communicate(timeout=10)
    assert process.returncode == 9
    assert holder(path) is None
    lock = EngineLock(path)
    assert lock.acquire()
    lock.release()


def test_the_lock_is_its_owners(path: Path) -> None:
    lock = EngineLock(path)
    assert lock.acquire()
    lock.release()
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
