"""Which children of the engine's process are spoken for, and reaping the others.

As a child subreaper the engine inherits orphans of its scripts, and has to reap them.
``waitpid(-1)`` would do that, and steal the exit codes that other threads wait for. So
every process is started inside :meth:`Children.starting`, and an orphan is a child that
is nobody's. Reaping and starting exclude each other: between the birth of a child and
its registration nobody may take it for an orphan.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psutil

from jobdesk.engine.runners.spawn import Process


class Children:
    """The register of one engine; shared by all its threads."""

    def __init__(self) -> None:
        self._gate = threading.Condition()
        self._starting = 0
        self._reaping = False
        self._owned: dict[int, Process] = {}

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Around every start of a process in the engine, :meth:`own` included."""
        with self._gate:
            while self._reaping:
                self._gate.wait()
            self._starting += 1
        try:
            yield
        finally:
            with self._gate:
                self._starting -= 1
                if self._reaping and not self._starting:
                    self._gate.notify_all()

    def own(self, process: Process) -> None:
        """This child has a thread that waits for it."""
        self._owned[process.pid] = process

    def disown(self, process: Process) -> None:
        """This child has been waited for; its number may be somebody else's by now."""
        if self._owned.get(process.pid) is process:
            del self._owned[process.pid]

    def reap_adopted(self) -> list[int]:
        """Reap every ended child that nobody waits for; returns their pids. Never blocks
        on a process. For the janitor: it looks through all processes."""
        return self.reap(p.pid for p in _zombie_children())

    def reap(self, pids: Iterable[int]) -> list[int]:
        """Reap those of ``pids`` that are ended children of ours and owned by nobody."""
        if sys.platform == "win32":
            return []
        reaped = []
        with self._reaper():
            for pid in pids:
                if pid not in self._owned and _reap_one(pid):
                    reaped.append(pid)
        return reaped

    @contextmanager
    def _reaper(self) -> Iterator[None]:
        with self._gate:
            while self._reaping:
                self._gate.wait()
            self._reaping = True
            while self._starting:
                self._gate.wait()
        try:
            yield
        finally:
            with self._gate:
                self._reaping = False
                self._gate.notify_all()


def _reap_one(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _zombie_children() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found
