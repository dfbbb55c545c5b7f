"""What commands print: one JSON document, or lines for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from jobdesk.clock import local_zone
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.policy import Settled
from jobdesk.domain.run import Run
from jobdesk.domain.timeout import NO_LIMIT


def print_json(document: Any) -> None:
    """The one document of a command that was asked for JSON."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        # The same document in ASCII: what the stream can't carry must not get lost.
        text = json.dumps(document, indent=2)
    click.echo(text)


def say(message: str) -> None:
    """A message for the person, which programs that read stdout don't see."""
    click.echo(message, err=True)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns, aligned; the last one is cut where the terminal ends."""
    cells = [[_flat(cell) for cell in row] for row in rows]
    widths = [
        max(len(head), *(len(row[i]) for row in cells)) if cells else len(head)
        for i, head in enumerate(heads)
    ]
    most = _terminal_width()
    for row in [list(heads), *cells]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = line.rstrip()
        click.echo(line if most is None or len(line) <= most else line[: most - 1] + "…")


def local(moment: datetime | None) -> str:
    """A time on the clock of this computer, to the second."""
    if moment is None:
        return "-"
    return moment.astimezone(local_zone()).strftime("%Y-%m-%d %H:%M:%S")


def lasted(run: Run) -> str:
    """From the start of a run to its end, in words."""
    if run.started_at is None or run.finished_at is None:
        return "-"
    # A clock that was set back in between makes no time negative.
    seconds = max(0.0, (run.finished_at - run.started_at).total_seconds())
    if seconds < 10:
        return f"{seconds:.3f}s"
    return format_duration(timedelta(seconds=round(seconds)))


def _flat(cell: object) -> str:
    return "-" if cell is None else " ".join(str(cell).split())


def _terminal_width() -> int | None:
    """Columns of the terminal; None where stdout is a file or a pipe: cut nothing."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def settled_lines(settled: Settled) -> list[str]:
    """Timeout and retries that hold, each with who said so."""
    retry, timeout = settled.retry, settled.timeout
    limit = "-" if timeout is None else "none"
    if timeout not in (None, NO_LIMIT):
        limit = format_duration(timedelta(seconds=timeout or 0))
    return [
        f"timeout: {limit} ({settled.source('timeout')})",
        f"retries: {retry.retries} ({settled.source('retries')}),"
        f" {retry.backoff} ({settled.source('backoff')})",
    ]
