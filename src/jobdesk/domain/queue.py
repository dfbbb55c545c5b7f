"""A queue: a named lane with a limit of its own."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_QUEUE = "default"
MAX_CONCURRENCY = 10_000


@dataclass(frozen=True, slots=True)
class Queue:
    """A lane and what waits in it. ``concurrency`` None means no limit but the workers."""

    id: int
    name: str
    paused: bool = False
    concurrency: int | None = None
    queued: int = 0
    running: int = 0
    retrying: int = 0
    scheduled: int = 0
    dead: int = 0
