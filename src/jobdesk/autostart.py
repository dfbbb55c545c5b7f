"""Starting JobDesk when its user logs in, by each system's own means and for that user only.

=========  ==========================================================  ==================
Linux      ``jobdesk.desktop`` in the XDG autostart folder             freedesktop, 0.5
macOS      a LaunchAgent, ``org.jobdesk.JobDesk.plist``                launchd.plist(5)
Windows    the value ``JobDesk`` of the registry's ``Run`` key         Run and RunOnce
=========  ==========================================================  ==================
"""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from xml.parsers.expat import ExpatError

NAME = "JobDesk"
LABEL = "org.jobdesk.JobDesk"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


class Autostart(Protocol):
    """One system's way."""

    def is_enabled(self) -> bool:
        """Whether JobDesk starts with the next login."""
        ...

    def enable(self, command: Sequence[str]) -> None:
        """Start ``command`` (an absolute program and its arguments) with every login.

        Replaces what was set before. Raises ``ValueError`` for a program without an
        absolute path or for what the system can't write down, ``OSError`` when the place
        can't be written to.
        """
        ...

    def disable(self) -> None:
        """Undo it; nothing happens where it was not enabled. Raises ``OSError``."""
        ...


def autostart() -> Autostart:
    """The way of the system that this runs on."""
    if sys.platform == "win32":
        return RunKey()
    if sys.platform == "darwin":
        return LaunchAgent(Path.home() / "Library" / "LaunchAgents")
    named = os.environ.get("XDG_CONFIG_HOME", "")
    # The base directory specification: a path that is not absolute is to be ignored.
    config = Path(named) if Path(named).is_absolute() else Path.home() / ".config"
    return DesktopEntry(config / "autostart")


def is_enabled() -> bool:
    """Whether JobDesk starts with the next login."""
    return autostart().is_enabled()


def enable(command: Sequence[str]) -> None:
    """Start ``command`` with every login; see :meth:`Autostart.enable`."""
    autostart().enable(command)


def disable() -> None:
    """Don't start with the login any more."""
    autostart().disable()


def _checked(command: Sequence[str]) -> list[str]:
    if not command or not Path(command[0]).is_absolute():
        raise ValueError(f"autostart needs a program with an absolute path, not {command!r}")
    for part in command:
        if any(ord(character) < 32 for character in part):
            raise ValueError(f"autostart can't hold a control character, as in {part!r}")
    return list(command)


class DesktopEntry:
    """Linux and the BSDs: a desktop entry in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "jobdesk.desktop"

    def is_enabled(self) -> bool:
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return False
        # Desktops switch an entry off with these two, and leave the file.
        off = {"Hidden=true", "X-GNOME-Autostart-enabled=false"}
        return off.isdisjoint(line.replace(" ", "") for line in lines)

    def enable(self, command: Sequence[str]) -> None:
        exec_line = " ".join(map(_desktop_quoted, _checked(command)))
        entry = {
            "Type": "Application",
            "Name": NAME,
            "Comment": "Background jobs: scripts and HTTP calls, now, later or on a schedule",
            "Exec": exec_line,
            "Icon": "jobdesk",
            "Terminal": "false",
            "X-GNOME-Autostart-enabled": "true",
        }
        text = "[Desktop Entry]\n" + "".join(f"{key}={value}\n" for key, value in entry.items())
        _replace(self.path, text.encode("utf-8"))

    def disable(self) -> None:
        self.path.unlink(missing_ok=True)


def _desktop_quoted(part: str) -> str:
    """An argument of ``Exec``: Desktop Entry Specification 1.5, "The Exec key".

    Quoted, with ``"``, backtick, ``$`` and backslash escaped; percent signs doubled; then
    the backslashes escaped once more, as in every value of type string.
    """
    for character in '\\"`$':
        part = part.replace(character, "\\" + character)
    return '"' + part.replace("%", "%%").replace("\\", "\\\\") + '"'


class LaunchAgent:
    """macOS: a property list in ``folder`` that launchd reads at login."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{LABEL}.plist"

    def is_enabled(self) -> bool:
        try:
            agent = plistlib.loads(self.path.read_bytes())
        except FileNotFoundError:
            return False
        except (plistlib.InvalidFileException, ExpatError, ValueError):
            return False  # launchd can't read it either
        return bool(agent.get("RunAtLoad")) and not agent.get("Disabled", False)

    def enable(self, command: Sequence[str]) -> None:
        agent = {
            "Label": LABEL,
            "ProgramArguments": _checked(command),
            "RunAtLoad": True,
            "ProcessType": "Interactive",
        }
        _replace(self.path, plistlib.dumps(agent))

    def disable(self) -> None:
        self.path.unlink(missing_ok=True)


class RunKey:
    """Windows: a value below the user's own ``Run`` key; no rights are needed for it."""

    def __init__(self, key: str = RUN_KEY) -> None:
        self.key = key

    def is_enabled(self) -> bool:
        if sys.platform != "win32":
            raise OSError("there is no registry here")
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, self.key) as run:
                winreg.QueryValueEx(run, NAME)
        except FileNotFoundError:
            return False
        return True

    def enable(self, command: Sequence[str]) -> None:
        line = subprocess.list2cmdline(_checked(command))
        if sys.platform != "win32":
            raise OSError("there is no registry here")
        import winreg

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, self.key) as run:
            winreg.SetValueEx(run, NAME, 0, winreg.REG_SZ, line)

    def disable(self) -> None:
        if sys.platform != "win32":
            raise OSError("there is no registry here")
        import winreg

        try:
            access = winreg.KEY_SET_VALUE
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, self.key, 0, access) as run:
                winreg.DeleteValue(run, NAME)
        except FileNotFoundError:
            return


def _replace(path: Path, content: bytes) -> None:
    """Write a whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(content)
    draft.replace(path)
