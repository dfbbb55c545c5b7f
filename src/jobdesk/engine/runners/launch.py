"""From a script action to what is really executed: program, arguments, folder, variables.

Everything that can be known before the start is checked here, so that a failed start is
explained by what is wrong and not by an error number.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobdesk.domain.action import ScriptAction
from jobdesk.engine.runners.base import Assignment

COOKIE_VARIABLE = "JOBDESK_COOKIE"
KEPT_VARIABLES = frozenset(
    {"JOBDESK_HOME", "JOBDESK_DATABASE_URL", "JOBDESK_VAULT", "JOBDESK_VAULT_KEY"}
)
"""Variables of ours that a script needs to call ``jobdesk`` itself; no others pass."""

WINDOWS = sys.platform == "win32"

_SHOWN = 4_000
"""Characters of a command line that are repeated in the log."""

_TRANSIENT = frozenset(
    {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ETXTBSY}
)
"""What the machine was short of at the moment: another try may well succeed."""


class LaunchError(Exception):
    """Why nothing could be started, in one line.

    ``transient``: the machine's fault, not the action's; the same may work a minute later.
    """

    def __init__(self, text: str, *, transient: bool = False) -> None:
        super().__init__(text)
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Launch:
    """What is started. ``program`` is absolute, ``argv[0]`` is what the action called it."""

    program: str
    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    pairs: tuple[bytes, ...]
    """The same as ``env``, as POSIX wants it: to make it anew takes 0.1 ms a start."""
    shell: bool

    def lines(self, action: ScriptAction) -> list[str]:
        """What is really run, in lines for the log; of variables only the names."""
        words = shlex.join((self.program, *self.argv[1:]))
        if len(words) > _SHOWN:
            words = f"{words[:_SHOWN]}… ({len(words):,} characters)"
        how = "runs through the shell" if self.shell else "runs"
        lines = [
            f"{how}: {_one_line(words)}",
            f"in: {_one_line(self.cwd)}",
            f"PATH: {_one_line(search_path(self.env))}",
        ]
        if action.env:
            names = ", ".join(sorted(action.env))
            lines.append(f"variables of the job: {_one_line(names)[:_SHOWN]}")
        return lines


class Environment:
    """The engine's environment as scripts see it, read once for all of them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.variables = base_environment(environ)
        self.pairs = _pairs(self.variables)


