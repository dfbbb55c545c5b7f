"""The documents as OpenAPI shows them; what they say is made in ``desk/documents.py``."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.domain.run import Origin, RunState


class AttemptDocument(BaseModel):
    number: int
    outcome: Outcome | None
    reason: Reason | None
    exit_code: int | None
    http_status: int | None
    started_at: str | None
    finished_at: str | None
    duration_ms: int | None


class FullAttemptDocument(AttemptDocument):
    error: str | None
    request: dict[str, Any] | None
    response: dict[str, Any] | None
    omitted_bytes: int
    omitted_lines: int


class RunDocument(BaseModel):
    id: int
    job: str | None
    queue: str
    state: RunState
    origin: Origin
    replay_of: int | None
    replayed_by: int | None
    priority: int
    attempt: int
    max_attempts: int
    created_at: str
    due_at: str
    available_at: str
    started_at: str | None
    finished_at: str | None
    reason: Reason | None
    error: str | None
    action: dict[str, Any] | None
    about: int | None


class FullRunDocument(RunDocument):
    attempts: list[AttemptDocument]


class RunList(BaseModel):
    runs: list[RunDocument]
    next_cursor: int | None


class JobDocument(BaseModel):
    name: str
    enabled: bool
    action: dict[str, Any]
    trigger: dict[str, Any] | None
    timezone: str | None
    queue: str
    priority: int
    retry: dict[str, Any]
    timeout: float | str | None
    assertions: list[dict[str, Any]]
    callback_url: str | None
    alerts: dict[str, Any] | None
    sources: dict[str, str]
    overlap: str
    catch_up: str
    next_due_at: str | None
    last_run: RunDocument | None


class QueueDocument(BaseModel):
    name: str
    paused: bool
    concurrency: int | None
    queued: int
    running: int
    retrying: int
    scheduled: int
    dead: int
    policy: dict[str, Any]


class LogDocument(BaseModel):
    run: int
    attempt: int
    chunks: list[dict[str, Any]]
    next_after: int | None


class StatisticsDocument(BaseModel):
    queued: int
    running: int
    retrying: int
    scheduled: int
    dead: int
    jobs: int
    enabled_jobs: int
    paused_queues: int
    last_24_hours: dict[str, int]
    engine: dict[str, Any] | None
