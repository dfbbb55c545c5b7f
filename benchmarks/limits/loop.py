"""A bare loop in Python: threads that run scripts or call a URL, without a queue.

``python -m benchmarks.limits.loop script|call COUNT THREADS`` prints the seconds it took.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import requests


def run_loop(kind: str, count: int, threads: int, url: str = "") -> float:
    """Seconds for ``count`` tasks, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.limits.loop", kind, str(count), str(threads)]
    env = {**os.environ, "BENCH_URL": url}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _script() -> Callable[[], object]:
    return lambda: subprocess.run(["/bin/true"], capture_output=True, check=True)


def _call() -> Callable[[], object]:
    session, url = requests.Session(), os.environ["BENCH_URL"]
    return lambda: session.get(url, timeout=30).raise_for_status()


def _loop(make: Callable[[], Callable[[], object]], count: int, threads: int) -> float:
    numbers = itertools.count(1)

    def work() -> None:
        task = make()
        while next(numbers) <= count:
            task()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began


if __name__ == "__main__":
    what = {"script": _script, "call": _call}[sys.argv[1]]
    print(_loop(what, int(sys.argv[2]), int(sys.argv[3])))
