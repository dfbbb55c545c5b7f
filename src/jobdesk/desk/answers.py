"""What the desk answers with, besides the values of the domain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Unchanged(Enum):
    """What is left as it is, where None already says something."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one run that was to be replayed; ``new_id`` None: it was before."""

    run_id: int
    new_id: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The desk at a glance: sums over all queues, and how many jobs there are."""

    queued: int
    running: int
    retrying: int
    scheduled: int
    dead: int
    jobs: int
    enabled_jobs: int
    paused_queues: int


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """How a running engine is; ``trouble`` says why it can't store anything just now,
    ``api`` why the HTTP API is not served though it should be."""

    trouble: str | None = None
    api: str | None = None
