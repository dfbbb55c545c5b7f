"""Values that nobody should see: from stdin, or typed blindly at a terminal."""

from __future__ import annotations

import sys

import click

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.references import MAX_SECRET


def read_value(what: str) -> str:
    """What stdin holds, without the line break at its end; at a terminal it is asked for.

    Never an argument of the command: others see those in the list of processes.
    """
    if sys.stdin is None:
        raise InvalidInput(what, "", "a value on standard input")
    if sys.stdin.isatty():
        return str(click.prompt(f"{what} (not shown)", hide_input=True, err=True, type=str))
    data = sys.stdin.buffer.read(MAX_SECRET + 3)
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(what, f"{len(data):,} bytes", "text in UTF-8") from None
