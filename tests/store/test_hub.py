from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

import pytest

from jobdesk.store import changes as changes_module
from jobdesk.store import hub as hub_module
from jobdesk.store.changes import ALL, Changes
from jobdesk.store.database import Database
from jobdesk.store.hub import Hub
from jobdesk.store.lock import EngineInfo, EngineLock
from tests.store.conftest import opened
from tests.support.work import Work

PATIENCE = 10.0
"""Seconds; also for topics that come by a poke: who looks by himself hears ``ALL`` instead."""
HELD_UP = 5.0
"""Seconds; who waits for one that doesn't answer would wait for ever."""


class Ear:
    """Hears topics and can be waited for."""

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self._changed = threading.Condition()

    def __call__(self, topics: frozenset[str]) -> None:
        with self._changed:
            self.heard |= topics
            self._changed.notify_all()

    def hears(self, topic: str, within: float = PATIENCE) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: topic in self.heard, within)

    def forget(self) -> None:
        with self._changed:
            self.heard = set()


@pytest.fixture
def folder(own_home: Path) -> Path:
    own_home.mkdir()
    return own_home


class Station:
    """What an engine has of all this: the lock, the hub, and its announcement."""

    def __init__(self, lock_path: Path, home: Path) -> None:
        self.ear = Ear()
        self.hub = Hub(home, self.ear)
        self.lock = EngineLock(lock_path)
        assert self.lock.acquire()
        self.announce(self.hub.address, self.hub.key)

    def announce(self, address: str | tuple[str, int], key: str) -> None:
        self.lock.announce(EngineInfo(os.getpid(), "1", "terminal", "", address, key))

    def close(self) -> None:
        self.hub.close()
        self.lock.release()


@pytest.fixture
def station(db: Database) -> Iterator[Station]:
    station = Station(db.lock_path, db.home)
    yield station
    station.close()


def call(station: Station) -> Connection:
    return Client(station.hub.address, authkey=bytes.fromhex(station.hub.key))


def test_a_commit_reaches_the_engine_and_the_other_processes(
    db: Database, work: Work, station: Station
) -> None:
    with opened(db.home) as other:
        ear = Ear()
        other.changes.listen(ear)
        assert ear.hears(ALL), "with the link comes a look at everything"
        ear.forget()
        work.push()
        assert station.ear.hears("runs")
        assert ear.hears("runs")


def test_a_linked_process_speaks_over_its_link(db: Database, station: Station) -> None:
    with opened(db.home) as other:
        ear, theirs = Ear(), Ear()
        remove = db.changes.listen(ear)
        other.changes.listen(theirs)
        assert ear.hears(ALL)
        assert theirs.hears(ALL)
        db.changes.publish(frozenset({"settings"}))
        assert theirs.hears("settings")
        remove()
        remove()
        ear.forget()
        other.changes.publish(frozenset({"jobs"}))
        assert station.ear.hears("jobs")
        assert ear.heard == set()


