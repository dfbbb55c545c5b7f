"""A small honest desk, with the books of a soak that saw it all: to be doctored by tests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from benchmarks.soaking.ledger import Books, Line, Push
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import FixedBackoff, RetryPolicy
from jobdesk.store import logs
from jobdesk.store.claims import Claim
from jobdesk.store.database import Database, default_url
from jobdesk.store.writer import Tx
from tests.support.clock import ManualClock
from tests.support.samples import FAILURE, NO_RETRY, SUCCESS
from tests.support.work import Work

STOPPED = Verdict(Outcome.INTERRUPTED, Reason.INTERRUPTED, "the engine was stopped", counted=False)
NO_WAIT = RetryPolicy(retries=2, backoff=FixedBackoff(seconds=0))


@dataclass(slots=True)
class Scene:
    """Run 1 failed and then succeeded; 2, with a key, died; 3 was interrupted by a crash and
    4 by a stop, then they succeeded; 5 was cancelled; 6 died and was replayed as 7."""

    database: Path
    ledger: Path
    books: Books = field(default_factory=Books)
    lines: list[Line] = field(default_factory=list)

    def copy(self, folder: Path) -> Scene:
        """The same in another folder, to spoil."""
        other = Scene(folder / "jobdesk.db", folder / "ledger", Books(), list(self.lines))
        shutil.copy(self.database, other.database)
        for name in ("pushes", "cancelled", "replayed", "crashed"):
            setattr(other.books, name, getattr(self.books, name).copy())
        return other

    def write_ledger(self) -> None:
        rows = [
            f"{one.event} {one.run} {one.attempt} {one.pid} {one.wall} {one.monotonic} {one.detail}"
            for one in self.lines
        ]
        self.ledger.write_text("".join(row + "\n" for row in rows))

    def set_time(self, event: str, run: int, attempt: int, monotonic: int) -> None:
        """Give one line of the ledger another time."""
        for place, line in enumerate(self.lines):
            if (line.event, line.run, line.attempt) == (event, run, attempt):
                self.lines[place] = replace(line, monotonic=monotonic)


class Builder:
    """Plays the desk, the engine and the scripts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.scene = Scene(folder / "jobdesk.db", folder / "ledger")
        self._db = Database.open(default_url(folder), folder)
        self._clock = ManualClock()
        self._work = Work(self._db, self._clock)

    def build(self) -> Scene:
        work, books = self._work, self.scene.books
        try:
            first = self._push("p1")
            self._attempt(FAILURE)
            self._attempt(SUCCESS)
            self._push("p2", key="k1", retry=NO_RETRY)
            self._attempt(FAILURE)
            self._push("p3")
            crashed = self._begin()
            books.crashed.add(crashed.attempt_id)
            work.rescue()
            self._attempt(SUCCESS)
            self._push("p4")
            self._attempt(STOPPED)
            self._attempt(SUCCESS)
            fifth = self._push("p5")
            work.cancel(fifth)
            books.cancelled.append(fifth)
            sixth = self._push("p6", retry=NO_RETRY)
            self._attempt(FAILURE)
            ((old, new),) = work.replay(sixth)
            assert new is not None
            books.replayed.append((old, new))
            self._attempt(SUCCESS)
            assert first == 1
        finally:
            self._db.close()
        self.scene.write_ledger()
        return self.scene

    def _push(self, tag: str, key: str | None = None, retry: RetryPolicy = NO_WAIT) -> int:
        run = self._work.push(action=ScriptAction(["script", tag]), key=key, retry=retry)
        self.scene.books.pushes.append(Push(tag, 1, "returned", (run,), key))
        return run

    def _begin(self) -> Claim:
        self._work.promote()
        (claim,) = self._work.claim()
        self._clock.advance(1)
        self._note(claim, "begin")
        return claim

    def _attempt(self, verdict: Verdict) -> None:
        claim = self._begin()
        run, number = claim.run.id, claim.run.attempt
        printed = f"begin {run} {number} 99\nend {run} {number}\n".encode()
        if verdict.exit_code is not None:
            self._note(claim, "end", f"code={verdict.exit_code},bytes={len(printed)}")
        self._work.write(lambda tx: self._log(tx, claim, printed))
        self._clock.advance(1)
        self._work.conclude(claim, verdict)
        self._clock.advance(1)

    def _log(self, tx: Tx, claim: Claim, printed: bytes) -> None:
        chunk = LogChunk(1, Stream.STDOUT, self._clock.now(), printed)
        logs.append(tx, claim.attempt_id, [chunk])
        logs.state_size(tx, claim.attempt_id, len(printed), 0, 0)

    def _note(self, claim: Claim, event: str, detail: str = "-") -> None:
        # Both clocks tell the same here, which begins in 1970.
        passed = self._clock.now() - self._clock.now().fromtimestamp(0, self._clock.now().tzinfo)
        ns = passed // timedelta(microseconds=1) * 1000
        run, number = claim.run.id, claim.run.attempt
        self.scene.lines.append(Line(event, run, number, 99, ns, ns, detail))
