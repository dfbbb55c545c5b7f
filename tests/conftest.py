"""What holds for every test; see ``tests/support`` for each of the guards."""

from __future__ import annotations

import os
import signal

# Before anything imports Qt. A window that shall be seen is asked for by name.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from hypothesis import settings

from tests.support.homes import homes, own_home
from tests.support.leaks import no_leaks
from tests.support.network import network_guard, no_outside_world
from tests.support.subreaper import no_subreaper

__all__ = ["homes", "network_guard", "no_leaks", "no_outside_world", "no_subreaper", "own_home"]

# A busy machine is no bug, so no deadlines. In CI a failure must be the same tomorrow.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Under nohup, and in the background of a script, these are ignored, and would be by each
# process that a test starts and then wants to end.
for _name, _usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)
