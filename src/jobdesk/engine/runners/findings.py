"""Holding an attempt against its assertions: what is said about it, and its output, kept
for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jobdesk.domain.assertions import AnyAssertion, Finding
from jobdesk.domain.log import Stream
from jobdesk.engine.runners.base import Sink

_KEPT = 4 * 1_048_576
"""Bytes of each end of a stream that are looked into, at least."""


def judge(
    assertions: Iterable[AnyAssertion], facts: Any, say: Callable[[str], None]
) -> list[Finding]:
    """What each assertion comes to, told to the log."""
    findings = [one.check(facts) for one in assertions]
    for finding in findings:
        say(f"assertion: {finding}")
    return findings


def failure_words(findings: Iterable[Finding], before: str | None = None) -> str:
    """One line: the first that failed, and how many more did. ``before`` says what was
    found already."""
    failed = [finding for finding in findings if not finding.passed]
    said = [before] if before else []
    if failed:
        first = failed[0]
        about_known = before is not None and first.about_status
        said.append(f"expected {first.expected}" if about_known else str(first))
    if len(failed) > 1:
        said.append(f"and {len(failed) - 1} more")
    return "; ".join(said)


class Listener:
    """A sink that passes everything on, and keeps both ends of the output to look into."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._ends = {Stream.STDOUT: _Ends(), Stream.STDERR: _Ends()}

    def write(self, stream: Stream, data: bytes) -> None:
        self._sink.write(stream, data)
        if stream in self._ends:
            self._ends[stream].add(data)

    def system(self, *lines: str) -> None:
        self._sink.system(*lines)

    def output(self, stream: Stream) -> bytes:
        return self._ends[stream].bytes()

    @property
    def omitted(self) -> bool:
        return any(ends.omitted for ends in self._ends.values())


class _Ends:
    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self.omitted = False

    def add(self, data: bytes) -> None:
        room = _KEPT - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * _KEPT:  # not at each write: it moves all that stays
            del self._tail[:-_KEPT]
            self.omitted = True

    def bytes(self) -> bytes:
        # Nothing may be found across the gap.
        return bytes(self._head) + (b"\n" if self.omitted else b"") + bytes(self._tail)
