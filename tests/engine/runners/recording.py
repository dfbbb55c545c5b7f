"""A sink that keeps everything, for tests that look at what a runner said."""

from __future__ import annotations

import threading
from collections.abc import Callable

from jobdesk.domain.assertions import AnyAssertion
from jobdesk.domain.log import Stream
from jobdesk.domain.signing import Signer
from jobdesk.engine.runners.base import Assignment


class RecordingSink:
    """Keeps each piece as it came; ``wait_for`` lets a test wait for output."""

    def __init__(self) -> None:
        self.pieces: list[tuple[Stream, bytes]] = []
        self._changed = threading.Condition()

    def write(self, stream: Stream, data: bytes) -> None:
        with self._changed:
            self.pieces.append((stream, data))
            self._changed.notify_all()

    def system(self, *lines: str) -> None:
        for line in lines:
            assert "\n" not in line, line
            self.write(Stream.SYSTEM, line.encode() + b"\n")

    def bytes_of(self, stream: Stream) -> bytes:
        with self._changed:
            return b"".join(data for which, data in self.pieces if which is stream)

    @property
    def stdout(self) -> bytes:
        return self.bytes_of(Stream.STDOUT)

    @property
    def stderr(self) -> bytes:
        return self.bytes_of(Stream.STDERR)

    @property
    def lines(self) -> list[str]:
        """JobDesk's own sentences."""
        return self.bytes_of(Stream.SYSTEM).decode().splitlines()

    def wait_for(self, text: bytes, stream: Stream = Stream.STDOUT, timeout: float = 10.0) -> bytes:
        """Wait until the stream holds ``text``; returns all of it so far."""
        with self._changed:
            if not self._changed.wait_for(lambda: text in self.bytes_of(stream), timeout):
                raise AssertionError(f"{text!r} did not come; {self.pieces!r}")
            return self.bytes_of(stream)


class CountingSink:
    """Keeps nothing but the number of bytes, for floods."""

    def __init__(self) -> None:
        self.total = 0
        self.largest = 0
        self.lines: list[str] = []
        self.flooding = threading.Event()

    def write(self, stream: Stream, data: bytes) -> None:
        self.total += len(data)
        self.largest = max(self.largest, len(data))
        if self.total > 8_000_000:
            self.flooding.set()

    def system(self, *lines: str) -> None:
        self.lines.extend(lines)


def an_assignment(
    *,
    run_id: int = 847,
    attempt: int = 2,
    cookie: str = "jobdesk-test:847:2",
    timeout: float | None = None,
    grace: float = 5.0,
    response_cap: int = 1_000_000,
    on_spawn: Callable[[int, float], None] = lambda pid, started: None,
    signer: Signer | None = None,
    secret_headers: frozenset[str] = frozenset(),
    assertions: tuple[AnyAssertion, ...] = (),
) -> Assignment:
    """An assignment with values that are easy to recognise."""
    return Assignment(
        run_id=run_id,
        attempt=attempt,
        key=f"jobdesk-{run_id}",
        idempotency_key=f"jobdesk-{run_id}",
        cookie=cookie,
        timeout=timeout,
        grace=grace,
        response_cap=response_cap,
        on_spawn=on_spawn,
        signer=signer,
        secret_headers=secret_headers,
        assertions=assertions,
    )
