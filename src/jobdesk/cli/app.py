"""The command line as a whole: its commands, its exit codes, and ``--json`` everywhere."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any, TextIO

import click

from jobdesk import __version__
from jobdesk.cli.output import say
from jobdesk.cli.session import Serve, Session
from jobdesk.domain.errors import InvalidInput, JobDeskError, Unavailable

_COMMANDS = {
    "push": "runs:push",
    "runs": "runs:list_runs",
    "show": "runs:show",
    "log": "runs:log",
    "replay": "runs:replay",
    "cancel": "runs:cancel",
    "retry": "runs:retry",
    "discard": "runs:discard",
    "job": "jobs:job",
    "queue": "queues:queue",
    "secret": "secrets:secret",
    "signing": "signing:signing",
    "alert": "alerts:alert",
    "channel": "alerts:channel",
    "heartbeat": "alerts:heartbeat",
    "token": "tokens:token",
    "next": "schedule:next_fires",
    "serve": "serve:serve",
    "doctor": "doctor:doctor",
}


class _Lazy(click.Group):
    """Imports a command when it is asked for, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[name].partition(":")
        command = getattr(import_module(f"jobdesk.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Before click makes a failure of it: whoever read our output has seen enough.
            _silence(sys.stdout)


@click.group(cls=_Lazy, epilog="Every command takes --json. Without a command, the window opens.")
@click.version_option(__version__, prog_name="jobdesk")
def program() -> None:
    """Background jobs on your workstation: scripts and HTTP calls, now, later or by cron."""


def run(args: list[str], serve: Serve) -> int:
    """Run one command; the exit code. Never a traceback for a person's mistake."""
    session = Session(serve)
    try:
        _check_streams()
        _check_text(args)
        args, session.as_json = _take_json(args)
        program.main(args, prog_name="jobdesk", obj=session, standalone_mode=False)
        sys.stdout.flush()
    except JobDeskError as error:
        for line in str(error).splitlines():
            say(f"jobdesk: {line}")
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.exceptions.Exit as error:
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        _silence(sys.stdout)
        return 0
    except OSError as error:
        _silence(sys.stdout)
        say(f"jobdesk: {error.filename or 'the output'}: {error.strerror or error}")
        return Unavailable.exit_code
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    finally:
        session.close()
    return 0


def _check_streams() -> None:
    """Let everything be printable: a stream may be closed, or of a small character set."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _silence(stream: TextIO) -> None:
    """Send the rest of a stream nowhere, so that Python does not complain at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _take_json(args: list[str]) -> tuple[list[str], bool]:
    """``--json`` may stand anywhere before ``--``."""
    end = args.index("--") if "--" in args else len(args)
    before = [arg for arg in args[:end] if arg != "--json"]
    return before + args[end:], len(before) != end


def _check_text(args: list[str]) -> None:
    for arg in args:
        try:
            arg.encode()
        except UnicodeEncodeError:
            raise InvalidInput("argument", arg, "text in the encoding of this system") from None
