"""Programs that outlive the window: how they are started, asked to stop, and read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_LOG_CAP = 1_048_576
_TAIL_BYTES = 16_384


class Detached:
    """A process in a session of its own, with its output in a file."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        """Start it. Raises ``OSError`` when that can't be done."""
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LOG_CAP:
            log.replace(log.with_name(log.name + ".1"))
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env},
                cwd=Path.home(),
                start_new_session=True,
                # A console that nobody sees, which its children share.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> int | None:
        """Its exit code (negative: the signal that ended it), or None while it lives."""
        return self._process.poll()

    def let_go(self) -> None:
        """Forget it without waiting for it, on purpose: it outlives us."""
        if self._process.poll() is None:
            # Popen complains about a child that nobody waited for unless it has a code.
            self._process.returncode = 0


def ask_to_stop(pid: int) -> bool:
    """Send a process what means "end gracefully" here; False when that can't be done.

    Windows has no such signal: there the engine is asked over its hub.
    """
    if pid <= 1 or sys.platform == "win32":  # 0 would be our own process group
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def last_words(log: Path, lines: int = 12) -> str:
    """The end of what a process wrote, or "" when there is nothing."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:]).strip()
