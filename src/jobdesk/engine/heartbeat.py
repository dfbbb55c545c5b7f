"""Notices that the clock on the wall went somewhere else.

Everything else in the engine sleeps on the monotonic clock, which stands still while a
laptop sleeps and knows nothing of a clock that is set.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from jobdesk.clock import Clock
from jobdesk.engine.trouble import Complaint

_BEAT = 1.0
_JUMP = 2.0

log = logging.getLogger(__name__)


class Heartbeat:
    """Calls ``jumped`` when wall clock and monotonic clock drift apart by over 2 s
    between two beats, and ``beat`` at each beat."""

    def __init__(
        self, clock: Clock, jumped: Callable[[float], None], beat: Callable[[], None]
    ) -> None:
        self._clock, self._jumped, self._beat = clock, jumped, beat
        self._offset = self._measure()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def check(self) -> None:
        """One beat."""
        offset = self._measure()
        jump = offset - self._offset
        if abs(jump) > _JUMP:
            log.warning("the clock jumped by %+.0f s", jump)
            self._jumped(jump)  # where that fails, the next beat finds the jump again
        self._offset = offset
        self._beat()

    def _measure(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _loop(self) -> None:
        complaint = Complaint(log, "a heartbeat failed")
        while not self._closing.wait(_BEAT):
            try:
                self.check()
                complaint.settled()
            except Exception as error:
                # The next beat tries again; a heart must not stop over one bad beat.
                complaint.about(error)
