"""The application's own log: a file in the home, rotated, and never anybody's stdout."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from jobdesk.domain.errors import Unavailable

_SIZE = 1_000_000
_KEPT = 3


def set_up_logging(home: Path, name: str) -> Path:
    """Log to ``NAME.log`` in the home from now on; the file's path.

    Raises Unavailable when the folder can't be written to.
    """
    path = home / f"{name}.log"
    try:
        home.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"the folder {home} can't be written to: {error.strerror}") from None
    line = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(line))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # It reports each fire of each job.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    return path
