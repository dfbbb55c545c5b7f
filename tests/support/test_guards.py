"""The guards can fail: each is given a test that deserves it, in a pytest of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

CONFTEST = """
from tests.support import leaks
from tests.support.homes import homes, own_home
from tests.support.leaks import no_leaks
from tests.support.network import network_guard, no_outside_world

leaks.PATIENCE = 0.3
"""


@pytest.fixture
def guarded(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test directory that the guards watch over."""
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    # No plugins but those that a test names: they cost more than these tests do.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(CONFTEST)
    return pytester


def run(guarded: pytest.Pytester, source: str) -> pytest.RunResult:
    guarded.makepyfile(source)
    return guarded.runpytest_subprocess("-p", "no:cacheprovider")


def test_a_leaked_thread_fails_its_test_and_not_the_next(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import threading

        def test_leaks():
            threading.Thread(target=threading.Event().wait, name="left", daemon=True).start()

        def test_next():
            assert True
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*the test left behind thread 'left'*"])
    result.stdout.fnmatch_lines(["ERROR *::test_leaks*"])


def test_a_leaked_process_fails_its_test_and_is_ended(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import subprocess, sys
        import psutil

        started = []

        def test_leaks():
            started.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1))

        def test_next():
            assert not psutil.pid_exists(started[0].pid)
            started[0].stdin.close()
            started[0].wait(10)
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*the test left behind process *input()*"])


def test_a_grandchild_counts(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import subprocess, sys

        SLEEPER = "subprocess.Popen(['sleep', '60'])"
        INNER = f"import subprocess; print({SLEEPER}.pid, flush=True); input()"

        def test_leaks():
            child = subprocess.Popen([sys.executable, "-c", INNER], stdin=-1, stdout=-1)
            assert child.stdout.readline()
            test_leaks.kept = child
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*left behind process *sleep 60*"])


def test_an_ended_child_that_nobody_waited_for_counts(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import os

        def test_leaks():
            if os.fork() == 0:
                os._exit(0)
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ended, but nobody waited for it*"])


def test_what_is_winding_down_is_given_a_moment(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import threading

        def test_winds_down():
            timer = threading.Timer(0.1, lambda: None)
            timer.start()
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_shared_fixture_may_keep_its_thread(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import threading
        import pytest

        @pytest.fixture(scope="module")
        def server():
            stop = threading.Event()
            thread = threading.Thread(target=stop.wait)
            thread.start()
            yield
            stop.set()
            thread.join()

        def test_one(server):
            pass

        def test_two(server):
            pass
        """,
    )
    result.assert_outcomes(passed=2)


def test_another_machine_fails_the_test_even_when_the_refusal_is_caught(
    guarded: pytest.Pytester,
) -> None:
    result = run(
        guarded,
        """
        import socket
        import pytest

        def connect(address):
            with socket.socket() as sock:
                sock.settimeout(0.1)
                try:
                    sock.connect(address)
                except Exception as error:
                    return type(error).__name__

        def test_address():
            assert connect(("192.0.2.1", 80)) == "OutsideWorld"

        def test_name():
            with pytest.raises(Exception, match="loopback"):
                socket.create_connection(("example.com", 80), timeout=0.1)

        def test_datagram():
            with socket.socket(type=socket.SOCK_DGRAM) as sock:
                with pytest.raises(Exception, match="loopback"):
                    sock.sendto(b"x", ("192.0.2.1", 53))

        def test_nothing_left_of_it():
            pass
        """,
    )
    result.assert_outcomes(passed=4, errors=3)
    result.stdout.fnmatch_lines(["*the test tried to reach 192.0.2.1*"])
    result.stdout.fnmatch_lines(["*the test tried to reach example.com*"])


def test_this_machine_may_be_reached(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import socket
        import pytest

        @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
        def test_loopback(host):
            with socket.create_server(("127.0.0.1", 0)) as server:
                with socket.create_connection((host, server.getsockname()[1]), timeout=5):
                    pass

        def test_unknown_names_are_unknown_without_asking_anybody():
            with pytest.raises(socket.gaierror):
                socket.create_connection(("nobody.invalid", 80), timeout=5)
        """,
    )
    result.assert_outcomes(passed=3)


def test_homes_are_apart_and_gone_afterwards(guarded: pytest.Pytester) -> None:
    result = run(
        guarded,
        """
        import os
        from pathlib import Path

        seen = []

        def test_one(own_home):
            assert os.environ["JOBDESK_HOME"] == str(own_home)
            assert not own_home.exists()
            own_home.mkdir()
            seen.append((own_home, Path.home()))

        def test_two(own_home):
            assert own_home != seen[0][0]
            assert Path.home() != seen[0][1]
            assert not seen[0][0].exists()
            assert not seen[0][1].exists()
        """,
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("warns", [True, False])
def test_a_warning_of_qt_fails_the_test(guarded: pytest.Pytester, warns: bool) -> None:
    guarded.makeini("[pytest]\nqt_api = pyside6\nqt_log_level_fail = WARNING")
    guarded.makepyfile(
        f"""
        from PySide6.QtCore import qDebug, qWarning

        def test_speaks():
            (qWarning if {warns} else qDebug)("something is off")
        """
    )
    result = guarded.runpytest_subprocess("-p", "pytestqt.plugin", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=int(warns), passed=int(not warns))


def test_all_of_it_holds_where_several_processes_share_the_tests(
    guarded: pytest.Pytester,
) -> None:
    guarded.makeini(
        """
        [pytest]
        qt_api = pyside6
        qt_log_level_fail = WARNING
        filterwarnings = error
        """
    )
    guarded.makepyfile(
        """
        import os, socket, subprocess, threading, warnings
        import pytest
        from PySide6.QtCore import qWarning

        def test_shared():
            assert os.environ["PYTEST_XDIST_WORKER"] == "gw0"

        def test_thread():
            threading.Thread(target=threading.Event().wait, daemon=True).start()

        def test_process():
            subprocess.Popen(["sleep", "60"]).returncode = 0

        def test_network():
            with socket.socket() as sock:
                try:
                    sock.connect(("192.0.2.1", 80))
                except Exception:
                    pass

        def test_qt():
            qWarning("something is off")

        def test_warning():
            warnings.warn("this is old", DeprecationWarning)

        @pytest.mark.timeout(0.5)
        def test_timeout():
            threading.Event().wait(60)
        """
    )
    plugins = ("xdist.plugin", "pytestqt.plugin", "pytest_timeout", "no:cacheprovider")
    named = [word for plugin in plugins for word in ("-p", plugin)]
    result = guarded.runpytest_subprocess("-n", "1", *named)
    result.assert_outcomes(passed=4, errors=3, failed=3)
    for what in (
        "the test left behind thread *",
        "the test left behind process *sleep 60*",
        "the test tried to reach 192.0.2.1*",
        "*Qt messages with level WARNING or above*",
        "E *DeprecationWarning: this is old*",
        "E *Timeout (>0.5s)*",
    ):
        result.stdout.fnmatch_lines([what])


def test_the_project_itself_fails_on_all_warnings(pytestconfig: pytest.Config) -> None:
    """Also in a process that shares the tests with others: it reads the same file."""
    assert pytestconfig.getini("qt_log_level_fail") == "WARNING"
    only_apprise = "ignore:.imghdr. is deprecated:DeprecationWarning"
    assert pytestconfig.getini("filterwarnings") == ["error", only_apprise]
    assert float(pytestconfig.getini("timeout")) > 0
