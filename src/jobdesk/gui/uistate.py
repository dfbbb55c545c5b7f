"""What the window remembers: a JSON file in the home, apart from the engine's settings."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QTimer, Signal, Slot

from jobdesk.gui.theme import APPEARANCES

FILE_NAME = "window.json"
PAGE = "page"
"""The key of the page that was shown last."""

_PAUSE_MS = 500

log = logging.getLogger(__name__)


class UiState(QObject):
    """Names and JSON values, saved shortly after a change and by :meth:`save`.

    A file that can't be read is set aside as ``window.json.broken``; ``notice`` says so,
    for the window to show once. A value of the wrong kind counts as not set.
    """

    changed = Signal(str)
    """The name of what was set to another value."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.notice: str | None = None
        self._values = self._load()
        self._dirty = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self.save)

    def get(self, key: str, default: Any = None) -> Any:
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Remember a JSON value (None forgets it)."""
        if self._values.get(key) == value:
            return
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value
        self._dirty = True
        self._timer.start()
        self.changed.emit(key)

    @Slot()
    def save(self) -> None:
        """Write what has changed, whole or not at all. A disk that refuses is logged: to
        lose the width of a column is no reason to bother anybody."""
        self._timer.stop()
        if not self._dirty:
            return
        draft = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(self._values, indent=1, sort_keys=True), encoding="utf-8")
            draft.replace(self.path)
        except OSError as error:
            log.warning("the window's settings can't be saved to %s: %s", self.path, error)
            return
        self._dirty = False

    # -- what the program itself asks for -----------------------------------------

    @property
    def appearance(self) -> str:
        """ "system", "light" or "dark"."""
        value = self.get("appearance")
        return value if value in APPEARANCES else "system"

    @appearance.setter
    def appearance(self, value: str) -> None:
        self.set("appearance", value)

    @property
    def keep_running(self) -> bool:
        """Whether the engine that this window started works on after Quit."""
        return self.get("keep_running") is True

    @keep_running.setter
    def keep_running(self, value: bool) -> None:
        self.set("keep_running", value)

    @property
    def notify(self) -> bool:
        """Whether the desktop tells when a run dies."""
        return self.get("notify") is not False

    @notify.setter
    def notify(self, value: bool) -> None:
        self.set("notify", value)

    @property
    def close_to_tray(self) -> bool | None:
        """What closing the window does: go on in the background, quit, or (None) whatever
        fits: the tray where there is one, a question where there is none."""
        value = self.get("close_to_tray")
        return value if isinstance(value, bool) else None

    @close_to_tray.setter
    def close_to_tray(self, value: bool | None) -> None:
        self.set("close_to_tray", value)

    def bytes(self, key: str) -> QByteArray | None:
        """A geometry or a header's state as :meth:`set_bytes` kept it."""
        text = self.get(key)
        if not isinstance(text, str):
            return None
        try:
            return QByteArray(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            return None

    def set_bytes(self, key: str, value: QByteArray) -> None:
        self.set(key, base64.b64encode(value.data()).decode("ascii"))

    # -- inside -------------------------------------------------------------------

    def _load(self) -> dict[str, Any]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            if isinstance(values, dict):
                return values
            problem = "it holds no JSON object"
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.notice = f"The window's settings can't be read: {error.strerror}."
            return {}
        except ValueError as error:
            problem = str(error)
        broken = self.path.with_name(self.path.name + ".broken")
        log.warning("%s can't be understood (%s); set aside as %s", self.path, problem, broken)
        try:
            self.path.replace(broken)
        except OSError as error:
            log.warning("it can't be set aside either: %s", error)
        self.notice = f"The window's settings were damaged; they are kept as {broken.name}."
        return {}
