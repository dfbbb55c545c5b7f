"""Pushes runs of /bin/true at a steady rate until its stdin is closed: a history that grows."""

from __future__ import annotations

import sys
import threading

from jobdesk import Desk, ScriptAction

EVERY_SECONDS = 0.1


def main(rate: int) -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    some = [ScriptAction(["/bin/true"], cwd="/")] * max(1, round(rate * EVERY_SECONDS))
    with Desk.open() as desk:
        while not ended.wait(EVERY_SECONDS):
            desk.push_many(some)


if __name__ == "__main__":
    main(int(sys.argv[1]))
