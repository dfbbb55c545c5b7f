from __future__ import annotations

import os
import queue
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobdesk.engine.runners.base import StopCause, StopToken
from jobdesk.engine.runners.steps import Steps, Wait
from jobdesk.engine.workers.watcher import Watcher

PATIENCE = 10.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll")


class Pipe:
    """Something to be watched: over when an x is read."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.over = False
        self.seen = b""
        self.fails = False

    @property
    def descriptors(self) -> tuple[int, ...]:
        return (self.read_end,)

    def ready(self, descriptor: int) -> bool:
        if self.fails:
            raise OSError("broken")
        data = os.read(descriptor, 100)
        self.seen += data
        self.over = b"x" in data
        return bool(data) and not self.over

    def wait(self, timeout: float | None) -> None:
        raise AssertionError("nobody waits here")

    def write(self, data: bytes) -> None:
        os.write(self.write_end, data)

    def close(self) -> None:
        os.close(self.read_end)
        os.close(self.write_end)


class Watching:
    """A watcher, and what it says is over."""

    def __init__(self) -> None:
        self.over: queue.Queue[tuple[Steps[Any], Exception | None]] = queue.Queue()
        self.watcher = Watcher(lambda steps, error: self.over.put((steps, error)))

    def add(
        self, pipe: Pipe, stop: StopToken | None = None, deadline: float | None = None
    ) -> Steps[Any]:
        steps: Steps[Any] = (_ for _ in ())  # type: ignore[assignment]
        self.watcher.add(steps, Wait(pipe, stop or StopToken(), deadline))
        return steps


@pytest.fixture
def watching() -> Iterator[Watching]:
    watching = Watching()
    yield watching
    watching.watcher.close(time.monotonic() + PATIENCE)
    assert watching.over.empty()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_what_is_read_is_passed_on_until_it_is_over(watching: Watching, pipe: Pipe) -> None:
    steps = watching.add(pipe)
    for part in (b"a", b"b", b"x"):
        pipe.write(part)
    assert watching.over.get(timeout=PATIENCE) == (steps, None)
    assert pipe.seen == b"abx"


def test_a_stop_and_a_stop_before_it_is_watched(watching: Watching, pipe: Pipe) -> None:
    stop = StopToken()
    steps = watching.add(pipe, stop)
    stop.request(StopCause.CANCELLED)
    assert watching.over.get(timeout=PATIENCE) == (steps, None)
    again = watching.add(pipe, stop)
    assert watching.over.get(timeout=PATIENCE) == (again, None)


def test_the_nearer_deadline_counts(watching: Watching, pipe: Pipe) -> None:
    other = Pipe()
    far = watching.add(pipe, deadline=time.monotonic() + 3600)
    near = watching.add(other, deadline=time.monotonic() + 0.02)
    assert watching.over.get(timeout=PATIENCE) == (near, None)
    pipe.write(b"x")
    assert watching.over.get(timeout=PATIENCE) == (far, None)
    other.close()


def test_an_error_is_handed_to_whom_it_belongs(watching: Watching, pipe: Pipe) -> None:
    other = Pipe()
    pipe.fails = True
    broken, whole = watching.add(pipe), watching.add(other)
    pipe.write(b"a")
    steps, error = watching.over.get(timeout=PATIENCE)
    assert steps is broken
    assert isinstance(error, OSError)
    other.write(b"x")
    assert watching.over.get(timeout=PATIENCE) == (whole, None)
    other.close()


def test_a_number_that_is_used_again_is_the_new_ones(watching: Watching) -> None:
    for _ in range(50):
        pipe = Pipe()
        steps = watching.add(pipe)
        pipe.write(b"x")
        assert watching.over.get(timeout=PATIENCE) == (steps, None)
        pipe.close()


def test_deadlines_of_what_is_over_are_not_kept_for_ever(watching: Watching, pipe: Pipe) -> None:
    for _ in range(500):
        pipe.over = False
        watching.add(pipe, deadline=time.monotonic() + 3600)
        pipe.write(b"x")
        watching.over.get(timeout=PATIENCE)
    assert len(watching.watcher._deadlines) < 100


def test_what_can_not_be_watched_is_refused_and_forgotten(watching: Watching, pipe: Pipe) -> None:
    file = os.open(__file__, os.O_RDONLY)

    class Half(Pipe):
        @property
        def descriptors(self) -> tuple[int, ...]:
            return (self.read_end, file)  # epoll takes no files

    half = Half()
    with pytest.raises(PermissionError):
        watching.add(half)
    half.write(b"x")
    assert watching.watcher._by_descriptor == {}
    half.close()
    os.close(file)
    steps = watching.add(pipe)
    pipe.write(b"x")
    assert watching.over.get(timeout=PATIENCE) == (steps, None)


def descriptors_in_use() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_thread_that_can_not_be_had_is_asked_for_again(
    watching: Watching, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise RuntimeError("can't start new thread")

    before = descriptors_in_use()
    with monkeypatch.context() as patch:
        patch.setattr(watching.watcher._thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            watching.add(pipe)
    assert descriptors_in_use() == before
    steps = watching.add(pipe)
    pipe.write(b"x")
    assert watching.over.get(timeout=PATIENCE) == (steps, None)
