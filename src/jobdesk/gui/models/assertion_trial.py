"""Holding assertions against what a job last got, before they are saved. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobdesk.desk import Desk
from jobdesk.domain.assertions import Finding, ResponseFacts, ScriptFacts
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.log import Stream
from jobdesk.domain.run import Attempt
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.models.assertions_draft import AssertionRow

_RUNS_LOOKED_AT = 20
_MOST_KEPT = 16 * 1_048_576
"""Bytes of a body or output that are looked into."""


@dataclass(frozen=True)
class Trial:
    """``told`` says what was looked at, or why nothing could be; ``findings`` are those of
    the rows in their order, None where a row can't be held against it."""

    told: str
    findings: tuple[Finding | None, ...] = ()


def try_rows(desk: Desk, job: str, kind: str, rows: Sequence[AssertionRow]) -> Trial:
    """Hold the rows for actions of a kind (http, script) against the job's last response or
    output. Reads the log; patterns take their time: not for the thread of a window."""
    for run in desk.runs(RunFilter(job=job), limit=_RUNS_LOOKED_AT):
        for attempt in reversed(desk.attempts(run.id)):
            facts = _facts(desk, attempt)
            if facts is None:
                continue
            if (kind == "http") != isinstance(facts, ResponseFacts):
                return Trial(f"The last run, {run.id}, did something else: nothing to try on.")
            what = "response" if kind == "http" else "output"
            number = f", attempt {attempt.number}" if attempt.number > 1 else ""
            told = f"Tried on the {what} of run {run.id}{number}."
            return Trial(told, tuple(_finding(row, facts) for row in rows))
    what = "been answered" if kind == "http" else "ended by itself"
    return Trial(f"It hasn't {what} yet: run it once, then these can be tried.")


def _facts(desk: Desk, attempt: Attempt) -> ResponseFacts | ScriptFacts | None:
    """What an attempt got; None for one that got nothing, or isn't over."""
    if attempt.outcome is None:
        return None
    response = attempt.response
    if response is not None and response.get("status"):
        return ResponseFacts(
            int(response["status"]),
            response.get("headers") or {},
            _kept(desk, attempt, Stream.STDOUT),
            response.get("encoding"),
            bool(response.get("truncated")) or attempt.omitted_bytes > 0,
            int((response.get("timing") or {}).get("total_ms") or attempt.duration_ms or 0),
        )
    if attempt.exit_code is not None:
        return ScriptFacts(
            attempt.exit_code,
            _kept(desk, attempt, Stream.STDOUT),
            _kept(desk, attempt, Stream.STDERR),
            attempt.omitted_bytes > 0,
            attempt.duration_ms or 0,
        )
    return None


def _kept(desk: Desk, attempt: Attempt, stream: Stream) -> bytes:
    parts, left = [], _MOST_KEPT
    for chunk in desk.log(attempt.run_id, attempt=attempt.number, stream=stream):
        parts.append(chunk.data[:left])
        left -= len(parts[-1])
        if left <= 0:
            break
    return b"".join(parts)


def _finding(row: AssertionRow, facts: ResponseFacts | ScriptFacts) -> Finding | None:
    try:
        assertion = row.assertion()
    except InvalidInput:
        return None
    if assertion.kind == "http" and isinstance(facts, ResponseFacts):
        return assertion.check(facts)  # type: ignore[arg-type]
    if assertion.kind == "script" and isinstance(facts, ScriptFacts):
        return assertion.check(facts)  # type: ignore[arg-type]
    return None
