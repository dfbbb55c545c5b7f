"""``jobdesk serve``: the engine without a window."""

from __future__ import annotations

import sys

import click

from jobdesk.cli.session import Session, pass_session
from jobdesk.domain.parsing import check_whole


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing is left to run.")
@click.option("--workers", metavar="N", help="So many runs at once, instead of the setting.")
@click.option("--origin", default="terminal", hidden=True)
@pass_session
def serve(session: Session, until_idle: bool, workers: str | None, origin: str) -> None:
    """Run the engine; one for each database."""
    number = None if workers is None else check_whole(workers, "workers", least=1, most=256)
    sys.exit(session.serve(origin=origin, workers=number, until_idle=until_idle))
