"""What the engine says while nothing can be stored: to its log once, to who asks always."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from jobdesk.domain.errors import JobDeskError
from jobdesk.store.failures import explain, is_trouble

_MOST_SAID = 20

log = logging.getLogger(__name__)


class Trouble:
    """Why nothing can be stored just now, or that all is well again.

    ``changed`` is called when :attr:`words` became another, from any thread.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._guard = threading.Lock()
        self._words: str | None = None

    @property
    def words(self) -> str | None:
        """The trouble in a sentence; None where there is none."""
        return self._words

    def begin(self, words: str) -> None:
        """It is there, or still there, or has another cause by now."""
        with self._guard:
            before, self._words = self._words, words
        if before is None:
            # The log may be on the same disk, so one line has to do.
            log.warning("%s (JobDesk goes on by itself when this is over)", words)
        if before != words:
            self._changed()

    def over(self) -> None:
        """Something could be stored again."""
        with self._guard:
            before, self._words = self._words, None
        if before is not None:
            log.info("over: %s", before)
            self._changed()


class Complaint:
    """Says in the log what goes wrong in a loop: once for each cause, until it is over.

    The database's trouble is a sentence; anything else is a defect of ours, and comes with
    its traceback.
    """

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._log, self._what = logger, what
        self._said: set[str] = set()

    def about(self, error: BaseException) -> None:
        """It went wrong, maybe once more."""
        cause, known = f"{type(error).__name__}: {error}", False
        if isinstance(error, Exception) and (isinstance(error, JobDeskError) or is_trouble(error)):
            cause, known = str(explain(error)), True
        if cause in self._said or len(self._said) >= _MOST_SAID:
            return
        self._said.add(cause)
        if known:
            self._log.warning("%s: %s", self._what, cause)
        else:
            self._log.error(self._what, exc_info=error)

    def settled(self) -> None:
        """It went well."""
        if self._said:
            self._said.clear()
            self._log.info("over: %s", self._what)
