"""Finding and ending everything that a script has started.

A process leaves its parent's group with ``setsid``, its parent by a double fork, and its
cookie by clearing its environment. So it is looked for in five ways, each of which holds
where others fail:

- the session that the script was started in;
- descent from the script, as far as parents still live;
- the cookie in the environment that it was started with;
- Linux: a *mark* that it is born with and can't lose by accident, see ``marks.py``;
- Linux: being a child subreaper, the engine becomes the parent of what lost its own.
  That lets it reap such processes; whose they are says the mark.

On macOS, session, descent and cookie have to do; Windows has ``job_object.py``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from jobdesk.engine.runners.base import GRACE_AT_STOP
from jobdesk.engine.runners.census import Census, Look, look_around, other_pids
from jobdesk.engine.runners.children import Children
from jobdesk.engine.runners.marks import cookie_of, limit_of, mark_of

GIVE_UP = 10.0
"""Seconds after the first KILL: what still lives then hangs in the kernel for good."""

_PR_SET_CHILD_SUBREAPER = 36
_SAME_START = 2.0
"""Seconds that two readings of a start may differ: the kernel rounds the time of boot."""

_AT_ONCE = 0.2
"""Seconds within which a process normally starts."""

_MOST_STRIKES = 1_000

_GONE = (psutil.NoSuchProcess, ProcessLookupError)
_LINUX = sys.platform == "linux"

# Windows has one way to end a process, and psutil calls it TERM.
_TERM = signal.SIGTERM
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_CONT = getattr(signal, "SIGCONT", None)

Find = Callable[[], list[psutil.Process]]
Pause = Callable[[float], None]
Say = Callable[[str], None]
Hurried = Callable[[], bool]


def _never() -> bool:
    return False


def become_subreaper() -> bool:
    """Have orphans of our scripts come to us; whether this system can do that."""
    if not _LINUX:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    return bool(library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def start_time(pid: int, asked: float) -> float:
    """When our child was started, in seconds since 1970.

    ``asked`` is ``time.time()`` of just before. That is the answer to within a fraction
    of the tolerance that a rescue needs, unless the computer was busy with other things;
    asking the system costs more than all else that we add to the start of a process.
    """
    if 0 <= time.time() - asked < _AT_ONCE:
        return asked
    return float(psutil.Process(pid).create_time())


def alive(process: psutil.Process) -> bool:
    """Whether it still runs: neither gone, nor a zombie, nor a stranger with its pid.

    Linux calls a process a zombie, too, whose first thread has ended before the others.
    """
    try:
        if not process.is_running():
            return False
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.Error:
        return False


def find_by_cookie(prefix: str) -> list[psutil.Process]:
    """Living processes of this user whose cookie begins with ``prefix``, but not ours."""
    if not prefix:
        return []
    pids = [pid for pid in other_pids() if cookie_of(pid).startswith(prefix)]
    return [process for process in _existing(pids) if alive(process)]


class PosixTree:
    """What one attempt has started, on a system with sessions and signals.

    ``pid`` and ``started`` are the script's own, as ``on_spawn`` gets them.
    """

    def __init__(
        self,
        pid: int,
        started: float,
        cookie: str,
        children: Children,
        census: Census,
        hurried: Hurried = _never,
    ) -> None:
        self._pid = pid
        self._started = started
        self._cookie = cookie
        self._mark = mark_of(cookie)
        self._children = children
        self._census = census
        self._hurried = hurried
        self._seen: set[int] = set()

    def end_all(self, grace: float, wait: Pause, say: Say) -> list[psutil.Process]:
        """End the whole tree: TERM, ``grace`` seconds, KILL; returns what can't be ended."""
        return self._end(self.find, grace, wait, say, self._strike)

    def end_rest(self, grace: float, wait: Pause, say: Say) -> list[psutil.Process]:
        """After the script's own end: end what it left behind in its session."""
        return self._end(self.find_session, grace, wait, say, lambda: None)

    def find(self) -> list[psutil.Process]:
        """All processes of the attempt, dead ones that nobody has waited for included."""
        look = self._census.take()
        pids = self._session_pids(look) | look.cookie.get(self._cookie, set())
        pids |= look.mark.get(self._mark, set())
        pids |= look.descendants(pids | {self._pid} if self._is_leader() else pids)
        self._seen |= pids
        return _existing(pids)

    def find_session(self) -> list[psutil.Process]:
        """The processes of its session, dead ones that nobody has waited for included."""
        pids = self._session_pids(self._census.take())
        self._seen |= pids
        return _existing(pids)

    def _end(
        self, find: Find, grace: float, wait: Pause, say: Say, strike: Callable[[], None]
    ) -> list[psutil.Process]:
        survivors = end_processes(find, grace, wait, say, strike=strike, hurried=self._hurried)
        # What has lost its parent came to us, and stays a zombie until it is waited for.
        self._children.reap(self._seen - {self._pid})
        return survivors

    def close(self) -> None:
        """Nothing is held here; a Windows job has a handle."""

    def _strike(self) -> None:
        _kill_marked({self._mark})

    def _session_pids(self, look: Look) -> set[int]:
        # The kernel gives the number to nobody while one of the session is there; once
        # none is, a stranger may lead a session of this number.
        leader = _process(self._pid)
        if leader is not None and not _started_at(leader, self._started):
            return set()
        return set(look.session.get(self._pid, ()))

    def _is_leader(self) -> bool:
        leader = _process(self._pid)
        return leader is not None and _started_at(leader, self._started)

    def lingers(self) -> bool:
        """Whether the script's process group is still there after its own end."""
        try:
            os.killpg(self._pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def end_processes(
    find: Find,
    grace: float,
    wait: Pause,
    say: Say,
    *,
    strike: Callable[[], None] = lambda: None,
    hurried: Hurried = _never,
    quiet_looks: int = 2,
) -> list[psutil.Process]:
    """TERM to all that ``find`` finds, ``grace`` seconds, KILL, until it finds nothing.

    ``find`` also returns zombies: a process may fork and end while it is being looked
    for, and then only the zombie tells that there was more to find. So it is over when
    all that is known is dead and ``quiet_looks`` looks in a row bring up nobody new.
    ``strike`` is called after the grace period, to kill what ``find`` is too slow for. Once
    ``hurried`` says so, no more than GRACE_AT_STOP is left of the grace.

    ``wait(seconds)`` is called instead of sleeping, ``say`` with each thing done. Returns
    what can't be ended: processes of another user, or stuck in the kernel.
    """
    known: set[psutil.Process] = set()
    refused: set[psutil.Process] = set()
    killed: set[psutil.Process] = set()
    end_of_grace = time.monotonic() + grace
    quiet = 0
    haste = False
    while quiet < quiet_looks:
        if not haste and hurried():
            haste, end_of_grace = True, min(end_of_grace, time.monotonic() + GRACE_AT_STOP)
        fresh = set(find()) - known
        known |= fresh
        living = {p for p in known - refused if alive(p)}
        quiet = 0 if fresh or living else quiet + 1
        if time.monotonic() < end_of_grace:
            _ask(fresh & living, refused, say)
            _await_end(known - refused, end_of_grace, wait, _never if haste else hurried)
        elif time.monotonic() < end_of_grace + GIVE_UP:
            refused |= _send(_KILL, living - killed, say)
            killed |= living
            strike()
            if living:
                wait(0.01)
        else:
            return sorted(refused | living, key=_by_pid)
    return sorted(refused, key=_by_pid)


def _kill_marked(marks: Collection[int]) -> None:
    """Kill what carries one of the marks, faster than it can fork: a look takes 0.1 ms.

    The handle makes sure that the one that is killed is the one that had the mark.
    """
    struck: set[int] = set()
    for _ in range(_MOST_STRIKES if sys.platform == "linux" else 0):
        fresh = [pid for pid in other_pids() if pid not in struck and limit_of(pid) in marks]
        if not fresh:
            return
        for pid in reversed(fresh):
            with suppress(OSError):
                handle = os.pidfd_open(pid)
                try:
                    if limit_of(pid) in marks:
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                finally:
                    os.close(handle)
        struck.update(fresh)


def _ask(processes: set[psutil.Process], refused: set[psutil.Process], say: Say) -> None:
    refused |= _send(_TERM, processes, say)
    if _CONT is not None:
        # Stopped processes act on TERM only when they go on.
        _send(_CONT, processes - refused, None)


def _await_end(
    processes: set[psutil.Process], until: float, wait: Pause, interrupted: Hurried
) -> None:
    pause = 0.002
    while any(map(alive, processes)) and (left := until - time.monotonic()) > 0:
        if interrupted():
            return
        wait(min(pause, left))
        pause = min(pause * 1.5, 0.05)


@dataclass(frozen=True, slots=True)
class Orphaned:
    """An attempt of an engine that died. ``pid`` and ``create_time`` are what ``on_spawn``
    was told, where that was noted in time."""

    pid: int | None
    create_time: float | None
    cookie: str


def end_orphans(
    attempts: Collection[Orphaned], grace: float, say: Say = lambda line: None
) -> list[psutil.Process]:
    """End what attempts of an engine that died have left, all at once; returns what can't
    be ended.

    A process counts as a script only if pid and start agree, so that nobody else's is
    touched who got the number since. What carries a cookie or a mark is found wherever it
    went.
    """
    cookies = {one.cookie for one in attempts}
    marks = {mark_of(cookie) for cookie in cookies}
    roots = [root for one in attempts if (root := _confirmed(one)) is not None]

    def find() -> list[psutil.Process]:
        look = look_around()
        pids: set[int] = set()
        for cookie in cookies:
            pids |= look.cookie.get(cookie, set())
        for mark in marks:
            pids |= look.mark.get(mark, set())
        for root in filter(alive, roots):
            pids |= {root.pid} | look.session.get(root.pid, set())
        return _existing(pids | look.descendants(pids))

    # Others reap these, so that no zombie tells of what slipped through a look.
    return end_processes(
        find, grace, time.sleep, say, strike=lambda: _kill_marked(marks), quiet_looks=5
    )


def _confirmed(attempt: Orphaned) -> psutil.Process | None:
    root = _process(attempt.pid) if attempt.pid is not None else None
    return root if root is not None and _started_at(root, attempt.create_time) else None


def names_of(processes: Iterable[psutil.Process]) -> str:
    """Processes for a line in the log: ``12 (sleep), 13 (sh)``, the first ten."""
    processes = sorted(processes, key=_by_pid)
    shown = ", ".join(f"{p.pid} ({_name(p)})" for p in processes[:10])
    return shown if len(processes) <= 10 else f"{shown} and {len(processes) - 10:,} more"


def _send(
    number: signal.Signals,
    processes: set[psutil.Process],
    say: Say | None,
) -> set[psutil.Process]:
    """Signal each; returns those that belong to somebody else."""
    names = names_of(processes) if say is not None else ""
    refused = set()
    sent = 0
    # Parents first: a shell whose command dies before it goes on to the next one.
    for process in sorted(processes, key=lambda p: (p.create_time(), p.pid)):
        try:
            process.send_signal(number)
            sent += 1
        except _GONE:
            continue
        except (psutil.AccessDenied, PermissionError):
            refused.add(process)
    if say is not None and sent:
        say(f"sent {number.name} to {names}")
    if say is not None and refused:
        say(f"not allowed to end {names_of(refused)}: it belongs to another user")
    return refused


def _existing(pids: Iterable[int]) -> list[psutil.Process]:
    return [process for process in map(_process, pids) if process is not None]


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _started_at(process: psutil.Process, create_time: float | None) -> bool:
    try:
        return create_time is not None and abs(process.create_time() - create_time) <= _SAME_START
    except psutil.Error:
        return False


def _by_pid(process: psutil.Process) -> int:
    return int(process.pid)


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return "?"
