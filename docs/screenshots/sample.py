"""A home with a believable day in it: jobs, a history of 24 hours, and work going on."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobdesk import Cron, Every, FixedBackoff, HttpAction, RetryPolicy, ScriptAction
from jobdesk.clock import SystemClock
from jobdesk.desk import Desk
from jobdesk.desk.desk import find_database_url
from jobdesk.domain.alert import AlertKind, AlertPolicy, QuietHours
from jobdesk.domain.heartbeat import HeartbeatSpec
from jobdesk.domain.job import JobSpec
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import ListBackoff
from jobdesk.domain.settings import API_PORT, EngineSettings
from jobdesk.store import claims, deliveries, logs
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx

ZONE = "Europe/Berlin"
SHOP = Path(tempfile.gettempdir()) / "shop"
"""Where the scripts of the samples lie."""

_SCRIPTS = {
    "render.py": """
import sys, time
for n in range(1, 400):
    print(f"{time.strftime('%H:%M:%S')} frame {n:04d} of 0400 rendered", flush=True)
    if n % 9 == 0:
        print(f"warning: texture {n} was scaled down", file=sys.stderr, flush=True)
    time.sleep(0.4)
""",
    "report.py": """
print("reading orders.csv")
for n in range(1001, 1007):
    print(f"order {n}: ok")
def total(order):
    raise ValueError(f"amount is missing in order {order}")
total(1007)
""",
    "newsletter.py": """
print("connecting to mail.example.net")
raise SystemExit(75)
""",
}


@dataclass
class Then(SystemClock):
    """A clock that says what it was told, for making a past."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.moment


def specs(port: int) -> list[JobSpec]:
    """The jobs of a small web shop's workstation."""
    shop = f"http://127.0.0.1:{port}"
    script = ScriptAction
    return [
        JobSpec(
            name="Sales report",
            action=script(["python3", "report.py", "--month"]),
            trigger=Cron("0 7 * * 1-5", tz=ZONE),
            queue="reports",
        ),
        JobSpec(
            name="Nightly backup",
            action=script(shell="restic backup ~/shop --exclude-caches"),
            trigger=Cron("30 2 * * *", tz=ZONE),
            queue="nightly",
            timeout=7200.0,
            retry=RetryPolicy(retries=5),
            alerts=AlertPolicy(
                channels=("desktop", "mail"),
                kinds=(AlertKind.FAILURE, AlertKind.RECOVERY, AlertKind.LATE),
                late_start="30m",
                late_factor=3,
            ),
        ),
        JobSpec(
            name="Sync stock",
            action=HttpAction(
                "POST",
                f"{shop}/stock/sync",
                headers={"Authorization": "Bearer ${secret:SHOP_KEY}"},
                body='{"warehouse": "north"}',
            ),
            trigger=Every(600),
            queue="web",
        ),
        JobSpec(
            name="Rotate certificates",
            action=script(["certbot", "renew", "--quiet"]),
            trigger=Cron("15 4 * * 1", tz=ZONE),
        ),
        JobSpec(
            name="Check shop is up",
            action=HttpAction("GET", f"{shop}/health"),
            trigger=Every(60),
            queue="web",
            retry=RetryPolicy(retries=2, backoff=FixedBackoff(seconds=15)),
        ),
        JobSpec(name="Rebuild search index", action=script(["make", "index"]), queue="reports"),
        JobSpec(name="Render product video", action=script(["python3", "render.py"])),
        JobSpec(
            name="Send newsletter",
            action=script(["python3", "newsletter.py"]),
            trigger=Cron("0 10 * * 4#1", tz=ZONE),
            queue="mail",
            retry=RetryPolicy(retries=3, backoff=FixedBackoff(seconds=754)),
        ),
        JobSpec(
            name="Check orders",
            action=script(["python3", "report.py"]),
            queue="reports",
            retry=RetryPolicy(retries=2, backoff=FixedBackoff(seconds=1)),
        ),
        JobSpec(
            name="Invoice reminders",
            action=HttpAction("POST", f"{shop}/invoices/remind"),
            trigger=Cron("0 9 1 * *", tz=ZONE),
            enabled=False,
        ),
    ]


def fill(home: Path, port: int) -> None:
    """Make the jobs and their last day."""
    SHOP.mkdir(exist_ok=True)
    for name, text in _SCRIPTS.items():
        (SHOP / name).write_text(text.lstrip())
    clock = Then(moment=datetime.now(UTC) - timedelta(hours=24))
    with Desk.open(home, clock=clock) as desk:
        for spec in specs(port):
            desk.add(spec.model_copy(update={"enabled": False}), folder=SHOP)
        _history(desk, home, clock)
        clock.moment = datetime.now(UTC)
        for spec in specs(port):
            desk.enable_job(spec.name, spec.enabled)
        desk.set_queue("reports", concurrency=2)
        desk.set_queue("nightly", concurrency=1)
        recuro = ListBackoff(delays=(60, 1800, 10800))
        policy = QueuePolicy(
            rate="5/s",
            retry=RetryPolicy(backoff=recuro),
            keep_dead_days=14,
            assertions=(
                {"type": "status_code_equals", "value": 202},
                {"type": "response_time_under_ms", "value": 5000},
            ),
            alerts=AlertPolicy(channels=("mail", "team chat"), threshold=3),
        )
        desk.set_queue("mail", concurrency=4, policy=policy)
        desk.tokens.create("web shop")
        desk.tokens.create("build server", allow_scripts=True)
        for name in ("SHOP_KEY", "SMTP_PASSWORD"):
            desk.secrets.set(name, "not a real one")
        desk.signing.set("not a real one either")
        _tell(desk, port, clock)


