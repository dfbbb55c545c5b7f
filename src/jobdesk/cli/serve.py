"""``jobdesk serve``: the engine without a window."""

from __future__ import annotations

import sys

import click

from jobdesk.cli.session import Session, pass_session
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.settings import parse_listen


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing is left to run.")
@click.option("--workers", metavar="N", help="So many runs at once, instead of the setting.")
@click.option("--api", metavar="[HOST:]PORT", help="Serve the HTTP API there (default: settings).")
@click.option("--origin", default="terminal", hidden=True)
@pass_session
def serve(
    session: Session, until_idle: bool, workers: str | None, api: str | None, origin: str
) -> None:
    """Run the engine; one for each database."""
    number = None if workers is None else check_whole(workers, "workers", least=1, most=256)
    listen = None if api is None else _listen(api)
    sys.exit(session.serve(origin=origin, workers=number, until_idle=until_idle, api=listen))


def _listen(text: str) -> str:
    try:
        found = parse_listen(text)
    except InvalidInput as error:
        raise InvalidInput("--api", text, error.problems[0].expected) from None
    if not found:
        raise InvalidInput("--api", text, "a port, or HOST:PORT such as 127.0.0.1:8127")
    return found
