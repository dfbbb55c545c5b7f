"""What a measured process tells the one that measures it: a line of JSON on stdout."""

from __future__ import annotations

import os
import time

READY = "ready"
"""The line before it, of a process that waits to be told to go."""


def tell_painted() -> None:
    """The moment, and the CPU time of this process so far. Imports nothing that the
    measured program would not import anyway."""
    times = os.times()
    used = times.user + times.system
    print(f'{{"at": {time.monotonic()!r}, "cpu": {used!r}}}', flush=True)
