"""What can be set about the engine; the defaults are INTERFACE's."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationInfo, field_validator, model_validator

from jobdesk.domain.alert import AlertPolicy, QuietHours
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.values import Value

MB = 1_048_576

_BOUNDS = {
    "workers": (1, 256),
    "output_cap": (64 * 1024, 1024 * MB),
    "response_cap": (1024, 256 * MB),
    "keep_finished_days": (1, 36_500),
    "keep_dead_days": (1, 36_500),
    "log_budget": (10 * MB, 1_000_000 * MB),
    "api_rate": (1, 1_000_000),
}
LISTEN_FORM = "nothing, a port, or HOST:PORT such as 127.0.0.1:8127"
API_PORT = 8127
"""What the window suggests."""

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_TAKEN_HEADERS = frozenset(
    {"host", "connection", "content-length", "content-type", "transfer-encoding", "authorization",
     "cookie", "accept", "accept-encoding", "user-agent", "idempotency-key", "x-jobdesk-run",
     "x-jobdesk-attempt"}
)  # fmt: skip
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_ORIGIN = re.compile(r"https?://[^\s/?#@]+")


def parse_listen(value: Any) -> str:
    """Where the HTTP API listens, as ``HOST:PORT``; a port alone is loopback's, and "" is
    nowhere."""
    text = value.strip() if isinstance(value, str) else value
    if text == "":
        return ""
    host, _, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    host = host or "127.0.0.1"
    if not _HOST.fullmatch(host) or not re.fullmatch(r"\d{1,5}", port, re.ASCII):
        raise InvalidInput("api_listen", value, LISTEN_FORM)
    if not 1 <= int(port) <= 65_535:
        raise InvalidInput("api_listen", value, "a port from 1 to 65,535")
    return f"{host}:{int(port)}"


class EngineSettings(Value):
    """Graces in seconds, caps and budgets in bytes, retention in days.

    ``kill_grace`` lies between TERM and KILL; ``stop_grace`` is what running attempts
    are given when the engine stops. ``output_cap`` is for one attempt. ``api_listen`` is
    where the HTTP API listens ("": it is off), ``api_rate`` how many requests a minute a
    token may make, and ``api_cors`` the origins whose pages may call it from a browser.
    ``alerts`` hold where neither job nor queue say anything; in ``quiet_hours`` they wait,
    with ``quiet_but_failures`` only those that are no failures.
    ``signing_header`` and ``signing_timestamp_header`` are what signed requests carry.
    """

    workers: int = 8
    kill_grace: float = 5.0
    stop_grace: float = 10.0
    output_cap: int = 10 * MB
    response_cap: int = 1 * MB
    keep_finished_days: int = 30
    keep_dead_days: int = 90
    log_budget: int = 2048 * MB
    api_listen: str = ""
    api_rate: int = 600
    api_cors: tuple[str, ...] = ()
    alerts: AlertPolicy = AlertPolicy()
    quiet_hours: QuietHours | None = None
    quiet_but_failures: bool = False
    signing_header: str = "X-Recuro-Signature"
    signing_timestamp_header: str = "X-Recuro-Timestamp"

    @field_validator(*_BOUNDS, mode="before")
    @classmethod
    def _within(cls, value: Any, info: ValidationInfo) -> int:
        name = str(info.field_name)
        least, most = _BOUNDS[name]
        return check_whole(value, name, least=least, most=most)

    @field_validator("kill_grace", "stop_grace")
    @classmethod
    def _grace(cls, value: float, info: ValidationInfo) -> float:
        if not 0 <= value <= 3600:
            raise InvalidInput(str(info.field_name), value, "a number of seconds from 0 to 3600")
        return value

    @field_validator("api_listen", mode="before")
    @classmethod
    def _listen(cls, value: Any) -> str:
        return parse_listen(value)

    @field_validator("api_cors")
    @classmethod
    def _cors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                expected = "an origin such as https://example.com, without a path"
                raise InvalidInput("api_cors", origin, expected)
        return value

    @field_validator("signing_header", "signing_timestamp_header")
    @classmethod
    def _header(cls, value: str, info: ValidationInfo) -> str:
        if not _HEADER.fullmatch(value) or value.lower() in _TAKEN_HEADERS:
            expected = "a header name of letters, digits and dashes that has no other use"
            raise InvalidInput(str(info.field_name), value, expected)
        return value

    @model_validator(mode="after")
    def _headers_apart(self) -> EngineSettings:
        time = self.signing_timestamp_header.lower()
        if time in (self.signing_header.lower(), f"{self.signing_header.lower()}-previous"):
            expected = "another header than that of the signature"
            raise InvalidInput("signing_timestamp_header", self.signing_timestamp_header, expected)
        return self

    @classmethod
    def lenient(cls, values: dict[str, Any]) -> EngineSettings:
        """The settings that make sense among ``values``; the others at their defaults."""
        good: dict[str, Any] = {}
        for name, value in values.items():
            try:
                cls(**{name: value})
            except InvalidInput:
                continue
            good[name] = value
        return cls(**good)
