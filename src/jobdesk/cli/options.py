"""The options that say what to run and how: the same for ``push`` and ``job add``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from jobdesk.cli.assertions import take_assertions
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.retry import RetryPolicy, parse_backoff

F = TypeVar("F", bound=Callable[..., Any])

_WHAT = [
    click.argument("program", nargs=-1, type=click.UNPROCESSED),
    click.option("--shell", metavar="LINE", help="Run a line through the shell."),
    click.option("--http", nargs=2, metavar="METHOD URL", help="Call an HTTP endpoint."),
    click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'",
                 help="A header of the HTTP call."),
    click.option("--data", metavar="TEXT", help="The body of the HTTP call."),
    click.option("--cwd", metavar="DIR", help="The folder that the script runs in."),
    click.option("--env", multiple=True, metavar="NAME=VALUE",
                 help="Added to the script's environment."),
]  # fmt: skip

_HOW = [
    click.option("--queue", default="default", metavar="NAME", help="The queue."),
    click.option("--priority", default="0", metavar="N", help="A higher number runs first."),
    click.option("--timeout", metavar="DURATION", help="End it after this long, as in 10s."),
    click.option("--retries", metavar="N", help="Retries after the first attempt (3)."),
    click.option("--backoff", metavar="SPEC",
                 help="exponential:BASE:FACTOR:CAP, fixed:DELAY or list:D1,D2,…"),
    click.option("--no-jitter", is_flag=True, help="Don't spread exponential delays."),
    click.option("--assert", "assertions", multiple=True, metavar="TYPE[:NAME]=VALUE",
                 help="What makes a success, as in status_code_in=200,404 or body_contains=ok."),
    click.option("--callback", "callback_url", metavar="URL",
                 help="An endpoint that is told how each run ended."),
    click.option("--retry-permanent", is_flag=True,
                 help="Retry even what can't get better by itself, such as a 404."),
]  # fmt: skip


def what_and_how(command: F) -> F:
    """Add the options that :func:`take_action` and :func:`take_retry` read."""
    for option in reversed([*_HOW, *_WHAT]):
        command = option(command)
    return command


def take_action(options: dict[str, Any]) -> ScriptAction | HttpAction:
    """The action that the options describe; takes them out of ``options``."""
    program, shell, http, headers, data, cwd, env = (
        options.pop(name) for name in ("program", "shell", "http", "headers", "data", "cwd", "env")
    )
    given = [
        name
        for name, value in (("PROGRAM", program), ("--shell", shell is not None), ("--http", http))
        if value
    ]
    if len(given) != 1:
        raise InvalidInput(
            "action", " and ".join(given) or "nothing", "one of -- PROGRAM, --shell or --http"
        )
    if http:
        _refuse("--http", {"--cwd": cwd, "--env": env or None})
        return HttpAction(http[0], http[1], headers=_headers(headers), body=data)
    _refuse(given[0], {"--header": headers or None, "--data": data})
    script: dict[str, Any] = {"cwd": cwd, "env": _environment(env)}
    return ScriptAction(list(program), **script) if program else ScriptAction(shell=shell, **script)


def take_terms(options: dict[str, Any]) -> dict[str, Any]:
    """What the options say of retries and success; takes them out of ``options``."""
    return {
        "retry": take_retry(options),
        "assertions": take_assertions(options.pop("assertions")),
    }


def take_retry(options: dict[str, Any]) -> RetryPolicy | None:
    """What the options say of retries, if anything; takes them out of ``options``."""
    retries, backoff = options.pop("retries"), options.pop("backoff")
    policy: dict[str, Any] = {}
    if options.pop("no_jitter"):
        policy["jitter"] = False
    if options.pop("retry_permanent"):
        policy["retry_permanent"] = True
    if retries is not None:
        policy["retries"] = retries
    if backoff is not None:
        policy["backoff"] = parse_backoff(backoff)
    return RetryPolicy(**policy) if policy else None


def here() -> Path:
    """The caller's folder."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise InvalidInput("cwd", ".", "a current folder that still exists") from None


def _headers(lines: tuple[str, ...]) -> dict[str, str]:
    """A header given twice becomes one with both values, as RFC 9110 (5.3) has it."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise InvalidInput("header", line, "'Name: value'")
        known = next((have for have in headers if have.lower() == name.strip().lower()), None)
        if known is None:
            headers[name.strip()] = value.strip()
        else:
            headers[known] += ", " + value.strip()
    return headers


def _environment(pairs: tuple[str, ...]) -> dict[str, str]:
    environment = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InvalidInput("env", pair, "NAME=VALUE")
        environment[name] = value
    return environment


def _refuse(kind: str, options: dict[str, Any]) -> None:
    for option, value in options.items():
        if value is not None:
            shown = value if isinstance(value, str) else ", ".join(value)
            raise InvalidInput(option, shown, f"to be left out with {kind}")
