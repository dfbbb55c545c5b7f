"""What an unexpected end of the engine did, for a person who was not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jobdesk.domain.run import RunState


@dataclass(frozen=True, slots=True)
class Interruption:
    """Runs that were interrupted because the engine ended unexpectedly, ``ends`` times since
    somebody last said that he knows.

    ``found_at`` is the last rescue; when the engine ended is not known. ``runs`` maps ids
    to what the rescue made of them: queued, dead or cancelled.
    """

    found_at: datetime
    ends: int
    runs: Mapping[int, RunState]

    def ids(self, state: RunState) -> list[int]:
        """The runs that the rescue brought into ``state``, oldest first."""
        return sorted(run_id for run_id, became in self.runs.items() if became is state)
