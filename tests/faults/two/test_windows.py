"""A real window beside a real engine of somebody else's."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from jobdesk import Desk
from jobdesk.gui.instance import SingleInstance
from tests.support.command import PATIENCE, serving, start


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_window_attaches_to_the_engine_of_the_terminal_and_leaves_it(own_home: Path) -> None:
    with serving(own_home) as engine, Desk.open(own_home) as desk:
        window = start(own_home)
        try:
            assert SingleInstance(own_home).raise_other()
        finally:
            window.send_signal(signal.SIGTERM)
            window.communicate(timeout=PATIENCE)
        assert window.returncode == 0
        info = desk.engine()
        assert info is not None
        assert (info.pid, info.origin) == (engine.pid, "terminal")
        assert engine.poll() is None
