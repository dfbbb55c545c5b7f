"""What a job does: run a script, or call an HTTP endpoint. Data only."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Discriminator, TypeAdapter, field_validator, model_validator

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.references import (
    OPENING,
    REFERENCE,
    check_references,
    refuse_references,
)
from jobdesk.domain.values import Value

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MAX_URL = 8_192
MAX_ARGUMENT = 131_071
"""Bytes of one argument or environment variable: what Linux's ``execve`` takes at most."""
MAX_ARGUMENTS = 1_048_576
"""Bytes of all arguments and variables together: safely under the limits of all systems."""
MAX_BODY = 16 * 1_048_576

_ENV_NAME = re.compile(r"[^=\x00]+")
_ANYTHING = "1"
"""What may be a host as well as a port, a password or a path: for a secret in a URL."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class ScriptAction(Value):
    """Run a program with arguments, or a line through the shell; exactly one of the two.

    ``cwd`` is absolute once the desk has accepted it; ``env`` is added to the engine's
    environment.
    """

    type: Literal["script"] = "script"
    command: tuple[str, ...] | None = None
    shell: str | None = None
    cwd: str | None = None
    env: dict[str, str] = {}

    def __init__(self, command: list[str] | tuple[str, ...] | None = None, **data: Any) -> None:
        super().__init__(command=command, **data)

    @field_validator("command", mode="before")
    @classmethod
    def _command(cls, value: Any) -> Any:
        if value is None:
            return None
        parts = tuple(value) if isinstance(value, (list, tuple)) else ()
        if not isinstance(value, (list, tuple)) or not all(isinstance(p, str) for p in parts):
            raise InvalidInput("command", value, "a program and its arguments, as a list of texts")
        if not parts or not parts[0].strip():
            raise InvalidInput("command", "", "a program to run")
        for part in parts:
            check_argument("command", part)
        refuse_references("command", parts[0])
        for part in parts[1:]:
            check_references("command", part, for_a_shell=True)
        return parts

    @field_validator("shell")
    @classmethod
    def _shell(cls, value: str | None) -> str | None:
        if value is not None:
            if not value.strip():
                raise InvalidInput("shell", value, "a shell line that is not empty")
            check_argument("shell", value)
            check_references("shell", value, for_a_shell=True)
        return value

    @field_validator("cwd")
    @classmethod
    def _cwd(cls, value: str | None) -> str | None:
        if value is not None:
            if not value.strip():
                raise InvalidInput("cwd", value, "the path of a folder")
            check_argument("cwd", value)
            refuse_references("cwd", value)
        return value

    @field_validator("env")
    @classmethod
    def _env(cls, value: dict[str, str]) -> dict[str, str]:
        for name, content in value.items():
            if not _ENV_NAME.fullmatch(name):
                raise InvalidInput("env", name, "NAME=VALUE with a name that is not empty")
            _check_text("env", name, MAX_ARGUMENT)
            check_argument(f"env {name}", content)
            refuse_references("env", name)
            check_references(f"env {name}", content)
        return value

    @model_validator(mode="after")
    def _whole(self) -> ScriptAction:
        if (self.command is None) == (self.shell is None):
            given = "nothing" if self.command is None else "both"
            raise InvalidInput("command", given, "either a program with arguments or a shell line")
        total = sum(len(part.encode()) + 1 for part in self.command or ())
        total += sum(len(f"{name}={value}".encode()) for name, value in self.env.items())
        if total > MAX_ARGUMENTS:
            raise InvalidInput(
                "command",
                f"{total:,} bytes",
                f"arguments and environment of at most {MAX_ARGUMENTS:,} bytes together",
            )
        return self

    @property
    def summary(self) -> str:
        """One line that says what runs."""
        if self.shell is not None:
            return self.shell
        return " ".join(_quoted(part) for part in self.command or ())


class HttpAction(Value):
    """Call an HTTP endpoint; any 2xx answer is a success."""

    type: Literal["http"] = "http"
    method: str = "GET"
    url: str
    headers: dict[str, str] = {}
    body: str | None = None

    def __init__(self, method: str = "GET", url: str = "", **data: Any) -> None:
        super().__init__(method=method, url=url, **data)

    @field_validator("method", mode="before")
    @classmethod
    def _method(cls, value: Any) -> str:
        method = value.upper() if isinstance(value, str) else value
        if method not in METHODS:
            raise InvalidInput("method", value, f"one of {', '.join(METHODS)}")
        return str(method)

    @field_validator("url", mode="before")
    @classmethod
    def _url(cls, value: Any) -> str:
        return check_url(value, "url")

    @field_validator("headers")
    @classmethod
    def _headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, content in value.items():
            if not _HEADER_NAME.fullmatch(name):
                raise InvalidInput("header", name, "a header name of letters, digits and dashes")
            if name.lower() == "transfer-encoding":
                # Beside the length that is sent it would tell two stories about the body.
                raise InvalidInput("header", name, "no such header: JobDesk says how it sends")
            check_header(name, content)
            check_references(f"header {name}", content)
        return value

    @field_validator("body")
    @classmethod
    def _body(cls, value: str | None) -> str | None:
        if value is not None:
            check_body(value)
            check_references("body", value)
        return value

    @property
    def summary(self) -> str:
        """One line that says what is called."""
        return f"{self.method} {self.url}"


Action = Annotated[ScriptAction | HttpAction, Discriminator("type")]
ACTION: TypeAdapter[ScriptAction | HttpAction] = TypeAdapter(Action)


_SHORT = 2_048


def read_action(text: str) -> ScriptAction | HttpAction:
    """An action from its JSON form; raises ValueError. The runs of a job have the same one,
    and so have many pushes: what was read lately is not read again, unless it is long."""
    return _read_short(text) if len(text) <= _SHORT else ACTION.validate_json(text)


@lru_cache(maxsize=512)
def _read_short(text: str) -> ScriptAction | HttpAction:
    return ACTION.validate_json(text)


def check_url(value: Any, field: str) -> str:
    """An absolute http or https URL with a host. What a secret says of it, or whether it
    is one if it begins with a secret, is seen at the attempt."""
    expected = "an http or https URL with a host, such as https://example.com/hook"
    if not isinstance(value, str) or re.search(r"[\s\x00-\x1f\x7f]", value):
        raise InvalidInput(field, value, expected)
    _check_text(field, value, MAX_BODY)
    if len(value) > MAX_URL:
        raise InvalidInput(field, value, f"a URL of at most {MAX_URL:,} characters")
    check_references(field, value)
    if value.startswith(OPENING):
        return value
    try:
        parts = urlsplit(REFERENCE.sub(_ANYTHING, value))
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput(field, value, expected) from None
    # Port 0 is nobody's, and is taken for "no port given" further down.
    if parts.scheme.lower() not in ("http", "https") or not host or port == 0:
        raise InvalidInput(field, value, expected)
    return value


def check_header(name: str, content: str) -> None:
    """A value that can be sent as that header's."""
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", content):
        raise InvalidInput(
            f"header {name}", content, "a value without control characters or line breaks"
        )
    try:
        content.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidInput(
            f"header {name}", content, "a value of Latin-1 characters only"
        ) from None


def check_body(text: str) -> None:
    """A body that can be kept and sent."""
    _check_text("body", text, MAX_BODY)


def check_argument(field: str, text: str) -> None:
    """An argument, a shell line or the value of a variable."""
    if "\x00" in text:
        raise InvalidInput(field, text, "text without NUL characters")
    _check_text(field, text, MAX_ARGUMENT)


def _check_text(field: str, text: str, most: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidInput(field, text, "text that is valid Unicode") from None
    if size > most:
        raise InvalidInput(field, text, f"at most {most:,} bytes")


def _quoted(part: str) -> str:
    return part if re.fullmatch(r"[\w@%+=:,./-]+", part) else repr(part)
