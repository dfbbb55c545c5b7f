"""Running a script: one process, its output, its end, and the end of all it started.

What becomes of what a script leaves behind:

- When the script ends by itself, what it left running in its session is ended too
  (TERM, grace, KILL), and the log says so. What made a session of its own (``setsid``, a
  proper daemon) is left alone: that is how a script says that it means it. If such a
  process still holds the script's output, the pipe is closed on it; the run does not
  wait for it, and what it writes later is lost (it gets SIGPIPE).
- On timeout and cancel everything is ended, daemons included; see ``process_tree.py``
  for how it is found. The verdict is given when nothing of it is left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

import psutil

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.assertions import Finding, ScriptFacts
from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.engine.runners.base import Assignment, Sink, StopToken, stopped_verdict
from jobdesk.engine.runners.census import Census
from jobdesk.engine.runners.children import Children
from jobdesk.engine.runners.findings import Listener, failure_words, judge
from jobdesk.engine.runners.launch import (
    WINDOWS,
    Environment,
    Launch,
    LaunchError,
    explain,
    prepare,
)
from jobdesk.engine.runners.marks import Marks
from jobdesk.engine.runners.output import Pump, Started, make_pump, pump_for
from jobdesk.engine.runners.process_tree import (
    Pause,
    PosixTree,
    Say,
    names_of,
    start_time,
)
from jobdesk.engine.runners.spawn import Order, Process, ready
from jobdesk.engine.runners.steps import BLOCK, Steps, Wait, carry_out


class Tree(Protocol):
    """All processes of an attempt, on any system."""

    def end_all(self, grace: float, wait: Pause, say: Say) -> list[psutil.Process]: ...

    def lingers(self) -> bool: ...

    def end_rest(self, grace: float, wait: Pause, say: Say) -> list[psutil.Process]: ...

    def close(self) -> None: ...


class ScriptRunner:
    """Runs scripts; one for all threads of an engine.

    ``environ`` is the engine's environment (read once), ``children`` the register of
    everything that the engine's process starts.
    """

    def __init__(self, children: Children, environ: Mapping[str, str] | None = None) -> None:
        self._children = children
        self._environment = Environment(os.environ if environ is None else environ)
        self._marks = Marks()
        self._census = Census()

    def run(
        self, action: ScriptAction, assignment: Assignment, sink: Sink, stop: StopToken
    ) -> Verdict:
        """:meth:`steps`, all of them in this thread."""
        return carry_out(self.steps(action, assignment, sink, stop))

    def steps(
        self, action: ScriptAction, assignment: Assignment, sink: Sink, stop: StopToken
    ) -> Steps[Verdict]:
        """Run the script to its end; ``exit_code`` is ``-n`` if signal n killed it."""
        if stop.cause is not None:
            return stopped_verdict(stop.cause)
        if any(one.about_output for one in assignment.assertions):
            sink = Listener(sink)
        began = time.monotonic()
        asked = time.time()
        started: Started | None = None
        try:
            launch = prepare(action, assignment, self._environment)
            sink.system(*launch.lines(action))
            started = self._start(launch, assignment.cookie)
            return (yield from self._supervise(started, assignment, sink, stop, (began, asked)))
        except LaunchError as error:
            sink.system(str(error))
            reason = Reason.ENGINE_ERROR if error.transient else Reason.SPAWN_ERROR
            return Verdict(Outcome.FAILED, reason, str(error))
        finally:
            if started is not None:
                self._let_go(started.process)

    def _start(self, launch: Launch, cookie: str) -> Started:
        # Made here, so that nothing but the start itself is done alone.
        pipes: list[int] = []
        ours: list[int] = []
        try:
            for _ in ("stdout", "stderr"):
                ends = os.pipe()
                ours.append(ends[0])
                pipes.append(ends[1])
            return Started(self._spawn(launch, cookie, *pipes), *ours)
        except (OSError, ValueError) as error:
            for descriptor in ours:
                os.close(descriptor)
            raise explain(error, launch) from None
        finally:
            for descriptor in pipes:
                os.close(descriptor)

    def _spawn(self, launch: Launch, cookie: str, stdout: int, stderr: int) -> Process:
        start = ready(
            Order(
                launch.program,
                launch.argv,
                launch.cwd,
                launch.env,
                launch.pairs,
                launch.shell,
                (stdout, stderr),
            )
        )
        with self._children.starting():
            with self._marks.worn(cookie):
                process = start()
            self._children.own(process)
        return process

    def _supervise(
        self,
        started: Started,
        assignment: Assignment,
        sink: Sink,
        stop: StopToken,
        clocks: tuple[float, float],
    ) -> Steps[Verdict]:
        began, asked = clocks
        process = started.process
        tree: Tree | None = None
        pump: Pump | None = None
        try:
            try:
                born = start_time(process.pid, asked)
                tree = self._tree(process, born, assignment.cookie, stop)
                pump = make_pump(started, sink, stop)
            except OSError as error:
                os.close(started.stdout)
                os.close(started.stderr)
                text = f"could not watch the script, so it was ended: {error.strerror or error}"
                raise LaunchError(text, transient=True) from None
            assignment.on_spawn(process.pid, born)
            sink.system(f"started: pid {process.pid}")
            deadline = None if assignment.timeout is None else began + assignment.timeout
            attempt = _Attempt(process, pump, tree, self._marks, assignment, sink, stop, began)
            return (yield from attempt.run(deadline))
        finally:
            if pump is not None:
                pump.close()
            if tree is not None:
                tree.close()

    def _tree(self, process: Process, started: float, cookie: str, stop: StopToken) -> Tree:
        if sys.platform == "win32":
            from jobdesk.engine.runners.job_object import JobTree

            assert isinstance(process, subprocess.Popen)
            return JobTree(process)
        return PosixTree(process.pid, started, cookie, self._children, self._census, stop.hurried)

    def _let_go(self, process: Process) -> None:
        """Never leave a process behind, even if something of ours broke on the way."""
        if process.returncode is None:
            with suppress(OSError, subprocess.TimeoutExpired):
                if WINDOWS:
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
                # One that can't be ended is reaped as an orphan some day.
                process.wait(1.0)
        self._children.disown(process)


class _Attempt:
    """One process from its start to its verdict."""

    def __init__(
        self,
        process: Process,
        pump: Pump,
        tree: Tree,
        marks: Marks,
        assignment: Assignment,
        sink: Sink,
        stop: StopToken,
        began: float,
    ) -> None:
        self._process = process
        self._pump = pump
        self._tree = tree
        self._marks = marks
        self._assignment = assignment
        self._sink = sink
        self._stop = stop
        self._began = began

    def run(self, deadline: float | None) -> Steps[Verdict]:
        wait = Wait(self._pump, self._stop, deadline)
        while not self._pump.exited:
            if self._stop.cause is not None:
                yield BLOCK
                return self._end_early(stopped_verdict(self._stop.cause), self._stop.cause.value)
            if deadline is not None and deadline <= time.monotonic():
                yield BLOCK
                text = f"timed out after {self._assignment.timeout:g}s"
                return self._end_early(Verdict(Outcome.FAILED, Reason.TIMEOUT, text), text)
            if self._pump.over or not self._pump.descriptors:
                yield BLOCK
            yield wait
        self._pump.drain()
        # To end what a script leaves behind takes a while, and so may a look at its output.
        if self._pump.open or self._tree.lingers() or self._assignment.assertions:
            yield BLOCK
        return self._ended()

    def _end_early(self, verdict: Verdict, why: str) -> Verdict:
        self._sink.system(f"{why}: ending the script and everything it started")
        grace = self._assignment.grace_for(self._stop.cause)
        survivors = self._tree.end_all(grace, self._wait, self._sink.system)
        if not survivors:
            while not self._pump.exited:
                self._pump.wait(None)
        self._pump.drain()
        self._sink.system(f"{self._describe_end()} after {self._elapsed()}")
        return self._with_survivors(verdict, survivors)

    def _ended(self) -> Verdict:
        if self._pump.open:
            # Perhaps only by a script that is just being started.
            with self._marks.between_starts():
                self._pump.drain()
        self._sink.system(f"{self._describe_end()} after {self._elapsed()}")
        survivors: list[psutil.Process] = []
        # The search costs milliseconds, so it is made only where there is something to
        # find: somebody in its process group, or somebody who holds its output.
        if self._pump.open or self._tree.lingers():
            survivors = self._tree.end_rest(self._assignment.grace, self._wait, self._say_rest)
        if self._pump.open:
            self._pump.drain()
        if self._pump.open:
            self._sink.system(
                "a process outside the script's session still holds its output: left alone, "
                "and what it writes from now on is not kept"
            )
        verdict = self._judge()
        if survivors:
            self._sink.system(f"left behind: {names_of(survivors)}")
        return verdict

    def _judge(self) -> Verdict:
        code = self._process.returncode
        findings: list[Finding] = []
        if self._assignment.assertions and code is not None:
            elapsed = round((time.monotonic() - self._began) * 1000)
            facts = ScriptFacts(code, duration_ms=elapsed)
            if isinstance(self._sink, Listener):
                stdout, stderr = map(self._sink.output, (Stream.STDOUT, Stream.STDERR))
                facts = ScriptFacts(code, stdout, stderr, self._sink.omitted, elapsed)
            findings = judge(self._assignment.assertions, facts, self._sink.system)
        asked = [finding for finding in findings if finding.about_status]
        if not all(finding.passed for finding in asked) if asked else code != 0:
            error = failure_words(findings, self._describe_end())
            return Verdict(Outcome.FAILED, Reason.EXIT_CODE, error, exit_code=code)
        if not all(finding.passed for finding in findings):
            error = failure_words(findings)
            return Verdict(Outcome.FAILED, Reason.OUTPUT_ASSERTION, error, exit_code=code)
        return Verdict(Outcome.SUCCEEDED, exit_code=code)

    def _with_survivors(self, verdict: Verdict, survivors: list[psutil.Process]) -> Verdict:
        error = verdict.error
        if survivors:
            error = f"{error}; could not be ended: {names_of(survivors)}"
            self._sink.system(f"could not be ended: {names_of(survivors)}")
        return Verdict(
            verdict.outcome,
            verdict.reason,
            error,
            exit_code=self._process.returncode,
            counted=verdict.counted,
        )

    def _say_rest(self, line: str) -> None:
        self._sink.system(f"left behind by the script: {line}")

    def _wait(self, seconds: float) -> None:
        pump_for(self._pump, seconds)

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:.3f} s"

    def _describe_end(self) -> str:
        code = self._process.returncode
        if code is None:
            return "still running"
        if code >= 0 or WINDOWS:
            return f"exit code {code}"
        try:
            return f"killed by signal {-code} ({signal.Signals(-code).name})"
        except ValueError:
            return f"killed by signal {-code}"
