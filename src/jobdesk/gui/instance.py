"""One window for each home: a second launch raises the first and ends."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import sys
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

LOCK_NAME = "window.lock"
_ANSWER_MS = 3000
_TRIES = 10
_TOKEN = "XDG_ACTIVATION_TOKEN"
"""Wayland's leave to come to the front, handed from the second launch to the first."""


class SingleInstance(QObject):
    """Holds the place of the one window, or finds it taken.

    A lock file decides who is first, so of two starts at the same instant one wins; a
    local socket carries the wish to be raised.
    """

    raised = Signal()
    """Another launch wants this window at the front."""

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._name = server_name(home)
        self._lock: QLockFile | None = None
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """Become the one window; False when there is one.

        In a home that can't be written to nobody can be told apart; then this is one.
        """
        with contextlib.suppress(OSError):  # what is wrong, opening the desk will say
            self._home.mkdir(parents=True, exist_ok=True)
        lock = QLockFile(str(self._home / LOCK_NAME))
        lock.setStaleLockTime(0)  # stale is a lock whose process is gone, however old
        if not lock.tryLock(0):
            return lock.error() != QLockFile.LockError.LockFailedError
        self._lock = lock
        # A window that was killed leaves its socket; holding the lock, nobody listens.
        QLocalServer.removeServer(self._name)
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._called)
        server.listen(self._name)
        self._server = server
        return True

    def raise_other(self) -> bool:
        """Ask the one window to come to the front; whether it answered.

        Waits a few seconds at most: it may just be starting.
        """
        if sys.platform == "win32":
            import ctypes

            ctypes.windll.user32.AllowSetForegroundWindow(-1)  # whoever it is
        message = f"show {os.environ.get(_TOKEN, '')}\n".encode()
        return any(self._ask(message) for _ in range(_TRIES))

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _ask(self, message: bytes) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_ANSWER_MS):
            # Not there yet; QThread's sleep, for there is no event loop to block.
            from PySide6.QtCore import QThread

            QThread.msleep(200)
            return False
        socket.write(message)
        socket.flush()
        answered = socket.waitForReadyRead(_ANSWER_MS)
        socket.disconnectFromServer()
        return answered

    @Slot()
    def _called(self) -> None:
        assert self._server is not None
        while (caller := self._server.nextPendingConnection()) is not None:
            caller.disconnected.connect(caller.deleteLater)
            caller.readyRead.connect(self._heard)
            if caller.bytesAvailable():
                self._read(caller)

    @Slot()
    def _heard(self) -> None:
        caller = self.sender()
        if isinstance(caller, QLocalSocket):
            self._read(caller)

    def _read(self, caller: QLocalSocket) -> None:
        word, _, token = bytes(caller.readAll().data()).decode("utf-8", "replace").partition(" ")
        if word != "show":
            return
        if token.strip():
            os.environ[_TOKEN] = token.strip()
        caller.write(b"ok\n")
        caller.flush()
        self.raised.emit()


def server_name(home: Path) -> str:
    """The name of the socket: one for each user and home, and short, for it becomes part
    of a path."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = "?"
    mark = hashlib.sha256(f"{user}\0{home.resolve()}".encode("utf-8", "surrogateescape"))
    return f"jobdesk-{mark.hexdigest()[:20]}"