def base_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that are only the engine's.

    A bundle made by PyInstaller points the loader at its own libraries, which breaks the
    programs of the system; what was there before is kept in ``…_ORIG`` (PyInstaller
    manual, "Run-time Information").
    """
    env = {
        name: value
        for name, value in environ.items()
        if name in KEPT_VARIABLES or not name.startswith(("JOBDESK_", "_PYI_", "_MEIPASS"))
    }
    if getattr(sys, "frozen", False):
        for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH"):
            env.pop(name, None)
            original = env.pop(f"{name}_ORIG", None)
            if original is not None:
                env[name] = original
    return env


def prepare(action: ScriptAction, assignment: Assignment, base: Environment) -> Launch:
    """Decide what is executed; raises :class:`LaunchError` where that is impossible."""
    own = {
        **action.env,
        "JOBDESK_RUN_ID": str(assignment.run_id),
        "JOBDESK_ATTEMPT": str(assignment.attempt),
        "JOBDESK_KEY": assignment.key,
        COOKIE_VARIABLE: assignment.cookie,
    }
    env = {**base.variables, **own}
    try:
        pairs = tuple({**base.pairs, **_pairs(own)}.values())
    except ValueError as error:
        raise LaunchError(f"a variable cannot be passed to a program: {error}") from None
    cwd = _folder(action.cwd, env)
    line = action.shell
    argv = (action.command or ()) if line is None else _shell_arguments(line, env)
    program = _find_program(argv[0], cwd, env)
    return Launch(program, argv, cwd, env, pairs, action.shell is not None)


def search_path(env: Mapping[str, str]) -> str:
    """The folders that programs are looked up in, as one text."""
    return env.get("PATH", os.defpath)


def explain(error: Exception, launch: Launch) -> LaunchError:
    """Why the operating system refused to start what looked right to us."""
    program = launch.program
    if not isinstance(error, OSError):
        return LaunchError(f"cannot be passed to a program: {_one_line(str(error))}")
    if error.errno in _TRANSIENT:
        return LaunchError(f"could not start {program}: {error.strerror}", transient=True)
    if error.errno == errno.E2BIG:
        return LaunchError("arguments and environment are too long for the system")
    interpreter = _interpreter(program)
    if error.errno == errno.ENOENT and interpreter:
        return LaunchError(f"interpreter not found: {interpreter} (first line of {program})")
    if error.errno == errno.ENOEXEC:
        hint = "" if interpreter else " (no #! line, and not a program of this system)"
        return LaunchError(f"not a program: {program}{hint}")
    if error.errno == errno.EACCES:
        return LaunchError(f"not executable: {program}")
    return LaunchError(f"could not start {program}: {error.strerror or error}")


def _pairs(variables: Mapping[str, str]) -> dict[str, bytes]:
    """``NAME=value`` by name. Raises ValueError for what no environment can hold."""
    for name, value in variables.items():
        if "\0" in name or "\0" in value or "=" in name:
            raise ValueError(f"{_one_line(name)!r} or its value holds what no variable can")
    return {name: os.fsencode(f"{name}={value}") for name, value in variables.items()}


def _folder(wanted: str | None, env: Mapping[str, str]) -> str:
    folder = wanted or _home(env)
    try:
        # One look each, here and below; pathlib takes twice as long for it.
        if not stat.S_ISDIR(os.stat(folder).st_mode):  # noqa: PTH116
            raise LaunchError(f"working directory is not a folder: {folder}")
    except FileNotFoundError:
        raise LaunchError(f"working directory not found: {folder}") from None
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or error
        raise LaunchError(f"working directory cannot be used: {folder}: {text}") from None
    if not os.access(folder, os.X_OK):
        raise LaunchError(f"working directory cannot be used: {folder}: permission denied")
    return folder


def _home(env: Mapping[str, str]) -> str:
    home = env.get("USERPROFILE" if WINDOWS else "HOME") or str(Path("~").expanduser())
    # A service may have no home at all; the root folder is there everywhere.
    return home if os.path.isdir(home) else str(Path(os.sep).absolute())  # noqa: PTH112


def _shell_arguments(line: str, env: Mapping[str, str]) -> tuple[str, ...]:
    if WINDOWS:
        return (env.get("COMSPEC", "cmd.exe"), "/d", "/s", "/c", f'"{line}"')
    return ("/bin/sh", "-c", line)


def _find_program(name: str, cwd: str, env: Mapping[str, str]) -> str:
    if WINDOWS:
        where = os.pathsep.join((cwd, search_path(env)))
        found = shutil.which(name, path=where)
        if found is None:
            raise LaunchError(f"command not found: {name}")
        return found
    if "/" in name:
        return _checked(os.path.join(cwd, name), name)  # noqa: PTH118  bytes must survive
    refused = None
    for folder in search_path(env).split(os.pathsep):
        candidate = os.path.join(cwd, folder, name)  # noqa: PTH118
        if os.path.isfile(candidate):  # noqa: PTH113  ten times as fast as pathlib
            if os.access(candidate, os.X_OK):
                return candidate
            refused = refused or candidate
    if refused:
        raise LaunchError(f"not executable: {refused}")
    raise LaunchError(f"command not found: {name}")


def _checked(path: str, name: str) -> str:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):
        raise LaunchError(f"command not found: {name}") from None
    if stat.S_ISDIR(mode):
        raise LaunchError(f"not a program but a folder: {name}")
    if not os.access(path, os.X_OK):
        raise LaunchError(f"not executable: {name}")
    return path


def _interpreter(program: str) -> str | None:
    try:
        with open(program, "rb") as file:  # noqa: PTH123
            first = file.readline(256)
    except OSError:
        return None
    if not first.startswith(b"#!"):
        return None
    words = first[2:].split()
    return words[0].decode("utf-8", "replace") if words else None


def _one_line(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\n", "\\n").replace("\r", "\\r")
