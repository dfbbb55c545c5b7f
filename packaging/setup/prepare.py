"""The set-up behind `make setup`: system libraries, a virtual environment, the dependencies.

Standard library only. Run it with the Python that the environment is to be made of;
with ``--libraries`` it only looks after the system libraries, with ``--bench`` it adds what
the benchmarks need to an environment that is there. This file must be readable for older
Pythons, so that they are refused with a sentence.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

MINIMUM = (3, 11)
CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / ".ready"
LOG = VENV / "setup.log"
BENCH_STAMP = VENV / ".bench"
LOG_LINES_SHOWN = 30
# What the benchmarks start on loopback: each program, and the package that brings it.
SERVERS = {
    "redis-server": {"apt-get": "redis-server", "dnf": "redis", "pacman": "redis"},
    "nginx": {"apt-get": "nginx-light", "dnf": "nginx", "pacman": "nginx"},
}


def main(arguments: "list[str]") -> int:
    if sys.version_info < MINIMUM:
        return refuse_version()
    # Only now: an older Python could not even read that file.
    import system_libraries

    complete = system_libraries.ensure()
    if arguments == ["--libraries"]:
        return 0
    if arguments == ["--bench"]:
        return 0 if install_bench() else 1
    if is_ready():
        say("ready")
        return 0
    if not make_venv():
        return 1
    if not install_dependencies():
        return 1
    if complete:
        # Without Qt's libraries there is no stamp, so that the next call looks again.
        STAMP.write_text(str(CHECKOUT), encoding="utf-8")
    return 0


def refuse_version() -> int:
    say(
        "JobDesk needs Python 3.11 or newer, and {} is {}.{}.".format(
            sys.executable, *sys.version_info[:2]
        )
    )
    say("Name another one like this:  make setup PYTHON=python3.12")
    return 1


def say(text: str) -> None:
    print("setup:", text, flush=True)


def is_ready() -> bool:
    """Whether an earlier set-up, of this very folder, is newer than what it was made from."""
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != str(CHECKOUT):
        return False
    sources = [CHECKOUT / "pyproject.toml", CHECKOUT / "constraints.txt", Path(__file__)]
    newest = max(source.stat().st_mtime for source in sources)
    return newest < STAMP.stat().st_mtime and venv_works()


def make_venv() -> bool:
    """Make ``.venv``, or make it anew where its Python no longer runs or is another version."""
    if venv_works():
        return True
    if VENV.exists():
        say("the environment in .venv is from another Python; making it anew")
        shutil.rmtree(VENV)
    if not ensure_venv_module():
        return False
    say(f"making .venv with Python {sys.version.split()[0]}")
    # In a process of its own: when ensurepip has just been installed, this one may not see it.
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        say("making the environment failed; the error is above.")
    return made.returncode == 0


def venv_works() -> bool:
    if not PYTHON.exists():
        return False
    code = "import sys, pip; print(*sys.version_info[:2])"
    asked = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False)
    version = " ".join(map(str, sys.version_info[:2]))
    return asked.returncode == 0 and asked.stdout.strip() == version


def ensure_venv_module() -> bool:
    """Debian keeps a part of the standard library in a package of its own."""
    if can_make_venvs():
        return True
    import system_libraries

    package = "python{}.{}-venv".format(*sys.version_info[:2])
    say(f"this Python can't make virtual environments: {package} is missing")
    if shutil.which("apt-get") and sys.executable.startswith("/usr/bin/"):
        if not system_libraries.install("apt-get", [package]):
            return False
        if can_make_venvs():
            return True
    say("install Python's modules venv and ensurepip, or name another Python:")
    say("    make setup PYTHON=/path/to/python3")
    return False


def can_make_venvs() -> bool:
    asked = subprocess.run(
        [sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False
    )
    return asked.returncode == 0


def install_dependencies() -> bool:
    """Install JobDesk in place and what it needs, at the versions in ``constraints.txt``."""
    say("installing the dependencies (a minute the first time; log: .venv/setup.log)")
    STAMP.unlink(missing_ok=True)
    return pip_install(["-c", "constraints.txt", "-e", ".[dev]"])


def install_bench() -> bool:
    """Add the extra ``bench``; the suite and the program do without it."""
    say("installing what the benchmarks compare with (log: .venv/setup.log)")
    constraints = ["-c", "constraints.txt", "-c", "constraints-bench.txt"]
    done = pip_install([*constraints, "-e", ".[dev,bench]"])
    if done:
        BENCH_STAMP.touch()
        install_servers()
    return done


def install_servers() -> None:
    """What some figures are measured beside. Without it they are left out, and say so."""
    import system_libraries

    places = os.environ.get("PATH", os.defpath) + ":/usr/sbin"
    absent = [name for name in SERVERS if shutil.which(name, path=places) is None]
    manager = system_libraries.package_manager()
    if absent and manager is not None:
        system_libraries.install(manager, [SERVERS[name][manager] for name in absent])
    for name in absent:
        if shutil.which(name, path=places) is None:
            say(f"without {name} some figures are left out")


def pip_install(arguments: "list[str]") -> bool:
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", *arguments]
    with LOG.open("wb") as log:
        done = subprocess.run(
            command, cwd=CHECKOUT, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode == 0:
        say("ready")
        return True
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    sys.stderr.write("\n".join(lines[-LOG_LINES_SHOWN:]) + "\n")
    say("installing the dependencies failed; the end of pip's log is above.")
    say("If the network was away, the same make command goes on where this one stopped.")
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
