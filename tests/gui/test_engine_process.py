"""The window's half of the table "Who starts and stops the engine"."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from jobdesk import __version__
from jobdesk.gui.context import Context
from jobdesk.gui.engine_process import OUTPUT_NAME, EngineProcess, EngineStatus, Phase
from tests.gui import engine_stand_in

STAND_IN = Path(engine_stand_in.__file__)
WAIT = 20_000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signals")


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def lock_file(own_home: Path) -> Path:
    return own_home / "jobdesk.db.engine"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(
    context: Context, lock_file: Path, clock: Clock, qtbot: QtBot
) -> Iterator[Callable[..., EngineProcess]]:
    """Supervisors whose engines are stand-ins; what they left running is ended."""
    made: list[EngineProcess] = []

    def build(*args: str) -> EngineProcess:
        command = [sys.executable, str(STAND_IN), str(lock_file), *args]
        made.append(EngineProcess(context.desk, context.calls, command, monotonic=clock))
        return made[-1]

    yield build
    for process in made:
        child = process._child
        process.close()
        if child is not None and psutil.pid_exists(child.pid):
            psutil.Process(child.pid).kill()
            psutil.Process(child.pid).wait(5)


def reach(qtbot: QtBot, process: EngineProcess, phase: Phase) -> EngineStatus:
    qtbot.waitUntil(lambda: process.status.phase is phase, timeout=WAIT)
    return process.status


def by_hand(lock_file: Path, **env: str) -> subprocess.Popen[bytes]:
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(STAND_IN), str(lock_file)]
    return subprocess.Popen(command, env={**os.environ, **env})


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)


def test_starts_an_engine_where_there_is_none(
    make: Callable[..., EngineProcess], qtbot: QtBot
) -> None:
    process = make()
    process.begin()
    status = reach(qtbot, process, Phase.RUNNING)
    assert status.info is not None
    assert status.info.origin == "window"
    assert process.is_ours
    # Its own session: what ends the window's process group leaves the engine alone.
    assert os.getsid(status.info.pid) != os.getsid(0)


def test_attaches_to_the_engine_that_is_there(
    make: Callable[..., EngineProcess], lock_file: Path, qtbot: QtBot
) -> None:
    other = by_hand(lock_file, STAND_IN_ORIGIN="terminal")
    process = make()
    qtbot.waitUntil(lambda: process._desk.engine() is not None, timeout=WAIT)
    process.begin()
    status = reach(qtbot, process, Phase.RUNNING)
    assert status.info is not None
    assert status.info.pid == other.pid
    assert not process.is_ours
    end(other)


def test_of_two_starts_at_once_the_loser_attaches(
    make: Callable[..., EngineProcess], qtbot: QtBot
) -> None:
    one, two = make(), make()
    one.begin()
    two.begin()
    first, second = reach(qtbot, one, Phase.RUNNING), reach(qtbot, two, Phase.RUNNING)
    assert first.info is not None
    assert first.info == second.info
    qtbot.waitUntil(lambda: one._child is None or two._child is None, timeout=WAIT)


def test_an_engine_that_has_not_said_who_it_is_counts_as_starting(
    make: Callable[..., EngineProcess], lock_file: Path, qtbot: QtBot
) -> None:
    shy = by_hand(lock_file, STAND_IN_SHY="1")
    process = make()
    qtbot.waitUntil(lambda: process._desk.engine() is not None, timeout=WAIT)
    process.begin()
    assert reach(qtbot, process, Phase.STARTING).info is None
    assert process._child is None
    assert not process.is_ours
    shy.kill()  # it never gets to it: then we start one
    shy.wait(10)
    reach(qtbot, process, Phase.RUNNING)
    assert process.is_ours


def test_a_killed_engine_is_told_about_and_started_again(
    make: Callable[..., EngineProcess], clock: Clock, qtbot: QtBot
) -> None:
    process = make()
    process.begin()
    first = reach(qtbot, process, Phase.RUNNING).info
    assert first is not None
    with qtbot.waitSignal(process.died, timeout=WAIT) as died:
        os.kill(first.pid, signal.SIGKILL)
    assert died.args == ["The engine was ended by signal 9."]
    assert process.status.phase is Phase.PAUSING
    assert process.status.seconds == 1
    clock.seconds += 1
    second = reach(qtbot, process, Phase.RUNNING).info
    assert second is not None
    assert second.pid != first.pid


def test_after_five_deaths_it_waits_for_a_person(
    make: Callable[..., EngineProcess], clock: Clock, qtbot: QtBot
) -> None:
    process = make("3")
    pauses: list[int] = []

    def see(status: EngineStatus) -> None:
        if status.phase is Phase.PAUSING and len(pauses) < 4:
            pauses.append(status.seconds)
            clock.seconds += status.seconds

    process.changed.connect(see)
    process.begin()
    reach(qtbot, process, Phase.GIVEN_UP)
    assert pauses == [1, 2, 4, 8]
    qtbot.waitUntil(lambda: bool(process.status.words), timeout=WAIT)
    assert process.status.words.splitlines()[-1] == "the disk is on fire"
    assert process.status.trouble == "The engine ended while it started (exit code 3)."


def test_a_person_can_have_it_started_again(
    make: Callable[..., EngineProcess], lock_file: Path, clock: Clock, qtbot: QtBot
) -> None:
    process = make("3")
    process.changed.connect(lambda status: setattr(clock, "seconds", clock.seconds + 8))
    process.begin()
    reach(qtbot, process, Phase.GIVEN_UP)
    process._command = [sys.executable, str(STAND_IN), str(lock_file)]
    process.start_again()
    assert process.status.phase is Phase.STARTING
    reach(qtbot, process, Phase.RUNNING)


def test_a_program_that_is_not_there_is_said_so(context: Context, qtbot: QtBot) -> None:
    process = EngineProcess(context.desk, context.calls, ["/nowhere/jobdesk", "serve"])
    process.begin()
    status = reach(qtbot, process, Phase.GIVEN_UP)
    assert "/nowhere/jobdesk" in status.trouble
    process.close()


def test_stop_ends_it_gracefully(make: Callable[..., EngineProcess], qtbot: QtBot) -> None:
    process = make()
    process.begin()
    info = reach(qtbot, process, Phase.RUNNING).info
    assert info is not None
    with qtbot.waitSignal(process.stopped, timeout=WAIT):
        process.stop()
        assert process.status.phase is Phase.STOPPING
    assert process.status.phase is Phase.STOPPED
    assert not psutil.pid_exists(info.pid)


def test_stop_while_it_starts_leaves_none_behind(
    make: Callable[..., EngineProcess], qtbot: QtBot
) -> None:
    process = make()
    process.begin()
    reach(qtbot, process, Phase.STARTING)
    with qtbot.waitSignal(process.stopped, timeout=WAIT):
        process.stop()
    assert process._desk.engine() is None


def test_stop_gives_up_after_grace_and_five_seconds(
    make: Callable[..., EngineProcess], clock: Clock, qtbot: QtBot
) -> None:
    process = make()
    process.begin()
    info = reach(qtbot, process, Phase.RUNNING).info
    assert info is not None
    os.kill(info.pid, signal.SIGSTOP)  # it can't hear us
    process.stop()
    qtbot.waitUntil(lambda: process._give_up_at < float("inf"), timeout=WAIT)
    assert process._give_up_at == clock.seconds + 10 + 5
    assert process.status.phase is Phase.STOPPING
    with qtbot.waitSignal(process.stopped, timeout=WAIT):
        clock.seconds += 15
    os.kill(info.pid, signal.SIGCONT)


def test_a_look_from_before_the_stop_does_not_shorten_the_grace(
    make: Callable[..., EngineProcess], clock: Clock, qtbot: QtBot
) -> None:
    process = make()
    process.begin()
    info = reach(qtbot, process, Phase.RUNNING).info
    assert info is not None
    os.kill(info.pid, signal.SIGSTOP)
    process.look()  # on its way when the stop comes
    process.stop()
    qtbot.waitUntil(lambda: process._give_up_at < float("inf"), timeout=WAIT)
    assert process._give_up_at == clock.seconds + 10 + 5
    os.kill(info.pid, signal.SIGCONT)
    qtbot.waitUntil(lambda: process.status.phase is Phase.STOPPED, timeout=WAIT)


def test_another_version_is_noticed_and_replaced_when_asked(
    make: Callable[..., EngineProcess], lock_file: Path, qtbot: QtBot
) -> None:
    old = by_hand(lock_file, STAND_IN_VERSION="0.0.1")
    process = make()
    qtbot.waitUntil(lambda: process._desk.engine() is not None, timeout=WAIT)
    process.begin()
    assert reach(qtbot, process, Phase.RUNNING).other_version
    process.restart()
    qtbot.waitUntil(lambda: old.poll() is not None, timeout=WAIT)
    qtbot.waitUntil(
        lambda: process.status.info is not None and process.status.info.version == __version__,
        timeout=WAIT,
    )
    assert not process.status.other_version


def test_a_window_that_ends_leaves_the_engine(
    make: Callable[..., EngineProcess], context: Context, qtbot: QtBot
) -> None:
    process = make()
    process.begin()
    info = reach(qtbot, process, Phase.RUNNING).info
    assert info is not None
    process.close()
    assert context.desk.engine() == info
    os.kill(info.pid, signal.SIGTERM)
    os.waitpid(info.pid, 0)


def test_output_of_the_engine_is_kept_and_bounded(
    make: Callable[..., EngineProcess], context: Context, clock: Clock, qtbot: QtBot
) -> None:
    output = context.desk.home / OUTPUT_NAME
    output.write_bytes(b"x" * 2_000_000)
    process = make("3")
    process.begin()
    reach(qtbot, process, Phase.PAUSING)
    assert output.read_text() == "the disk is on fire\n"
    assert output.with_name(OUTPUT_NAME + ".1").stat().st_size == 2_000_000
