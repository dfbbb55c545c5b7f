"""Values to begin with: a test names only what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.job import JobSpec
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.policy import Terms
from jobdesk.domain.retry import FixedBackoff, RetryPolicy
from jobdesk.domain.run import Origin, Run, RunState
from jobdesk.store.pushing import NewRun
from tests.support.clock import START

TRUE = ScriptAction(["true"])
SUCCESS = Verdict(Outcome.SUCCEEDED, exit_code=0)
FAILURE = Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 7", exit_code=7)
NO_RETRY = RetryPolicy(retries=0)
NO_WAIT = RetryPolicy(retries=3, backoff=FixedBackoff(seconds=0))


def a_run(**values: Any) -> Run:
    """A queued run that has not been tried yet."""
    run = Run(
        id=1,
        title="true",
        job_id=None,
        job=None,
        queue="default",
        state=RunState.QUEUED,
        origin=Origin.PUSH,
        priority=0,
        attempt=0,
        uncounted=0,
        max_attempts=4,
        created_at=START,
        due_at=START,
        available_at=START,
        started_at=None,
        attempt_started_at=None,
        finished_at=None,
        reason=None,
        error=None,
        replay_of=None,
        replayed_by=None,
        key=None,
        timeout=None,
        cancel_requested=False,
        spec=TRUE.model_dump_json(),
        retry_spec=RetryPolicy().model_dump_json(),
    )
    return replace(run, **values)


def a_push(due_at: datetime = START, **values: Any) -> NewRun:
    """A run as somebody asks for it."""
    new = NewRun(
        action=TRUE,
        queue="default",
        priority=0,
        due_at=due_at,
        origin=Origin.PUSH,
    )
    terms = {name: values.pop(name) for name in ("retry", "timeout") if name in values}
    return replace(new, terms=Terms(**terms), **values)


def a_job(name: str = "report", **values: Any) -> JobSpec:
    """A job that runs by hand only, unless a trigger is given."""
    return JobSpec(**({"name": name, "action": TRUE} | values))
