"""The API's life: started, moved and stopped as the settings say, in threads of its own.

Nothing of FastAPI is loaded before somebody wants it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from jobdesk.api.serving import Serving
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.settings import EngineSettings

_AGAIN = 10.0
"""Seconds after which a port that was taken is tried again."""

log = logging.getLogger(__name__)


class ApiService:
    """Serves the API of one desk beside an engine. ``listen`` (HOST:PORT) overrules the
    setting; a port that is taken is an error then. Otherwise it is told to ``on_trouble``
    (None: it is over) and tried again now and then."""

    def __init__(
        self,
        database_url: str,
        home: Path,
        listen: str | None = None,
        on_trouble: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._url, self._home, self._listen = database_url, home, listen
        self._on_trouble = on_trouble
        self._trouble: str | None = None
        self._serving: Serving | None = None
        self._wish: tuple[str, int, tuple[str, ...]] | None = None
        self._settings = EngineSettings()
        self._changed = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._follow, name="api-settings", daemon=True)

    def start(self, settings: EngineSettings) -> None:
        """Begin; raises Unavailable where ``listen`` can't be had."""
        self._settings = settings
        self._apply(must=self._listen is not None)
        self._thread.start()

    def use(self, settings: EngineSettings) -> None:
        """The settings have changed; returns at once."""
        self._settings = settings
        self._changed.set()

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens, if it does."""
        return self._serving.address if self._serving is not None else None

    def close(self) -> None:
        """Stop serving; requests under way get a moment to end."""
        self._closed = True
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()
        self._end()

    def _follow(self) -> None:
        while True:
            self._changed.wait(_AGAIN if self._trouble else None)
            self._changed.clear()
            if self._closed:
                return
            self._apply(must=False)

    def _apply(self, *, must: bool) -> None:
        """Serve as the settings say; nothing is touched while that is what is done."""
        settings = self._settings
        where = self._listen if self._listen is not None else settings.api_listen
        wish = (where, settings.api_rate, settings.api_cors)
        if wish == self._wish and self._trouble is None:
            return
        self._wish = wish
        self._end()
        if not where:
            self._tell(None)
            return
        try:
            self._serving = Serving(self._url, self._home, settings, where)
        except OSError as error:
            said = f"the HTTP API can't listen on {where}: {error.strerror or error}"
            if must:
                raise Unavailable(f"{said}. Name another port, or end who has it") from None
            self._tell(said)
        except Unavailable as error:
            if must:
                raise
            self._tell(f"the HTTP API can't be served: {error}")
        else:
            log.info("the HTTP API listens on %s", where)
            self._tell(None)

    def _tell(self, trouble: str | None) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble is not None:
            log.error("%s", trouble)
        self._on_trouble(trouble)

    def _end(self) -> None:
        if self._serving is not None:
            self._serving.stop()
            self._serving = None
