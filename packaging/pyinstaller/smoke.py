"""Tries out a bundle: ``smoke.py FOLDER``. Exit 0 if it starts, runs a job and shows a window.

It works in a home of its own, with an environment that has no Python of ours in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil

TIMEOUT = 120.0
"""Seconds for one command; the first start of a bundle reads everything from the disk."""
WINDOW_SECONDS = 8.0
"""A window that lived this long has built itself."""

LINE = (
    "echo bundled %LD_LIBRARY_PATH%"
    if os.name == "nt"
    else 'echo "bundled ${LD_LIBRARY_PATH:-clean}"'
)


class Failed(Exception):
    """What the bundle did wrong."""


class Bundle:
    """The program in ``folder``, on the home ``home``."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.program = folder / ("jobdesk.exe" if os.name == "nt" else "jobdesk")
        if not self.program.is_file():
            raise Failed(f"there is no {self.program}")
        self.home = home
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "VIRTUAL_ENV", "JOBDESK_", "LD_"))
        }
        self.environment |= {"JOBDESK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
        self.environment |= {"JOBDESK_VAULT": "file", "JOBDESK_VAULT_KEY": f"{home}.key"}

    def call(self, *arguments: str) -> str:
        """The standard output of a command that must succeed."""
        done = subprocess.run(
            [str(self.program), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise Failed(f"jobdesk {' '.join(arguments)}: exit {done.returncode}\n{said}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.call(*arguments, "--json"))

    def check_help(self) -> None:
        if "serve" not in self.call("--help"):
            raise Failed("--help does not name `serve`")

    def check_a_job(self) -> None:
        """A script is pushed, run by the bundle's own engine, and its log read."""
        run = str(self.json("push", "--retries", "0", "--shell", LINE)["id"])
        self.call("serve", "--until-idle")
        state = self.json("show", run)["state"]
        log = self.call("log", run, "--stream", "stdout").strip()
        if state != "succeeded" or not log.startswith("bundled"):
            raise Failed(f"the job ended as {state} and wrote {log!r}")
        if os.name != "nt" and log != "bundled clean":
            raise Failed(f"the job inherited the bundle's libraries: {log!r}")

    def check_time(self) -> None:
        """Zones and cron come from the bundle's own data."""
        zone = "America/St_Johns"
        times = self.json("next", "30 2 * * 1-5", "--tz", zone, "-n", "3")
        if len(times) != 3 or not times[0].endswith(("-03:30", "-02:30")):
            raise Failed(f"`next` in {zone} says {times}")

    def check_a_channel(self) -> None:
        """The services that alerts are sent over are loaded by name."""
        made = self.json("channel", "add", "hook", "json://127.0.0.1:9/hook")
        if not str(made.get("address")).startswith("json://"):
            raise Failed(f"`channel add` says {made}")

    def check_the_window(self) -> None:
        """The window builds itself and stays up, without a word on standard error."""
        window = subprocess.Popen(
            [str(self.program)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, errors = window.communicate(timeout=WINDOW_SECONDS)
        except subprocess.TimeoutExpired:
            window.terminate()
            _, errors = window.communicate(timeout=TIMEOUT)
        else:
            raise Failed(f"the window ended by itself, exit {window.returncode}\n{errors}")
        if "Traceback" in errors or "Error" in errors:
            raise Failed(f"the window complained:\n{errors}")

    def stop_what_is_left(self) -> None:
        """End the engine that the window started; it outlives a window that was ended."""
        left = [process for process in psutil.process_iter() if self.is_ours(process)]
        for process in left:
            process.terminate()
        _, stubborn = psutil.wait_procs(left, timeout=30)
        for process in stubborn:
            process.kill()
        psutil.wait_procs(stubborn, timeout=30)

    def is_ours(self, process: psutil.Process) -> bool:
        try:
            return Path(process.exe()) == self.program.resolve() and process.environ().get(
                "JOBDESK_HOME"
            ) == str(self.home)
        except (psutil.Error, OSError):
            return False  # another user's, or gone


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory(prefix="jd-") as folder:
        try:
            bundle = Bundle(Path(arguments[0]).resolve(), Path(folder) / "home")
            try:
                for check in (
                    bundle.check_help,
                    bundle.check_a_job,
                    bundle.check_time,
                    bundle.check_a_channel,
                    bundle.check_the_window,
                ):
                    check()
                    print("smoke:", check.__name__.removeprefix("check_").replace("_", " "), "ok")
            finally:
                bundle.stop_what_is_left()
        except (Failed, subprocess.TimeoutExpired) as error:
            print(f"smoke: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
