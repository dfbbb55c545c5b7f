"""The runner's own fixtures: a shell line as an attempt in a thread."""

from tests.engine.runners.conftest import children, runner, start

__all__ = ["children", "runner", "start"]
