"""``jobdesk next``: when a cron expression fires."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from jobdesk.cli.output import print_json
from jobdesk.cli.session import Session, pass_session
from jobdesk.clock import local_zone
from jobdesk.domain.cron import CronSchedule, find_zone
from jobdesk.domain.parsing import check_whole, parse_time


@click.command("next")
@click.argument("expression", metavar="EXPR")
@click.option("--tz", metavar="ZONE", help="The time zone (default: this computer's).")
@click.option("--from", "start", metavar="TIME", help="Strictly after this time (default: now).")
@click.option("-n", "count", default="5", metavar="N", help="How many (5).")
@pass_session
def next_fires(
    session: Session, expression: str, tz: str | None, start: str | None, count: str
) -> None:
    """When a cron expression fires, with UTC offsets."""
    zone = find_zone(tz) if tz is not None else local_zone()
    number = check_whole(count, "n", least=1, most=10_000)
    moment = datetime.now(UTC) if start is None else parse_time(start, "from", zone)
    schedule = CronSchedule(expression, zone)
    fires: list[str] = []
    while len(fires) < number and (following := schedule.next(moment)) is not None:
        fires.append(following.astimezone(zone).isoformat())
        moment = following
    if session.as_json:
        print_json(fires)
    else:
        for fire in fires:
            click.echo(fire)
