"""A page of retrying runs, left alone: what its countdowns cost."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

from benchmarks.windows.play import (
    Player,
    Wait,
    argument,
    leave,
    play_on_empty,
    play_on_jobdesk,
)

SECONDS = 3.0


def _script(player: Player) -> Iterator[Wait]:
    yield player.has_rows
    yield from player.build_all_pages()
    yield from player.come_to_rest()
    yield from player.told_to_go()
    yield from _measure(player)


def _empty(player: Player) -> Iterator[Wait]:
    yield from player.come_to_rest()
    yield from player.told_to_go()
    yield from _measure(player)


def _measure(player: Player) -> Iterator[Wait]:
    began, used, own = time.monotonic(), _used(), time.thread_time()
    yield SECONDS
    seconds = time.monotonic() - began
    player.told["process"] = (_used() - used) / seconds
    player.told["gui"] = (time.thread_time() - own) / seconds


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    leave(play_on_empty(_empty) if argument() == "empty" else play_on_jobdesk(_script))
