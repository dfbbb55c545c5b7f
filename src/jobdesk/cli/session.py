"""What a command is run with: the desk, opened when first asked for, and how to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import click

from jobdesk.cli.output import print_json
from jobdesk.desk import Desk
from jobdesk.domain.errors import NotFound
from jobdesk.store.runs import LARGEST_ID


class Serve(Protocol):
    """Runs an engine until it is told to stop; the exit code. The composition root's."""

    def __call__(
        self, *, origin: str, workers: int | None, until_idle: bool, api: str | None
    ) -> int: ...


@dataclass
class Session:
    """One call of the command line."""

    serve: Serve
    as_json: bool = False
    _desk: Desk | None = field(default=None, init=False)

    @property
    def desk(self) -> Desk:
        if self._desk is None:
            self._desk = Desk.open()
        return self._desk

    def answer(self, document: Callable[[], Any], show: Callable[[], None]) -> None:
        """Print the document where JSON was asked for, else whatever ``show`` prints."""
        if self.as_json:
            print_json(document())
        else:
            show()

    def close(self) -> None:
        if self._desk is not None:
            self._desk.close()


pass_session = click.make_pass_decorator(Session)


def run_id(text: str, kind: str = "run") -> int:
    """The id of a run (or of something else); whatever can't be one names none."""
    # The length first: Python refuses to read thousands of digits.
    if text.isascii() and text.isdigit() and len(text) < 30 and int(text) <= LARGEST_ID:
        return int(text)
    raise NotFound(kind, text)


class RunCommand(click.Command):
    """A command that takes ids of runs, and knows that ``-5`` is a bad id, not an option."""

    kind = "run"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name[1:2].isdigit():
                named = next(arg for arg in given if arg.startswith(error.option_name))
                raise NotFound(self.kind, named) from None
            raise


class JobCommand(RunCommand):
    """The same for a command that takes the name of a job."""

    kind = "job"


class QueueCommand(RunCommand):
    """The same for a command that takes the name of a queue."""

    kind = "queue"
