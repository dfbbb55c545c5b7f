"""The log of an attempt: three streams, kept in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stream(StrEnum):
    """Where a piece of a log came from; ``SYSTEM`` holds JobDesk's own sentences."""

    STDOUT = "stdout"
    STDERR = "stderr"
    SYSTEM = "system"


OTHER = {Stream.STDOUT: Stream.STDERR, Stream.STDERR: Stream.STDOUT}
"""The two that a script writes take turns."""


@dataclass(frozen=True, slots=True)
class LogChunk:
    """A piece of output. ``seq`` orders the pieces of an attempt, all streams together."""

    seq: int
    stream: Stream
    time: datetime
    data: bytes
