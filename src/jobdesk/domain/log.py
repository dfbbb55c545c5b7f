"""The streams that the log of an attempt is made of."""

from __future__ import annotations

from enum import StrEnum


class Stream(StrEnum):
    """Where a piece of a log came from; ``SYSTEM`` holds JobDesk's own sentences."""

    STDOUT = "stdout"
    STDERR = "stderr"
    SYSTEM = "system"
