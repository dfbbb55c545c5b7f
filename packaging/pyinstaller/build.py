"""Builds the bundle into ``dist/jobdesk`` and tries it out: what `make bundle` runs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]


def main() -> int:
    if importlib.util.find_spec("PyInstaller") is None:
        print("bundle: installing PyInstaller", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run([*pip, "-c", "constraints.txt", "-e", ".[bundle]"])
    print("bundle: building dist/jobdesk", flush=True)
    build = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    run([*build, str(HERE / "jobdesk.spec")])
    run([sys.executable, str(HERE / "smoke.py"), str(CHECKOUT / "dist" / "jobdesk")])
    return 0


def run(command: list[str]) -> None:
    subprocess.run(command, cwd=CHECKOUT, check=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"bundle: failed with exit code {error.returncode}; the error is above")
