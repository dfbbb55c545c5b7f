"""What machine this is, for whoever reads the figures."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from importlib import metadata
from pathlib import Path

import psutil

_IN_MEMORY = ("tmpfs", "ramfs")
_PEERS = ("huey", "APScheduler", "dramatiq", "celery", "requests", "SQLAlchemy")


def disk_folder() -> Path:
    """A folder for temporary files that is on a disk, not in memory."""
    checkout = Path(__file__).resolve().parents[1] / "build"
    for folder in (Path(tempfile.gettempdir()), Path("/var/tmp"), checkout):
        if folder == checkout:
            folder.mkdir(exist_ok=True)
        if folder.is_dir() and os.access(folder, os.W_OK) and file_system(folder) not in _IN_MEMORY:
            return folder
    raise SystemExit("benchmarks: every folder for temporary files is in memory; set TMPDIR")


def file_system(folder: Path) -> str:
    """The type of the file system that a folder is on."""
    found, longest = "unknown", -1
    for part in psutil.disk_partitions(all=True):
        mount = Path(part.mountpoint)
        if folder.resolve().is_relative_to(mount) and len(mount.parts) > longest:
            found, longest = part.fstype, len(mount.parts)
    return found


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def describe() -> dict[str, str]:
    """Names and values, in the order they are shown."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "Processor": f"{cpu_model()}, {os.cpu_count()} cores",
        "Memory": f"{psutil.virtual_memory().total / 2**30:.0f} GB",
        "System": f"{platform.system()} {platform.release()}",
        "File system": file_system(disk_folder()),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "Libraries": ", ".join(_versions()),
        "Load when the run began": f"{load:.2f}",
    }


def _versions() -> list[str]:
    found = []
    for name in _PEERS:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found
