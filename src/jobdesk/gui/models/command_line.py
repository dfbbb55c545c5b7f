"""The command that sets up the same job as the form would."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from datetime import timedelta

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.job import JobSpec
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.trigger import At, Cron, Every

_WINDOWS = os.name == "nt"


def command_line(spec: JobSpec) -> list[str]:
    """The words of ``jobdesk job add …``; what is as by default is left out.

    A script without a working directory gets the home directory, as in the window.
    """
    words = ["jobdesk", "job", "add", spec.name, *_when(spec), *_policy(spec)]
    return [*words, *_what(spec.action)]


def beyond(spec: JobSpec) -> list[str]:
    """What the command can't say, in words."""
    missing = []
    if spec.retry.retry_permanent:
        missing.append("retrying permanent failures")
    if not spec.enabled:
        missing.append("being disabled (afterwards: jobdesk job disable)")
    return missing


def as_text(words: Sequence[str], *, windows: bool = _WINDOWS) -> str:
    """The words as one line for the shell of this system."""
    return subprocess.list2cmdline(words) if windows else _posix(words)


def _posix(words: Sequence[str]) -> str:
    # A ~ in quotes would not be taken for the home directory by the shell; JobDesk knows
    # it either way, so this is only for the eyes.
    return " ".join(word if word == "~" else shlex.quote(word) for word in words)


def _when(spec: JobSpec) -> list[str]:
    trigger = spec.trigger
    if isinstance(trigger, Cron):
        return ["--cron", trigger.expression, *(["--tz", trigger.tz] if trigger.tz else [])]
    if isinstance(trigger, Every):
        return ["--every", _duration(trigger.interval)]
    if isinstance(trigger, At):
        return ["--at", trigger.at.isoformat()]
    return []


def _policy(spec: JobSpec) -> list[str]:
    usual = JobSpec(name=spec.name, action=spec.action)
    words: list[str] = []
    if spec.queue != usual.queue:
        words += ["--queue", spec.queue]
    if spec.priority != usual.priority:
        words += ["--priority", str(spec.priority)]
    if spec.timeout is not None:
        words += ["--timeout", _duration(spec.timeout)]
    if spec.retry.retries != usual.retry.retries:
        words += ["--retries", str(spec.retry.retries)]
    if spec.retry.backoff != usual.retry.backoff:
        words += ["--backoff", str(spec.retry.backoff)]
    if not spec.retry.jitter:
        words.append("--no-jitter")
    if spec.overlap != usual.overlap:
        words += ["--overlap", str(spec.overlap)]
    if spec.catch_up != usual.catch_up:
        words += ["--catch-up", str(spec.catch_up)]
    return words


def _what(action: ScriptAction | HttpAction) -> list[str]:
    if isinstance(action, HttpAction):
        words = ["--http", action.method, action.url]
        for name, value in action.headers.items():
            words += ["-H", f"{name}: {value}"]
        return words if action.body is None else [*words, "--data", action.body]
    words = ["--cwd", action.cwd or "~"]
    for name, value in action.env.items():
        words += ["--env", f"{name}={value}"]
    if action.shell is not None:
        return [*words, "--shell", action.shell]
    return [*words, "--", *(action.command or ())]


def _duration(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))
