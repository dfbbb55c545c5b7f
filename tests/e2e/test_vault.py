"""A session whose message bus accepts, and never answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import PATIENCE, environment


@pytest.mark.skipif(sys.platform != "linux", reason="the keyring of Linux is asked over D-Bus")
def test_a_bus_that_hangs_hangs_nobody(own_home: Path) -> None:
    place = own_home.parent / "run" / "bus"
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(place))
        bus.listen()
        env = environment(own_home, {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={place}"})
        del env["JOBDESK_VAULT"]
        done = subprocess.run(
            [sys.executable, "-m", "jobdesk", "secret", "set", "KEY"],
            input=b"hunter22\n", env=env, capture_output=True, timeout=PATIENCE, check=True,
        )  # fmt: skip
        bus.settimeout(0.1)
        asked, _ = bus.accept()
        asked.close()
    assert b"in the encrypted file" in done.stderr
