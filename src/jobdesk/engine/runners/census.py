"""One look at all processes, for all who want one at the same time.

An engine that stops ends as many attempts at once as it has workers, and each of them looks
for its processes again and again. A look reads some files of every process there is: made
by each for himself, sixty of them take longer than anybody is given to end.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import psutil

from jobdesk.engine.runners.marks import cookie_of, limit_of, session_of


def _sets() -> defaultdict[int, set[int]]:
    return defaultdict(set)


@dataclass(slots=True)
class Look:
    """Pids by what they are known by; our own and that of what starts the system are left
    out. Dead processes that nobody has waited for are in it."""

    below: defaultdict[int, set[int]] = field(default_factory=_sets)
    """By parent."""
    session: defaultdict[int, set[int]] = field(default_factory=_sets)
    mark: defaultdict[int, set[int]] = field(default_factory=_sets)
    cookie: dict[str, set[int]] = field(default_factory=dict)

    def descendants(self, of: Iterable[int]) -> set[int]:
        """Everybody below ``of``, as far as parents still live."""
        found: set[int] = set()
        to_do = list(of)
        while to_do:
            fresh = self.below.get(to_do.pop(), set()) - found
            found |= fresh
            to_do.extend(fresh)
        return found


class Census:
    """Takes looks; shared by all threads of an engine."""

    def __init__(self, look: Callable[[], Look] | None = None) -> None:
        self._look_around = look or look_around
        self._gate = threading.Condition()
        self._begun = self._done = 0
        self._taking = False
        self._latest = Look()

    def take(self) -> Look:
        """A look that began after this was called, taken here or by another thread."""
        with self._gate:
            wanted = self._begun + 1
            while self._taking and self._done < wanted:
                self._gate.wait()
            if self._done >= wanted:
                return self._latest
            self._taking = True
            self._begun += 1
            number = self._begun
        look: Look | None = None
        try:
            look = self._look_around()
            return look
        finally:
            with self._gate:
                self._taking = False
                if look is not None:
                    self._latest, self._done = look, number
                self._gate.notify_all()


def other_pids() -> list[int]:
    """Everybody but ourselves and what starts the system."""
    own = os.getpid()
    return [pid for pid in psutil.pids() if pid > 1 and pid != own]


def look_around() -> Look:
    """Look at every process once. Some 50 µs for each."""
    look = Look()
    for pid in other_pids():
        parent, session = _family(pid)
        if parent is None:
            continue  # gone meanwhile
        look.below[parent].add(pid)
        if session is not None:
            look.session[session].add(pid)
        mark = limit_of(pid)
        if mark is not None:
            look.mark[mark].add(pid)
        if cookie := cookie_of(pid):
            look.cookie.setdefault(cookie, set()).add(pid)
    return look


def _family(pid: int) -> tuple[int | None, int | None]:
    """Parent and session; None for what is gone or isn't known here."""
    if sys.platform != "linux":
        try:
            return psutil.Process(pid).ppid(), session_of(pid)
        except psutil.Error:
            return None, None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  for every process
            # The name may hold anything, so count from its closing bracket.
            fields = file.read().rpartition(b")")[2].split()
        return int(fields[1]), int(fields[3])
    except (OSError, IndexError, ValueError):
        return None, None
