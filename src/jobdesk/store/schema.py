"""The tables. Times are whole microseconds since 1970 in UTC: small, sortable, exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    false,
    text,
)

from jobdesk.store.version import HEAD as HEAD

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds from 1970 to an aware time."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


BAD_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a stored time that is none; told from the real one by its identity."""


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        try:
            return _EPOCH + timedelta(microseconds=value) if type(value) is int else BAD_TIME
        except OverflowError:
            return BAD_TIME


metadata = MetaData()

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite makes only an INTEGER primary key its row id."""

alembic_version = Table("alembic_version", metadata, Column("version_num", Text, primary_key=True))

queues = Table(
    "queues",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("concurrency", Integer),
    Column("created_at", UtcTime, nullable=False),
    # What its runs inherit, as JSON (domain.queue.QueuePolicy); nothing said where null.
    Column("policy", Text),
    # With a rate limit: not before this time may the next run of it start.
    Column("next_start_at", UtcTime),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("enabled", Boolean, nullable=False),
    # The whole JobSpec as JSON; name and enabled are repeated beside it to be searched.
    Column("spec", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("anchor_at", UtcTime, nullable=False),
    Column("last_due_at", UtcTime),
    Column("next_due_at", UtcTime),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("title", Text, nullable=False),
    Column("job_id", RowId, ForeignKey("jobs.id", ondelete="SET NULL")),
    Column("job", Text),
    Column("queue", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("uncounted", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("available_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("attempt_started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("reason", Text),
    Column("error", Text),
    Column("replay_of", RowId),
    Column("replayed_by", RowId),
    Column("key", Text),
    Column("timeout", Float),
    Column("cancel_requested", Boolean, nullable=False),
    # Whether it must not run beside another run of its job.
    Column("exclusive", Boolean, nullable=False),
    Column("spec", Text, nullable=False),
    Column("retry_spec", Text, nullable=False),
    # What else holds for it, as JSON (domain.policy.RunPolicy); null for most.
    Column("policy_spec", Text),
    # The run that it tells somebody about: that of a callback.
    Column("about", RowId),
    # Ids are never given twice, even after the newest runs were pruned.
    sqlite_autoincrement=True,
)


# Conditions in the very words of the partial indexes below: SQLite uses such an index only
# where the text of the query implies the text of the index, and a parameter implies nothing.
# The empty text is there to be in nobody's way but ix_runs_state's: SQLite likes an equality
# better than a partial index, and would read every waiting run to find the few that are due.
_QUEUED = "state || '' = 'queued'"
_RUNNING = "state || '' = 'running'"
_WAITING = "state || '' IN ('scheduled', 'retrying')"
_UNFINISHED = "state || '' IN ('queued', 'running', 'retrying', 'scheduled')"
_ATTENTION = "state || '' = 'dead' AND replayed_by IS NULL"


def _of_runs(condition: str) -> TextClause:
    return text(condition.replace("state", "runs.state").replace("replayed", "runs.replayed"))


QUEUED = _of_runs(_QUEUED)
RUNNING = _of_runs(_RUNNING)
WAITING = _of_runs(_WAITING)
UNFINISHED = _of_runs(_UNFINISHED)
ATTENTION = _of_runs(_ATTENTION)


def state_in(*states: str) -> ColumnElement[bool]:
    """A run's state for queries that are led by another table's index, not by this one."""
    return (runs.c.state + "").in_(states)


def _partial(name: str, *columns: Any, where: str, unique: bool = False) -> Index:
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )


_c = runs.c
# With the columns of the condition in it, a count needs nothing but the index.
_partial("ix_runs_claim", _c.queue, _c.priority.desc(), _c.available_at, _c.id, _c.state,
         where=_QUEUED)  # fmt: skip
_partial("ix_runs_due", _c.available_at, _c.state, where=_WAITING)
_partial("ix_runs_waiting", _c.queue, _c.state, where=_WAITING)
_partial("ix_runs_unfinished", _c.job_id, _c.queue, _c.state,
         where=f"{_UNFINISHED} AND job_id IS NOT NULL")  # fmt: skip
_partial("ix_runs_running", _c.queue, _c.job_id, _c.state, where=_RUNNING)
_partial("ix_runs_attention", _c.id, where=_ATTENTION)
_partial("ix_runs_attention_queue", _c.queue, _c.state, _c.replayed_by, where=_ATTENTION)
_partial("ix_runs_fire", _c.job_id, _c.due_at, where="origin = 'trigger'", unique=True)
_partial("ix_runs_key", _c.key, where="key IS NOT NULL", unique=True)
_partial("ix_runs_finished", _c.state, _c.finished_at, where="finished_at IS NOT NULL")
_partial("ix_runs_about", _c.about, where="about IS NOT NULL")
Index("ix_runs_state", _c.state, _c.id)
# Of runs without a job, which a push makes, nobody asks by their job.
_partial("ix_runs_job", _c.job_id, _c.id, where="job_id IS NOT NULL")
_partial("ix_runs_job_gone", _c.job, _c.id, where="job_id IS NULL AND job IS NOT NULL")
Index("ix_runs_queue", _c.queue, _c.id)

attempts = Table(
    "attempts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("run_id", RowId, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("outcome", Text),
    Column("reason", Text),
    Column("error", Text),
    Column("exit_code", Integer),
    Column("http_status", Integer),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("duration_ms", Integer),
    # To find the process after a crash: pid and its start time (seconds, as psutil has it).
    Column("pid", Integer),
    Column("pid_started", Float),
    Column("log_bytes", BigInteger, nullable=False, server_default="0"),
    Column("omitted_bytes", BigInteger, nullable=False, server_default="0"),
    Column("omitted_lines", BigInteger, nullable=False, server_default="0"),
    Column("request", Text),
    Column("response", Text),
    Index("ix_attempts_run", "run_id", "number", unique=True),
)
_partial("ix_attempts_logs", attempts.c.id, attempts.c.log_bytes, where="log_bytes > 0")

log_chunks = Table(
    "log_chunks",
    metadata,
    Column(
        "attempt_id",
        RowId,
        ForeignKey("attempts.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),
    Column("time", UtcTime, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False),
    # SHA-256 of the token, in hex: it is as long and as random as a key.
    Column("hash", Text, nullable=False, unique=True),
    Column("allow_scripts", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),
    Column("revoked_at", UtcTime),
    sqlite_autoincrement=True,
)
_partial("ix_tokens_name", tokens.c.name, where="revoked_at IS NULL", unique=True)

# What was pushed over HTTP with a key, and the answer that a repetition gets.
pushed_keys = Table(
    "pushed_keys",
    metadata,
    Column(
        "token_id",
        RowId,
        ForeignKey("tokens.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("key", Text, primary_key=True),
    Column("run_id", RowId, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    # SHA-256 of what was asked for, in hex: the same key with something else is refused.
    Column("fingerprint", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_pushed_keys_run", "run_id"),
)

# Names only: what they stand for is in the vault.
secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    # Which vault has it: keyring or file.
    Column("place", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # "desktop" or "apprise"; the address of the latter is in the vault.
    Column("kind", Text, nullable=False),
    # The address with everything secret masked, for people.
    Column("shown", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("enabled", Boolean, nullable=False),
    # The whole HeartbeatSpec as JSON.
    Column("spec", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_ping_at", UtcTime),
    # When the next one is overdue, grace included; null while none is expected.
    Column("overdue_at", UtcTime),
    sqlite_autoincrement=True,
)
_partial("ix_heartbeats_overdue", heartbeats.c.overdue_at, where="overdue_at IS NOT NULL")

# A sequence of failures of one subject ("job:12", "run:847", "heartbeat:3"), until it is over.
incidents = Table(
    "incidents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("queue", Text),
    Column("job", Text),
    # "failures", "late" or "silent".
    Column("kind", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    # The most serious alert that was raised for it, if any.
    Column("raised", Text),
    Column("run_id", RowId),
    Column("opened_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    sqlite_autoincrement=True,
)
_partial("ix_incidents_open", incidents.c.subject, incidents.c.kind,
         where="closed_at IS NULL", unique=True)  # fmt: skip

alerts = Table(
    "alerts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("incident_id", RowId, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    # warning, failure, recovery, late or silent.
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("run_id", RowId),
    Column("created_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_alerts_incident", alerts.c.incident_id)

# An alert on its way over one channel.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("alert_id", RowId, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    # waiting, sent, summed_up or failed.
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("error", Text),
    sqlite_autoincrement=True,
)
Index("ix_deliveries_alert", deliveries.c.alert_id)
_partial("ix_deliveries_waiting", deliveries.c.due_at, where="state = 'waiting'")

# Alerts about these wait for nobody until then: "*", "queue:NAME", "job:NAME", "heartbeat:NAME".
snoozes = Table(
    "snoozes",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("until", UtcTime, nullable=False),
)