def _tell(desk: Desk, port: int, clock: Then) -> None:
    """Channels, one of which leads nowhere, and heartbeats, one of which is silent."""
    desk.channels.add("team chat", f"json://127.0.0.1:{port}/alerts")
    mail = "mailto://shop:not-a-real-one@127.0.0.1:2525?from=shop@example.com&to=me@example.com"
    desk.channels.add("mail", mail)
    told = AlertPolicy(
        channels=("desktop", "team chat"),
        kinds=(AlertKind.FAILURE, AlertKind.RECOVERY, AlertKind.LATE, AlertKind.SILENT),
    )
    desk.save_settings(
        EngineSettings(
            api_listen=f"127.0.0.1:{API_PORT}",
            alerts=told,
            quiet_hours=QuietHours(start="22:00", end="07:00"),
            quiet_but_failures=True,
        )
    )
    now = clock.moment
    clock.moment = now - timedelta(hours=3)
    desk.heartbeats.add(HeartbeatSpec(name="Mail gateway", every=3600, grace=300))
    desk.heartbeats.add(HeartbeatSpec(name="Off-site copy", every=86_400, grace=3600))
    desk.heartbeats.add(HeartbeatSpec(name="Monthly archive", every=31 * 86_400, grace=86_400))
    for name in ("Mail gateway", "Off-site copy"):
        desk.heartbeats.ping(name)
    clock.moment = now


def go_on(desk: Desk, port: int) -> dict[str, int]:
    """Work that an engine will be at while the pictures are taken; ids by what they show."""
    order = HttpAction(
        "POST", f"http://127.0.0.1:{port}/orders/1017/confirm", body='{"order": 1017}'
    )
    desk.alerts.snooze("job:Sync stock", 7200)
    backup = ScriptAction(["restic", "backup", str(SHOP)])
    desk.push(backup, queue="mail", retry=RetryPolicy(retries=0), folder=SHOP)
    desk.push(ScriptAction(["python3", "stocktaking.py"]), queue="web", delay=5400, folder=SHOP)
    return {
        "running": desk.run_job("Render product video").id,
        "retrying": desk.run_job("Send newsletter").id,
        "failed": desk.run_job("Check orders").id,
        "http": desk.push(order, queue="web").id,
    }


def give_up(desk: Desk) -> None:
    """What could not be sent so far has been tried often enough."""
    ids = [
        one.id
        for alert in desk.alerts.recent()
        for one in alert.deliveries
        if one.error is not None
    ]
    errors = [one.error for alert in desk.alerts.recent() for one in alert.deliveries if one.error]
    database = Database.open(find_database_url(desk.home), desk.home)
    try:
        now = datetime.now(UTC)
        database.writer.run(lambda tx: deliveries.not_sent(tx, ids, errors[0], None, now))
    finally:
        database.close()


def _history(desk: Desk, home: Path, clock: Then) -> None:
    rng = random.Random(7)
    database = Database.open(find_database_url(home), home)
    names = ["Check shop is up"] * 5 + ["Sync stock"] * 3 + ["Sales report", "Nightly backup"]
    start = clock.moment
    try:
        for minute in sorted(rng.sample(range(24 * 60 - 20), 160)):
            clock.moment = start + timedelta(minutes=minute)
            desk.run_job(rng.choice(names))
            _live_through(database, clock, rng)
    finally:
        database.close()


def _live_through(database: Database, clock: Then, rng: random.Random) -> None:
    """Claim what waits, and conclude it some seconds later."""
    for claim in database.writer.run(lambda tx: claims.claim(tx, clock.now(), 10)):
        clock.moment += timedelta(milliseconds=rng.randint(80, 9000))
        verdict = _verdict(claim.run.job or "", rng)

        def end(tx: Tx, claim: claims.Claim = claim, verdict: Verdict = verdict) -> None:
            line = LogChunk(1, Stream.STDOUT, clock.now(), b"done\n")
            logs.append(tx, claim.attempt_id, [line])
            claims.conclude(tx, claim, verdict, clock.now(), rng)

        database.writer.run(end)


def _verdict(job: str, rng: random.Random) -> Verdict:
    if rng.random() < 0.9:
        return Verdict(Outcome.SUCCEEDED)
    if job in ("Check shop is up", "Sync stock"):
        return Verdict(
            Outcome.FAILED, Reason.HTTP_CLIENT_ERROR, "HTTP 404 Not Found", http_status=404
        )
    return Verdict(Outcome.FAILED, Reason.SPAWN_ERROR, "command not found: restic")
