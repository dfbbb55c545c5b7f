"""The script whose log is looked at: many lines at once, and then 10,000 a second while it
is let. Each line names its number and when it was written, and has 100 bytes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

PER_SECOND = 10_000
_TICK = 0.02
_AT_ONCE = 5_000
_FILL = (b"looked at some thing " * 5)[:72]


def line(number: int, at: float) -> bytes:
    return b"line %d %.3f " % (number, at) + _FILL + b"\n"


def main(lines: int, go: Path) -> None:
    out = sys.stdout.buffer
    number = 0
    while number < lines:
        now = time.time()
        some = range(number, min(lines, number + _AT_ONCE))
        out.write(b"".join(line(one, now) for one in some))
        number = some.stop
    out.flush()
    while True:
        time.sleep(_TICK)
        due = time.monotonic()
        while go.exists():
            due += _TICK
            now = time.time()
            some = range(number, number + round(PER_SECOND * _TICK))
            out.write(b"".join(line(one, now) for one in some))
            out.flush()
            number = some.stop
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
