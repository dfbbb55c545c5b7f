"""Work that says when it waits.

What a runner does with a script is mostly waiting for it. So it is written as a generator
that gives a :class:`Wait` for each time that nothing is to be done until something happens,
and :data:`BLOCK` before it does what may take its time. Whoever carries it out may go on with
other work meanwhile; one thread can wait for a hundred scripts. :func:`carry_out` does it
all in the calling thread.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from jobdesk.engine.runners.base import StopToken

R = TypeVar("R")


class Watched(Protocol):
    """Something that happens at descriptors, or is waited for in some way of its own."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Where to wait for it; none where that is impossible."""
        ...

    @property
    def over(self) -> bool:
        """Whether whoever waits has to be told."""
        ...

    def ready(self, descriptor: int) -> bool:
        """Take what is there to be read, at once; whether there may be more some day."""
        ...

    def wait(self, timeout: float | None) -> None:
        """Wait in this thread, ``timeout`` seconds at most; heeds stop requests."""
        ...


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on once ``what`` is over, a stop is requested, or ``deadline`` (of
    ``time.monotonic``) is reached; going on earlier does no harm."""

    what: Watched
    stop: StopToken
    deadline: float | None


class Block:
    """What follows may take its time: it wants a thread of its own."""


BLOCK: Final = Block()

Steps = Generator[Wait | Block, None, R]


def carry_out(steps: Steps[R]) -> R:
    """All of it in this thread; what it comes to."""
    try:
        while True:
            step = next(steps)
            if isinstance(step, Wait):
                left = None if step.deadline is None else step.deadline - time.monotonic()
                step.what.wait(left if left is None else max(0.0, left))
    except StopIteration as end:
        result: R = end.value
        return result
