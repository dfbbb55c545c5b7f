"""What secrets an action needs, and what it is with them filled in.

References are understood in the URL, the values of headers and the body of a call, and in
the arguments, the shell line and the variables of a script. Not in the program and its
folder, which are looked up when the action is accepted, and not in names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from jobdesk.domain.action import (
    HttpAction,
    ScriptAction,
    check_argument,
    check_body,
    check_header,
    check_url,
)
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.references import OPENING, fill_in, names
from jobdesk.domain.shell import Shell

AnyAction = ScriptAction | HttpAction
VARIABLE = "JOBDESK_SECRET_"
"""What the variables are called, with a number, that bring secrets to a shell line."""

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class Unfit(Exception):
    """A secret's value can't stand where it is to; the text doesn't repeat it."""


def names_in(action: AnyAction) -> list[str]:
    """The secrets that an action refers to, each once, in order."""
    return list(dict.fromkeys(name for text in _texts(action) for name in names(text)))


def secret_headers(action: AnyAction) -> frozenset[str]:
    """The headers, in lower case, whose value holds a secret."""
    if not isinstance(action, HttpAction):
        return frozenset()
    return frozenset(name.lower() for name, text in action.headers.items() if OPENING in text)


def resolve(action: AnyAction, values: Mapping[str, str], shell: Shell) -> AnyAction:
    """The action with its secrets filled in; ``values`` has all that it names.

    A value is written as its place demands: as a JSON string's inside in a JSON body,
    percent-encoded after the ``=`` of a URL's query and of a form, and as user or password
    of a URL; elsewhere as it is. A shell line gets it by a variable, so that no character
    in it means anything to the shell and no list of processes shows it.

    Raises :class:`Unfit`.
    """
    if isinstance(action, HttpAction):
        return _resolved_call(action, values)
    return _resolved_script(action, values, shell)


def _texts(action: AnyAction) -> Iterator[str]:
    if isinstance(action, HttpAction):
        yield action.url
        yield from action.headers.values()
        yield action.body or ""
    else:
        yield from (action.command or ())[1:]
        yield action.shell or ""
        yield from action.env.values()


def _resolved_call(action: HttpAction, values: Mapping[str, str]) -> HttpAction:
    url = _url(action.url, values)
    with _fit("the URL"):
        check_url(url, "url")
    headers = {}
    for name, text in action.headers.items():
        headers[name] = _filled(text, values)
        with _fit(f"the header {name}"):
            check_header(name, headers[name])
    body = action.body
    if body is not None and OPENING in body:
        body = fill_in(body, lambda found: _in_body(action, values[found["name"]]))
        with _fit("the body"):
            check_body(body)
    return action.model_copy(update={"url": url, "headers": headers, "body": body})


def _url(url: str, values: Mapping[str, str]) -> str:
    """Encoded where a value is a value: then no ``&`` or ``@`` in it can mean anything.

    A secret may as well be a whole query (as a shared access signature is), a path or all
    of the URL; that is written as it is.
    """
    authority = _AUTHORITY.match(url)
    at = url.rfind("@", 0, authority.end()) if authority else -1

    def write(found: re.Match[str]) -> str:
        value, before = values[found["name"]], url[: found.start()]
        query = before.partition("?")[2].partition("#")[0]
        as_value = "?" in before and "=" in query.rpartition("&")[2]
        if as_value or found.start() < at:
            return quote(value, safe="")
        return value

    return fill_in(url, write)


def _in_body(action: HttpAction, value: str) -> str:
    kind = next((v for n, v in action.headers.items() if n.lower() == "content-type"), "")
    if kind.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return quote_plus(value)
    if _is_json(action.body or ""):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return value


def _resolved_script(action: ScriptAction, values: Mapping[str, str], shell: Shell) -> ScriptAction:
    changes: dict[str, object] = {}
    env = {name: _filled(text, values) for name, text in action.env.items()}
    if action.command is not None:
        first, *rest = action.command
        command = (first, *(_filled(text, values) for text in rest))
        for text in command:
            with _fit("an argument"):
                check_argument("command", text)
        changes["command"] = command
    if action.shell is not None and OPENING in action.shell:
        numbers = {name: f"{VARIABLE}{n}" for n, name in enumerate(names(action.shell), 1)}
        changes["shell"] = shell.with_variables(action.shell, numbers)
        env |= {variable: values[name] for name, variable in numbers.items()}
    for name, text in env.items():
        with _fit(f"the variable {name}"):
            check_argument("env", text)
    return action.model_copy(update={**changes, "env": env})


def _filled(text: str, values: Mapping[str, str]) -> str:
    return fill_in(text, lambda found: values[found["name"]])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@contextmanager
def _fit(what: str) -> Iterator[None]:
    """Turn a refusal, which repeats the value, into one that doesn't."""
    try:
        yield
    except InvalidInput as error:
        expected = error.problems[0].expected
        text = f"with its secrets filled in, {what} can't be used; expected {expected}"
        raise Unfit(text) from None
