"""Fixing an action to the place where it was asked for.

A script is asked for in one folder and run by an engine in another, maybe days later; so
its program and working directory are made absolute when the desk accepts it.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import InvalidInput


def place(action: ScriptAction | HttpAction, folder: Path) -> ScriptAction | HttpAction:
    """The action with its paths absolute, resolved against ``folder``.

    A bare program name stays as it is when the PATH has it; a file of that name in
    ``folder`` is taken when it has not.
    """
    return Placer(folder).place(action)


class Placer:
    """:func:`place` for many actions: a folder that was looked at is not looked at again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[str] = set()

    def place(self, action: ScriptAction | HttpAction) -> ScriptAction | HttpAction:
        """See :func:`place`."""
        if not isinstance(action, ScriptAction):
            return action
        cwd = _absolute(action.cwd, self._folder) if action.cwd else str(self._folder)
        if cwd not in self._known:
            _check_folder(cwd, action.cwd)
            self._known.add(cwd)
        command = action.command
        if command:
            command = (_program(command[0], self._folder), *command[1:])
            _check_path("command", command[0])
        return action.model_copy(update={"cwd": cwd, "command": command})


def missing(action: ScriptAction | HttpAction) -> str | None:
    """A warning when a placed action could not run as things are now."""
    if not isinstance(action, ScriptAction):
        return None
    if action.cwd and not Path(action.cwd).is_dir():
        return f"the folder {action.cwd} does not exist (it may by the time it runs)"
    if action.command and not shutil.which(action.command[0], path=_path(action)):
        return f"the program “{action.command[0]}” was not found (it may be by the time it runs)"
    return None


def _program(name: str, folder: Path) -> str:
    if os.sep in name or (os.altsep and os.altsep in name) or name.startswith("~"):
        return _absolute(name, folder)
    if shutil.which(name) is None:
        # A name that no file can have is none here either; it is kept for the attempt to say.
        with suppress(OSError, ValueError):
            if (folder / name).is_file():
                return str(folder / name)
    return name


def _absolute(path: str, folder: Path) -> str:
    if path.startswith("~"):
        # Of no such user (~stranger), it stays as it is.
        path = os.path.expanduser(path)  # noqa: PTH111
    # normpath, not resolve: a symbolic link may be changed on purpose before it runs.
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118


def _check_folder(cwd: str, asked: str | None) -> None:
    _check_path("cwd", cwd)
    # os.path: pathlib takes longer for this than everything else that a push does here.
    if not os.path.isdir(cwd) and os.path.exists(cwd):  # noqa: PTH110, PTH112
        raise InvalidInput("cwd", asked, "the path of a folder, not of a file")


def _check_path(field: str, path: str) -> None:
    """A folder may have a name that is no text; it can't be written down then."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InvalidInput(field, path, "a path that is valid Unicode") from None


def _path(action: ScriptAction) -> str | None:
    return action.env.get("PATH")
