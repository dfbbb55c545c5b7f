"""What the tests of crashes share: a ledger, and the promises to be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from jobdesk import Desk, FixedBackoff, RetryPolicy, ScriptAction
from jobdesk.domain.run import FINISHED, Run
from jobdesk.engine.runners.process_tree import find_by_cookie
from jobdesk.store import preferences
from jobdesk.store.database import Database, default_url
from tests.support.command import environment

CHECKOUT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("script.py")
OFTEN = RetryPolicy(retries=40, backoff=FixedBackoff(seconds=0))


@dataclass(frozen=True)
class Scene:
    """A desk, and the ledger that its scripts write to."""

    desk: Desk
    ledger: Path

    def action(self, sleeping: str = "") -> ScriptAction:
        """The script of this package; ``sleeping`` are the attempts that don't end."""
        # Without site-packages an interpreter starts quickly.
        program = [sys.executable, "-I", "-S", str(SCRIPT), str(self.ledger), sleeping]
        return ScriptAction(program)

    def awake(self) -> None:
        """From now on no attempt sleeps."""
        self.ledger.with_name(self.ledger.name + ".awake").touch()

    def lines(self) -> list[tuple[int, int, str, int]]:
        """Run, attempt, what, pid."""
        if not self.ledger.exists():
            return []
        rows = [line.split() for line in self.ledger.read_text().splitlines()]
        return [(int(run), int(attempt), what, int(pid)) for run, attempt, what, pid in rows]

    def check(self, accepted: set[int]) -> None:
        """Everything is over; was every promise kept?"""
        runs = {run.id: run for run in self.desk.runs(limit=100_000)}
        assert set(runs) == accepted, "nothing was lost, and nothing made up"
        begun: dict[int, list[int]] = defaultdict(list)
        for run_id, attempt, what, _pid in self.lines():
            assert what != "overlap", f"attempt {attempt} of {run_id} ran beside an earlier one"
            if what == "begin":
                begun[run_id].append(attempt)
        for run in runs.values():
            self._check_run(run, begun[run.id])
        assert self.leftovers() == []

    def _check_run(self, run: Run, begun: list[int]) -> None:
        assert run.state in FINISHED, run
        attempts = self.desk.attempts(run.id)
        assert [a.number for a in attempts] == list(range(1, run.attempt + 1))
        assert all(a.outcome is not None for a in attempts), run
        assert {a.outcome for a in attempts[:-1]} <= {"interrupted"}, "it ran after its end"
        assert run.uncounted == 0, "what a crash interrupts is counted"
        # Each attempt is one process at most, none after the last, the last one for sure.
        assert [n for n, times in Counter(begun).items() if times > 1] == []
        if run.state == "succeeded":
            assert max(begun) == run.attempt

    def leftovers(self) -> list[str]:
        """What of this desk's scripts is alive."""
        with_id = Database.open(default_url(self.desk.home), self.desk.home)
        try:
            desk_id = with_id.writer.run(preferences.desk_id)
        finally:
            with_id.close()
        left = [str(process) for process in find_by_cookie(f"{desk_id}:")]
        return left + [str(pid) for *_, what, pid in self.lines() if what == "daemon" and up(pid)]


def up(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be noticed doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def mortal(home: Path, point: str) -> subprocess.Popen[bytes]:
    """An engine that will be killed at ``point``; see ``mortal.py``."""
    env = environment(home)
    env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(CHECKOUT)])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.crash.mortal", point],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
