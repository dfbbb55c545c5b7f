"""The application's own log: a file in the home, rotated, and never anybody's stdout."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from jobdesk.domain.errors import Unavailable

_SIZE = 1_000_000
_KEPT = 3


class _File(RotatingFileHandler):
    """A log whose disk may be full, or gone: then its lines are lost, and nobody is told of
    each of them on stderr, with a traceback."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        # What could not be written is tried once more here.
        with suppress(OSError):
            super().close()


def set_up_logging(home: Path, name: str) -> Path:
    """Log to ``NAME.log`` in the home from now on; the file's path.

    Raises Unavailable when the folder can't be written to.
    """
    path = home / f"{name}.log"
    try:
        home.mkdir(parents=True, exist_ok=True)
        handler = _File(path, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"the folder {home} can't be written to: {error.strerror}") from None
    line = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(line))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # It reports each fire of each job.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # Its warnings repeat URLs, with whatever secrets are in them.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    return path
