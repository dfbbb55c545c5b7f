"""The command that sets up the same job as the form would."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from datetime import timedelta

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.job import JobSpec
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.domain.trigger import At, Cron, Every

_WINDOWS = os.name == "nt"


Words = list[str]


def command_line(spec: JobSpec) -> list[Words]:
    """The words of ``jobdesk job add …`` by option; what is as by default is left out.

    A script without a working directory gets the home directory, as in the window.
    """
    return [
        ["jobdesk", "job", "add", spec.name],
        *_when(spec),
        *_policy(spec),
        *_what(spec.action),
    ]


def beyond(spec: JobSpec) -> str:
    """What the command can't say, in a sentence, or ""."""
    given = spec.retry.model_fields_set if spec.retry is not None else set()
    told = spec.alerts or AlertPolicy()
    left = [
        words
        for words, said in (
            ("delays are spread", "jitter" in given and spec.retry and spec.retry.jitter),
            (
                "what can't get better isn't retried",
                "retry_permanent" in given and spec.retry and not spec.retry.retry_permanent,
            ),
            ("nothing else makes a success", spec.assertions == ()),
            ("nobody is told", told.channels == ()),
            ("of nothing anybody is told", told.kinds == ()),
        )
        if said
    ]
    notes = [f"It can't say, whatever the queue says: {', '.join(left)}."] if left else []
    if not spec.enabled:
        notes.append("Follow it with: jobdesk job disable")
    return " ".join(notes)


def as_text(command: Sequence[Words], *, windows: bool = _WINDOWS) -> str:
    """The command for the shell of this system; for a POSIX shell one option a line."""
    if windows:
        return subprocess.list2cmdline([word for words in command for word in words])
    return " \\\n  ".join(map(_posix, command))


def _posix(words: Sequence[str]) -> str:
    # A ~ in quotes would not be taken for the home directory by the shell; JobDesk knows
    # it either way, so this is only for the eyes.
    return " ".join(word if word == "~" else shlex.quote(word) for word in words)


def _when(spec: JobSpec) -> list[Words]:
    trigger = spec.trigger
    if isinstance(trigger, Cron):
        zone = [["--tz", trigger.tz]] if trigger.tz else []
        return [["--cron", trigger.expression], *zone]
    if isinstance(trigger, Every):
        return [["--every", _duration(trigger.interval)]]
    if isinstance(trigger, At):
        return [["--at", trigger.at.isoformat()]]
    return []


def _retry(retry: RetryPolicy | None) -> list[Words]:
    """What is said of retries; what the queue says needs no option."""
    options: list[Words] = []
    given = retry.model_fields_set if retry is not None else set()
    if retry is None:
        return options
    # As many retries as there are delays, where these are listed.
    if "retries" in given and retry.retries != RetryPolicy(backoff=retry.backoff).retries:
        options.append(["--retries", str(retry.retries)])
    if "backoff" in given:
        options.append(["--backoff", str(retry.backoff)])
    if not retry.jitter:
        options.append(["--no-jitter"])
    if retry.retry_permanent:
        options.append(["--retry-permanent"])
    return options


def _policy(spec: JobSpec) -> list[Words]:
    usual = JobSpec(name=spec.name, action=spec.action)
    options: list[Words] = []
    if spec.queue != usual.queue:
        options.append(["--queue", spec.queue])
    if spec.priority != usual.priority:
        options.append(["--priority", str(spec.priority)])
    if spec.timeout is not None:
        limit = "none" if spec.timeout == NO_LIMIT else _duration(spec.timeout)
        options.append(["--timeout", limit])
    options += _retry(spec.retry)
    for assertion in spec.assertions or ():
        options.append(["--assert", assertion.model_dump_json(exclude_none=True)])
    if spec.callback_url is not None:
        options.append(["--callback", spec.callback_url])
    options += _alerts(spec.alerts or AlertPolicy())
    if spec.overlap != usual.overlap:
        options.append(["--overlap", str(spec.overlap)])
    if spec.catch_up != usual.catch_up:
        options.append(["--catch-up", str(spec.catch_up)])
    return options


def _alerts(policy: AlertPolicy) -> list[Words]:
    options = [["--alert-channel", name] for name in policy.channels or ()]
    options += [["--alert-on", str(kind)] for kind in policy.kinds or ()]
    if policy.threshold is not None:
        options.append(["--alert-threshold", str(policy.threshold)])
    for option, seconds in (("--late-start", policy.late_start), ("--late-end", policy.late_end)):
        if seconds is not None:
            options.append([option, _duration(seconds)])
    if policy.late_factor is not None:
        options.append(["--late-factor", f"{policy.late_factor:g}"])
    return options


def _what(action: ScriptAction | HttpAction) -> list[Words]:
    if isinstance(action, HttpAction):
        headers = [["-H", f"{name}: {value}"] for name, value in action.headers.items()]
        body = [] if action.body is None else [["--data", action.body]]
        return [["--http", action.method, action.url], *headers, *body]
    options = [["--cwd", action.cwd or "~"]]
    options += [["--env", f"{name}={value}"] for name, value in action.env.items()]
    if action.shell is not None:
        return [*options, ["--shell", action.shell]]
    return [*options, ["--", *(action.command or ())]]


def _duration(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))
