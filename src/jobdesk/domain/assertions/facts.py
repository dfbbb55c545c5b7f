"""What assertions are held against, and what comes of it. Plain values: the runner has them
after an attempt, and the window has them of the last one."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

_SHOWN = 120
"""Characters of what was found that a sentence repeats."""


@dataclass(frozen=True)
class ResponseFacts:
    """An answer: ``body`` is what was kept of it (all, unless ``truncated``), ``encoding``
    what its headers say of its text, ``elapsed_ms`` from the request to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    encoding: str | None = None
    truncated: bool = False
    elapsed_ms: int = 0

    @cached_property
    def text(self) -> str:
        return decoded(self.body, self.encoding)

    def header(self, name: str) -> str | None:
        """A header by name, whatever its case."""
        wanted = name.lower()
        return next((v for known, v in self.headers.items() if known.lower() == wanted), None)


@dataclass(frozen=True)
class ScriptFacts:
    """How a script ended, and what was kept of its output (all, unless ``omitted``)."""

    exit_code: int
    stdout: bytes = b""
    stderr: bytes = b""
    omitted: bool = False
    duration_ms: int = 0

    def text(self, stream: str | None) -> str:
        """One stream's output; of both, stdout first."""
        parts = {"stdout": (self.stdout,), "stderr": (self.stderr,)}
        return "".join(
            part.decode("utf-8", "replace")
            for part in parts.get(stream or "", (self.stdout, self.stderr))
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """What one assertion came to: ``expected`` and ``found`` for people."""

    passed: bool
    expected: str
    found: str
    about_status: bool = field(default=False, compare=False)
    """Whether it is about an answer's status, or a script's exit code."""
    limits: str = ""
    """What was not looked into, if anything: also a success may be due to that."""

    def __str__(self) -> str:
        if self.passed:
            return f"passed: {self.expected}{self.limits}"
        return f"expected {self.expected}; found {self.found}{self.limits}"


def decoded(body: bytes, encoding: str | None) -> str:
    """The text of a body; an encoding that nobody knows is taken for UTF-8."""
    try:
        codecs.lookup(encoding or "")
    except (LookupError, ValueError):
        encoding = "utf-8"
    try:
        return body.decode(encoding or "utf-8", "replace")
    except (LookupError, ValueError):  # a codec that is known but isn't one of text
        return body.decode("utf-8", "replace")


def shown(text: str) -> str:
    """What was found, short and on one line."""
    line = " ".join(text[: 4 * _SHOWN].split())
    if not line:
        return "nothing"
    return repr(line) if len(text) <= _SHOWN else f"{line[:_SHOWN]!r}… ({len(text):,} characters)"
