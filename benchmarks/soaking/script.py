"""What the soak's jobs run: a script that keeps its own book on when it really ran.

``script.py LEDGER KIND TAG``. Each event is one line of the ledger, written at once:
``EVENT RUN ATTEMPT PID WALL_NS MONOTONIC_NS DETAIL``. It runs under ``python -I -S``, so
that hundreds of them start quickly, and it imports nothing of JobDesk.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

LEDGER, KIND, TAG = sys.argv[1:4] if len(sys.argv) > 3 else ("", "", "")
RUN, ATTEMPT = os.environ.get("JOBDESK_RUN_ID", "0"), os.environ.get("JOBDESK_ATTEMPT", "0")
TICK = 0.1
DAEMON_LIFE = 3.0
"""Seconds that a daemon lives if nobody ends it: a script may start one on purpose."""


def note(event: str, detail: str = "-") -> None:
    times = f"{time.time_ns()} {time.monotonic_ns()}"
    line = f"{event} {RUN} {ATTEMPT} {os.getpid()} {times} {detail}\n"
    ledger = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(ledger, line.encode())
    os.close(ledger)


class Mouth:
    """Prints, and counts what it printed."""

    def __init__(self) -> None:
        self.said = 0

    def say(self, text: str, stream: int = 1) -> None:
        data = text.encode()
        while data:
            written = os.write(stream, data)
            self.said += written
            data = data[written:]


def stay(seconds: float, event: str = "tick") -> None:
    """Stay alive and say so in the ledger, so that it shows who lived for how long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        note(event)
        time.sleep(TICK)


def fork(work: Callable[[], None]) -> None:
    if os.fork() == 0:
        try:
            work()
        finally:
            os._exit(0)


def daemon() -> None:
    """Out of the session, without a parent, with all descriptors closed."""
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        stay(DAEMON_LIFE, "daemon")
    os._exit(0)


def chatter(mouth: Mouth, lines: int) -> None:
    for number in range(lines):
        mouth.say(f"line {number:06} {'x' * 80}\n", 2 if number % 3 == 0 else 1)


def act(mouth: Mouth) -> int:
    """What the kind says; the exit code."""
    if KIND == "slow":
        stay(0.2 + int(RUN) % 20 / 10)
    elif KIND == "fail":
        return 7
    elif KIND == "flaky":
        return 0 if int(ATTEMPT) > 1 else 3
    elif KIND == "hang":
        stay(60)
    elif KIND == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stay(60)
    elif KIND == "family":
        for _ in range(3):
            fork(lambda: stay(60))
        stay(0.3)
    elif KIND == "daemon":
        fork(daemon)
        stay(0.5 if int(RUN) % 2 else 60)
    elif KIND == "stopped":
        os.kill(os.getpid(), signal.SIGSTOP)
        stay(60)
    elif KIND == "chatty":
        chatter(mouth, 2_000)
    elif KIND == "loud":
        chatter(mouth, 12_000)
    return 0


def main() -> None:
    mouth = Mouth()
    note("begin", TAG)
    mouth.say(f"begin {RUN} {ATTEMPT} {os.getpid()}\n")
    code = act(mouth)
    mouth.say(f"end {RUN} {ATTEMPT}\n")
    note("end", f"code={code},bytes={mouth.said}")
    os._exit(code)


if __name__ == "__main__":
    main()
