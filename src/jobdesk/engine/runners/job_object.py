"""Windows: a Job Object holds what a script starts, as a session does elsewhere.

Everything that a process of the job starts belongs to the job, whatever becomes of its
parents, unless it asks to break away (``CREATE_BREAKAWAY_FROM_JOB``), which we allow: it
is what ``setsid`` is elsewhere. The job is closed, and with it all that is in it, when
the last handle goes: at the end of an attempt, and when the engine dies.

Source: Microsoft, "Job Objects" and "Nested Jobs", learn.microsoft.com/windows/win32.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from ctypes import wintypes

import psutil

from jobdesk.engine.runners.process_tree import GIVE_UP, Pause, Say

CREATE_SUSPENDED = 0x0000_0004
CREATE_NEW_PROCESS_GROUP = 0x0000_0200
CREATE_NO_WINDOW = 0x0800_0000
CREATION_FLAGS = CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW
"""Suspended, so that nothing is started before the process is in its job."""

_BASIC_ACCOUNTING = 1
_EXTENDED_LIMIT = 9
_LIMIT_BREAKAWAY_OK = 0x0800
_LIMIT_KILL_ON_JOB_CLOSE = 0x2000
_EXIT_CODE = 1


class _BasicLimit(ctypes.Structure):
    _fields_ = [
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", wintypes.DWORD),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", wintypes.DWORD),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", wintypes.DWORD),
        ("SchedulingClass", wintypes.DWORD),
    ]


class _ExtendedLimit(ctypes.Structure):
    _fields_ = [
        ("BasicLimitInformation", _BasicLimit),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    ]


class _Accounting(ctypes.Structure):
    _fields_ = [
        ("TotalUserTime", ctypes.c_int64),
        ("TotalKernelTime", ctypes.c_int64),
        ("ThisPeriodTotalUserTime", ctypes.c_int64),
        ("ThisPeriodTotalKernelTime", ctypes.c_int64),
        ("TotalPageFaultCount", wintypes.DWORD),
        ("TotalProcesses", wintypes.DWORD),
        ("ActiveProcesses", wintypes.DWORD),
        ("TotalTerminatedProcesses", wintypes.DWORD),
    ]


if sys.platform == "win32":

    class JobTree:
        """The job of one attempt; the script was created with :data:`CREATION_FLAGS`."""

        def __init__(self, process: subprocess.Popen[bytes]) -> None:
            """Takes the suspended process in and lets it go on. Raises ``OSError``."""
            self._process = process
            self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
            self._job = wintypes.HANDLE(self._kernel.CreateJobObjectW(None, None))
            limits = _ExtendedLimit()
            limits.BasicLimitInformation.LimitFlags = _LIMIT_KILL_ON_JOB_CLOSE | _LIMIT_BREAKAWAY_OK
            handle = wintypes.HANDLE(int(process._handle))  # type: ignore[attr-defined]
            if not (
                self._job
                and self._kernel.SetInformationJobObject(
                    self._job, _EXTENDED_LIMIT, ctypes.byref(limits), ctypes.sizeof(limits)
                )
                and self._kernel.AssignProcessToJobObject(self._job, handle)
            ):
                raise ctypes.WinError(ctypes.get_last_error())
            psutil.Process(process.pid).resume()

        def end_all(self, grace: float, wait: Pause, say: Say) -> list[psutil.Process]:
            """Ctrl+Break, ``grace`` seconds, then the end of the job."""
            if self._process.returncode is None:
                try:
                    self._process.send_signal(signal.CTRL_BREAK_EVENT)
                    say("sent Ctrl+Break")
                except OSError:
                    grace = 0.0  # no console in common: nobody would hear it
            self._wait_empty(grace, wait)
            if self._active():
                self._kernel.TerminateJobObject(self._job, _EXIT_CODE)
                say("ended all processes of the job")
                self._wait_empty(GIVE_UP, wait)
            return []

        def lingers(self) -> bool:
            """Whether the script left something in its job."""
            return self._active() > 0

        def end_rest(self, grace: float, wait: Pause, say: Say) -> list[psutil.Process]:
            """End what the script left in its job; no signal reaches it any more."""
            return self.end_all(0.0, wait, say) if self._active() else []

        def close(self) -> None:
            self._kernel.CloseHandle(self._job)

        def _wait_empty(self, seconds: float, wait: Pause) -> None:
            deadline = time.monotonic() + seconds
            while self._active() and time.monotonic() < deadline:
                wait(0.02)

        def _active(self) -> int:
            counts = _Accounting()
            self._kernel.QueryInformationJobObject(
                self._job, _BASIC_ACCOUNTING, ctypes.byref(counts), ctypes.sizeof(counts), None
            )
            return int(counts.ActiveProcesses)
