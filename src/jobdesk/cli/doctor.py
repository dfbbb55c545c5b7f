"""``jobdesk doctor``: what is found, what is missing, what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from jobdesk import __version__, paths
from jobdesk.cli.output import local
from jobdesk.cli.session import Session, pass_session
from jobdesk.clock import SystemClock, local_zone
from jobdesk.desk import Desk, recovery
from jobdesk.desk.recovery import Examination
from jobdesk.domain.errors import JobDeskError, Unavailable
from jobdesk.domain.parsing import iso

_LITTLE_SPACE = 1_073_741_824
_NO_SPACE = 262_144
_LIBRARIES = ("PySide6-Essentials", "APScheduler", "SQLAlchemy", "requests", "pydantic", "psutil")


_MENDING = {
    "jobs": "set it up anew; `jobdesk job remove` deletes it",
    "queues": "it counts as paused; `jobdesk queue set NAME --concurrency N` and `jobdesk queue"
    " resume NAME` mend it",
    "runs": "it is kept as it is and does not run",
    "settings": "its default is used; set it anew",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: ``state`` is ok, warning or problem; ``advice`` may be empty."""

    name: str
    state: str
    found: str
    advice: str = ""


@click.command()
@click.option("--restore", is_flag=True, help="Put a sound backup in a damaged database's place.")
@pass_session
def doctor(session: Session, restore: bool) -> None:
    """Look at everything JobDesk needs, and say what to do about what is missing."""
    if restore:
        _restore(session)
        return
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
        examined = recovery.examine(home)
        if examined.damage:
            yield _damage(examined)
            yield from _backups(examined)
            return
        desk = session.desk
    except JobDeskError as error:
        yield Check("database", "problem", str(error), "see the message")
        return
    yield Check("database", "ok", desk.database_url)
    if examined.file is not None:
        yield Check("database file", "ok", "sound")
        yield from _backups(examined)
    yield _vault(desk)
    engine = desk.engine()
    if engine is None:
        advice = "open the window, or run `jobdesk serve`"
        yield Check("engine", "warning", "not running, so nothing runs", advice)
    else:
        health = desk.engine_health()
        if health is not None and health.trouble:
            advice = "see the message; the engine goes on by itself when this is over"
            yield Check("storage", "problem", health.trouble, advice)
        if health is not None and health.api:
            advice = "name another port in the settings, or end who has it"
            yield Check("HTTP API", "problem", health.api, advice)
        found = f"pid {engine.pid}, version {engine.version}, started by {engine.origin}"
        differs = engine.version != __version__
        yield Check("engine", "warning" if differs else "ok", found,
                    "restart it: it is another version" if differs else "")  # fmt: skip
    for row in desk.quarantined():
        advice = f"{_MENDING[row.table]}. {row.problem}"
        kind = row.table.removesuffix("s")
        yield Check(f"{kind} {row.name!r}", "warning", "can't be read and was set aside", advice)


def _vault(desk: Desk) -> Check:
    try:
        found = desk.secrets.describe_vault()
        lost = desk.secrets.lost()
    except JobDeskError as error:
        return Check("secrets", "problem", str(error), "see the message")
    if lost:
        advice = "set them anew with `jobdesk secret set`"
        return Check("secrets", "warning", f"in {found}, but not {', '.join(lost)}", advice)
    return Check("secrets", "ok", f"kept in {found}")


def _damage(examined: Examination) -> Check:
    found = f"{examined.file} is damaged: {'; '.join(examined.damage[:3])}"
    best = examined.newest_good
    if best is None:
        return Check("database", "problem", found, "there is no sound backup of it to restore")
    advice = (
        f"stop the engine and close the window, then `jobdesk doctor --restore`: it keeps the"
        f" damaged file, and puts the backup of {local(best.made_at)} in its place if the file"
        " itself can't be mended"
    )
    return Check("database", "problem", found, advice)


def _backups(examined: Examination) -> Iterator[Check]:
    if not examined.backups:
        yield Check("backups", "ok", "none yet", "the engine makes one each day")
    for one in examined.backups:
        found = f"of {local(one.made_at)}: {one.path}"
        if one.problem is None:
            yield Check("backup", "ok", found)
        else:
            advice = f"an older one is used instead. {one.problem}"
            yield Check("backup", "warning", f"{found} can't be used", advice)


def _restore(session: Session) -> None:
    now = SystemClock().now()
    done = recovery.restore(paths.home(), now)

    def text() -> None:
        if done is None:
            click.echo("The database is sound. Nothing was restored.")
            return
        if done.made_at is None:
            click.echo("The damaged database was mended. Nothing is lost.")
        else:
            click.echo(f"Restored: {done.source}, of {local(done.made_at)}.")
            click.echo(f"What was done between then and {local(now)} is lost:")
            for loss in done.losses:
                click.echo(f"  - {loss}")
            click.echo(
                f"{done.held} runs that were unfinished then are dead letters now, for they may"
                " have run since. Replay those that have not."
            )
            click.echo("Fires of jobs that were due up to now are not made up.")
        if done.set_aside is not None:
            click.echo(f"The damaged file is kept as {done.set_aside}.")

    def document() -> dict[str, object]:
        if done is None:
            return {"restored": False}
        return {
            "restored": True,
            "from": str(done.source),
            "made_at": iso(done.made_at),
            "set_aside": str(done.set_aside) if done.set_aside else None,
            "lost": done.losses,
            "held_runs": done.held,
        }

    session.answer(document, text)


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
