"""``jobdesk doctor``: what is found, what is missing, what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from jobdesk import __version__, paths
from jobdesk.cli.session import Session, pass_session
from jobdesk.clock import local_zone
from jobdesk.domain.errors import JobDeskError, Unavailable

_LITTLE_SPACE = 1_073_741_824
_NO_SPACE = 262_144
_LIBRARIES = ("PySide6-Essentials", "APScheduler", "SQLAlchemy", "requests", "pydantic", "psutil")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: ``state`` is ok, warning or problem; ``advice`` may be empty."""

    name: str
    state: str
    found: str
    advice: str = ""


@click.command()
@pass_session
def doctor(session: Session) -> None:
    """Look at everything JobDesk needs, and say what to do about what is missing."""
    checks = [*_surroundings(), *_database(session), *_window()]

    def text() -> None:
        marks = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}
        for check in checks:
            click.echo(f"{marks[check.state]}{check.name}: {check.found}")
            if check.advice:
                click.echo(f"{'':8}-> {check.advice}")

    session.answer(lambda: {"checks": [asdict(check) for check in checks]}, text)
    if any(check.state == "problem" for check in checks):
        sys.exit(Unavailable.exit_code)


def _surroundings() -> Iterator[Check]:
    yield Check("JobDesk", "ok", __version__)
    python = f"{platform.python_version()} at {sys.executable}"
    yield Check("Python", "ok", f"{python}, on {platform.platform()}")
    for name in _LIBRARIES:
        try:
            yield Check(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, "problem", "not installed", "run `make setup`")
    yield Check("time zone", "ok", str(local_zone()))


def _database(session: Session) -> Iterator[Check]:
    home = paths.home()
    yield _home(home)
    try:
        desk = session.desk
    except JobDeskError as error:
        yield Check("database", "problem", str(error), "see the message")
        return
    yield Check("database", "ok", desk.database_url)
    damage = _try(desk.check_database)
    if damage:
        yield Check("database file", "problem", damage, "stop the engine, and restore a backup")
    else:
        yield Check("database file", "ok", "sound")
    engine = desk.engine()
    if engine is None:
        advice = "open the window, or run `jobdesk serve`"
        yield Check("engine", "warning", "not running, so nothing runs", advice)
    else:
        health = desk.engine_health()
        if health is not None and health.trouble:
            advice = "see the message; the engine goes on by itself when this is over"
            yield Check("storage", "problem", health.trouble, advice)
        found = f"pid {engine.pid}, version {engine.version}, started by {engine.origin}"
        differs = engine.version != __version__
        yield Check("engine", "warning" if differs else "ok", found,
                    "restart it: it is another version" if differs else "")  # fmt: skip
    for row in desk.unreadable():
        advice = f"set it up anew; `jobdesk job remove` deletes it. {row.problem}"
        yield Check(f"job {row.name!r}", "warning", "can't be read and was set aside", advice)


def _home(home: Path) -> Check:
    folder = next(path for path in (home, *home.parents) if path.exists())
    if not os.access(folder, os.W_OK):
        return Check("home", "problem", f"{home} can't be written to", "check its permissions")
    free = shutil.disk_usage(folder).free
    found = f"{home} ({free / 1e9:.1f} GB free)"
    if free < _NO_SPACE:
        advice = "free some space: nothing can be stored, so nothing new is accepted or started"
        return Check("home", "problem", f"{home} (the disk is full)", advice)
    if free < _LITTLE_SPACE:
        return Check("home", "warning", found, "free some space: a full disk stops everything")
    return Check("home", "ok", found)


def _window() -> Iterator[Check]:
    """Without loading Qt: that is the window's affair."""
    if sys.platform.startswith("linux"):
        display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
        if display:
            yield Check("display", "ok", display)
        else:
            advice = "only the window needs one; `jobdesk serve` works without"
            yield Check("display", "warning", "none", advice)


def _try(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except JobDeskError as error:
        return str(error)
