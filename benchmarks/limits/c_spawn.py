"""A loop in C over ``posix_spawn``, compiled where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.harness import Missing

_SOURCE = Path(__file__).with_name("spawn.c")


class SpawnLoop:
    """The compiled loop; compiled on its first use, into ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._program = folder / "spawn"

    def run(self, count: int, threads: int) -> float:
        """Seconds for ``count`` times ``/bin/true``. Raises :class:`Missing`."""
        if not self._program.exists():
            self._compile()
        command = [self._program, str(count), str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(done.stdout)

    def _compile(self) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            raise Missing("there is no C compiler (Debian: gcc)")
        command = [compiler, "-O2", "-pthread", "-o", self._program, _SOURCE]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise Missing(f"the C loop could not be compiled: {made.stderr.splitlines()[0]}")