def test_who_has_more_to_say_keeps_the_call(
    db: Database, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def call(address: str) -> Connection:
        calls.append(address)
        return Client(address)

    monkeypatch.setattr(changes_module, "Client", call)
    for topic in ("first", "second", "third"):
        db.changes.publish(frozenset({topic}))
        assert station.ear.hears(topic)
    assert len(calls) == 1


def test_the_call_is_not_kept_for_long(
    db: Database, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_module, "_KEPT", 0.01)
    db.changes.publish(frozenset({"first"}))
    assert station.ear.hears("first")
    deadline = time.monotonic() + PATIENCE
    while db.changes._calls:
        assert time.monotonic() < deadline, "the call is still there"
        time.sleep(0.005)
    db.changes.publish(frozenset({"second"}))
    assert station.ear.hears("second")


def test_the_next_engine_is_called_when_the_first_one_has_ended(db: Database) -> None:
    first = Station(db.lock_path, db.home)
    db.changes.publish(frozenset({"first"}))
    assert first.ear.hears("first")
    first.close()
    second = Station(db.lock_path, db.home)
    try:
        db.changes.publish(frozenset({"second"}))
        assert second.ear.hears("second")
    finally:
        second.close()


def test_topics_are_relayed_together(station: Station) -> None:
    with call(station) as follower:
        follower.send("follow")
        wait_for(lambda: bool(station.hub._followers))
        for n in range(1000):
            station.hub.publish(frozenset({f"log:{n}"}))
        heard: set[str] = set()
        messages = 0
        while len(heard) < 1000:
            assert follower.poll(PATIENCE)
            heard |= set(follower.recv())
            messages += 1
        assert messages < 10


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_wrong_key_is_turned_away(station: Station) -> None:
    with pytest.raises((AuthenticationError, EOFError, OSError)):
        Client(station.hub.address, authkey=b"wrong" * 4)
    with call(station) as client:
        client.send(["runs"])
    assert station.ear.hears("runs")


def test_the_socket_is_for_its_owner(station: Station) -> None:
    address = station.hub.address
    if isinstance(address, str) and sys.platform != "win32":
        assert Path(address).stat().st_mode & 0o777 == 0o600


def test_a_long_path_gets_a_folder_that_goes_away(folder: Path) -> None:
    deep = folder / ("x" * 120)
    deep.mkdir()
    hub = Hub(deep, lambda _: None)
    address = hub.address
    hub.close()
    assert isinstance(address, str)
    assert not Path(address).parent.exists()


def test_one_who_never_answers_keeps_nobody_waiting(station: Station) -> None:
    silent = socket.socket(socket.AF_UNIX)
    silent.connect(str(station.hub.address))
    with call(station) as client:
        client.send(["runs"])
    assert station.ear.hears("runs")
    before = time.monotonic()
    station.hub.close()
    assert time.monotonic() - before < HELD_UP
    silent.close()


def test_nonsense_ends_only_the_one_who_said_it(station: Station) -> None:
    with call(station) as client:
        client.send(42)
        client.send({"a": 1})
        client.send(["jobs"])
        assert station.ear.hears("jobs")
        client.send_bytes(b"no pickle")
    with call(station) as client:
        client.send(["runs"])
        assert station.ear.hears("runs")


def test_a_follower_that_does_not_read_holds_up_nobody(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "_RELAY", 0.001)
    deaf, other = call(station), call(station)
    for follower in (deaf, other):
        follower.send("follow")
    wait_for(lambda: len(station.hub._followers) == 2)
    assert other.recv() == [ALL]
    big = frozenset({"log:" + "x" * 20_000})
    for _ in range(100):
        station.hub.publish(big)
        assert other.poll(PATIENCE)
        assert other.recv() == list(big)
        if len(station.hub._followers) == 1:
            break
    assert len(station.hub._followers) == 1, "it was hung up on"
    deaf.close()
    other.close()


def timed_push(home: Path) -> tuple[float, float]:
    """How long a push and its close take, in seconds."""
    start = time.monotonic()
    with opened(home) as database:
        from tests.support.clock import ManualClock

        Work(database, ManualClock()).push()
        pushed = time.monotonic()
    return pushed - start, time.monotonic() - pushed


def test_a_hub_that_never_accepts_holds_up_nobody(db: Database, station: Station) -> None:
    with Listener(None, "AF_UNIX") as listener:
        station.announce(str(listener.address), "00")
        push, close = timed_push(db.home)
    assert push < HELD_UP
    assert close < HELD_UP


def test_a_hub_that_is_gone_holds_up_nobody(db: Database, station: Station) -> None:
    station.announce("/nowhere/engine.sock", "00")
    push, close = timed_push(db.home)
    assert push + close < HELD_UP


HUB = """
import sys
from pathlib import Path
from tests.store.test_hub import Station
station = Station(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.read()
station.close()
"""


def test_a_stopped_engine_holds_up_nobody(db: Database, work: Work) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HUB, str(db.lock_path), str(db.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        ear = Ear()
        with opened(db.home) as follower:
            follower.changes.listen(ear)
            assert ear.hears(ALL)
            process.send_signal(signal.SIGSTOP)
            push, close = timed_push(db.home)
            assert push < HELD_UP
            assert close < HELD_UP
            ear.forget()
            assert ear.hears(ALL), "the database itself tells"
            before = time.monotonic()
        assert time.monotonic() - before < HELD_UP, "with a link to it, too"
    finally:
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=PATIENCE)


def test_without_an_engine_the_database_tells(db: Database, work: Work) -> None:
    ear = Ear()
    with opened(db.home) as other:
        other.changes.listen(ear)
        wait_for(lambda: other.changes._threads[0].is_alive())
        deadline = time.monotonic() + PATIENCE
        while not ear.hears(ALL, 0.2):
            assert time.monotonic() < deadline
            work.push()


def test_what_hides_among_the_told_is_found(db: Database, work: Work) -> None:
    """A commit that nobody told of, in the same second as one that was."""
    ear = Ear()
    with opened(db.home) as other:
        other.changes.listen(ear)
        deadline = time.monotonic() + PATIENCE
        while not ear.hears(ALL, 0.2):
            assert time.monotonic() < deadline
            work.push()
        other.changes.hear(frozenset({"queues"}))
        ear.forget()
        work.push()
        assert ear.hears(ALL)


def test_a_listener_that_fails_is_not_the_last(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def deaf(topics: frozenset[str]) -> None:
        raise RuntimeError("deaf")

    ear = Ear()
    changes = Changes(db._engine, None)
    changes._listeners += [deaf, ear]
    changes.publish(frozenset({"runs"}))
    assert ear.heard == {"runs"}
    assert "a listener failed" in caplog.text


def test_how_the_engine_is_can_be_asked(db: Database, work: Work) -> None:
    assert db.changes.ask() is None, "there is none"
    hub = Hub(db.home, Ear(), lambda: {"trouble": "no room"})
    lock = EngineLock(db.lock_path)
    assert lock.acquire()
    lock.announce(EngineInfo(os.getpid(), "1", "terminal", "", hub.address, hub.key))
    try:
        assert db.changes.ask() == {"trouble": "no room"}
        hub._status = lambda: "not what was asked"  # type: ignore[assignment, return-value]
        assert db.changes.ask() is None
    finally:
        hub.close()
        lock.release()
    assert db.changes.ask() is None
