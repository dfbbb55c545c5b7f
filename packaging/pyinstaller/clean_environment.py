"""Runs first in the bundle: what the bundle needs for itself is not handed to the jobs.

PyInstaller's loader lets LD_LIBRARY_PATH (on AIX: LIBPATH) point into the bundle. This
process has read it already; a script of a job must not load its libraries from here.
"""

import os


def _clean() -> None:
    for name in ("LD_LIBRARY_PATH", "LIBPATH"):
        original = os.environ.pop(f"{name}_ORIG", None)
        if original is not None:
            os.environ[name] = original
        else:
            os.environ.pop(name, None)
    for name in [name for name in os.environ if name.startswith("_PYI_")]:
        del os.environ[name]


_clean()
