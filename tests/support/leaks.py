"""A test must end the threads and processes that it starts.

:func:`no_leaks` is an autouse fixture: it looks before and after, gives what is winding
down a moment, and fails the test by name of what is left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

T = TypeVar("T")

PATIENCE = 3.0
"""Seconds for threads and processes that are already on their way out."""

_POLL = 0.01
# multiprocessing keeps these for the life of the interpreter.
_KEPT = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


def threads() -> set[threading.Thread]:
    """The live threads that Python started.

    A dummy stands for a thread of Qt's that once ran Python code; Python never learns
    when such a thread ends.
    """
    everything = set(threading.enumerate())
    return {t for t in everything if not isinstance(t, threading._DummyThread)}


def processes() -> set[psutil.Process]:
    """The children of this process and theirs, also those that nobody waited for."""
    children = psutil.Process().children(recursive=True)
    return {child for child in children if not any(k in _describe(child) for k in _KEPT)}


def _describe(process: psutil.Process) -> str:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return f"{process.name()} (ended, but nobody waited for it)"
        return " ".join(process.cmdline()) or process.name()
    except psutil.NoSuchProcess:
        return "(gone meanwhile)"


def left_over(look: Callable[[], set[T]], before: set[T]) -> set[T]:
    """What ``look`` sees beyond ``before`` once patience has run out."""
    deadline = time.monotonic() + PATIENCE
    while (extra := look() - before) and time.monotonic() < deadline:
        time.sleep(_POLL)
    return extra


@pytest.fixture(autouse=True)
def no_leaks(own_home: Path) -> Iterator[None]:
    """Fail a test that leaves a thread or a child process behind.

    It asks for the home only so that it looks, and ends what is left, before the home is
    removed.
    """
    threads_before, processes_before = threads(), processes()
    yield
    leaked_threads = left_over(threads, threads_before)
    leaked_processes = left_over(processes, processes_before)
    found = [f"thread {thread.name!r}" for thread in leaked_threads]
    for process in leaked_processes:
        found.append(f"process {process.pid}: {_describe(process)}")
        end(process)
    if found:
        pytest.fail("the test left behind " + "; ".join(sorted(found)), pytrace=False)


def end(process: psutil.Process) -> None:
    """End a leaked child, so that it can't disturb the tests that follow."""
    try:
        process.kill()
        process.wait(PATIENCE)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired):
        return  # It is gone, or it is the test's own report that says what is wrong.
