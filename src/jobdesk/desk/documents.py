"""Runs, jobs and queues as the JSON documents that INTERFACE promises."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Any

from jobdesk.desk.secrets import SecretInfo
from jobdesk.desk.signing import SigningStatus
from jobdesk.domain.job import Job
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.parsing import iso
from jobdesk.domain.policy import INHERITED, Settled, Source
from jobdesk.domain.queue import Queue
from jobdesk.domain.run import Attempt, Run
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.domain.token import Token


def run_document(run: Run) -> dict[str, Any]:
    """A run without its attempts. An action that can't be read any more is null."""
    try:
        action = run.action.to_json()
    except ValueError:
        action = None
    return {
        "id": run.id,
        "job": run.job,
        "queue": run.queue,
        "state": run.state,
        "origin": run.origin,
        "replay_of": run.replay_of,
        "replayed_by": run.replayed_by,
        "priority": run.priority,
        "attempt": run.attempt,
        "max_attempts": run.max_attempts,
        "created_at": iso(run.created_at),
        "due_at": iso(run.due_at),
        "available_at": iso(run.available_at),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "reason": run.reason,
        "error": run.error,
        "action": action,
        "about": run.about,
    }


def full_run_document(run: Run, attempts: list[Attempt]) -> dict[str, Any]:
    """A run with its attempts."""
    return run_document(run) | {"attempts": [attempt_document(a) for a in attempts]}


def attempt_document(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "outcome": attempt.outcome,
        "reason": attempt.reason,
        "exit_code": attempt.exit_code,
        "http_status": attempt.http_status,
        "started_at": iso(attempt.started_at),
        "finished_at": iso(attempt.finished_at),
        "duration_ms": attempt.duration_ms,
    }


def full_attempt_document(attempt: Attempt) -> dict[str, Any]:
    """An attempt with what it sent and what came back, for HTTP calls."""
    return attempt_document(attempt) | {
        "error": attempt.error,
        "request": attempt.request,
        "response": attempt.response,
        "omitted_bytes": attempt.omitted_bytes,
        "omitted_lines": attempt.omitted_lines,
    }


def job_document(job: Job) -> dict[str, Any]:
    spec = job.spec
    return {
        "name": spec.name,
        "enabled": spec.enabled,
        "action": spec.action.to_json(),
        "trigger": spec.trigger.to_json() if spec.trigger else None,
        "timezone": job.timezone,
        "queue": spec.queue,
        "priority": spec.priority,
        "retry": job.settled.retry.to_json(),
        "timeout": _timeout(job.settled.timeout),
        "assertions": [one.to_json() for one in job.settled.assertions],
        "callback_url": spec.callback_url,
        "alerts": spec.alerts.to_json() if spec.alerts else None,
        "sources": _sources(job.settled),
        "overlap": spec.overlap,
        "catch_up": spec.catch_up,
        "next_due_at": iso(job.next_due_at),
        "last_run": run_document(job.last_run) if job.last_run else None,
    }


def queue_document(queue: Queue) -> dict[str, Any]:
    return {
        "name": queue.name,
        "paused": queue.paused,
        "concurrency": queue.concurrency,
        "queued": queue.queued,
        "running": queue.running,
        "retrying": queue.retrying,
        "scheduled": queue.scheduled,
        "dead": queue.dead,
        "policy": queue.policy.to_json(),
    }


def token_document(token: Token) -> dict[str, Any]:
    """A token without itself."""
    return {
        "name": token.name,
        "allow_scripts": token.allow_scripts,
        "created_at": iso(token.created_at),
        "last_used_at": iso(token.last_used_at),
    }


def _sources(settled: Settled) -> dict[str, Source]:
    """Who says what a job's runs get, by name."""
    return {name: settled.source(name) for name in INHERITED}


def _timeout(seconds: float | None) -> float | str | None:
    return "none" if seconds == NO_LIMIT else seconds


def secret_document(secret: SecretInfo) -> dict[str, Any]:
    return {
        "name": secret.name,
        "place": secret.place,
        "created_at": iso(secret.created_at),
        "updated_at": iso(secret.updated_at),
        "used_by": secret.used_by,
    }


def signing_document(status: SigningStatus) -> dict[str, Any]:
    return {
        "on": status.on,
        "rotating": status.rotating,
        "place": status.place,
        "since": iso(status.since),
        "header": status.header,
        "timestamp_header": status.timestamp_header,
    }


def chunk_documents(chunks: Iterable[LogChunk]) -> list[dict[str, Any]]:
    """The pieces of a log; bytes that are not UTF-8 show as replacement characters.

    A character that two pieces of a stream share stands in the second.
    """
    decoders = {stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in Stream}
    latest: dict[Stream, dict[str, Any]] = {}
    documents = []
    for chunk in chunks:
        document: dict[str, Any] = {
            "seq": chunk.seq,
            "stream": chunk.stream,
            "time": iso(chunk.time),
            "text": decoders[chunk.stream].decode(chunk.data),
        }
        latest[chunk.stream] = document
        documents.append(document)
    for stream, document in latest.items():
        document["text"] += decoders[stream].decode(b"", True)
    return documents
