"""What can go wrong that a person should read about.

Every error here becomes one clear sentence on the command line and in the window, and
one exit code. Anything else that escapes is a defect of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN = 80
"""How much of a bad value a message repeats, in characters."""


def show(value: object) -> str:
    """A value as a message repeats it: quoted, and cut when it is long."""
    if isinstance(value, int) and abs(value) >= 10**_SHOWN:
        return f"a number of more than {_SHOWN} digits"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    text = value if isinstance(value, str) else str(value)
    if len(text) > _SHOWN:
        return f"{text[:_SHOWN]!r}… ({len(text):,} characters)"
    return repr(text)


class JobDeskError(Exception):
    """The base of everything that JobDesk says no with."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad field: its name, the value that was given, and what would be accepted."""

    field: str
    value: object
    expected: str

    def __str__(self) -> str:
        return f"{self.field}: {show(self.value)} is not accepted; expected {self.expected}"


class InvalidInput(JobDeskError, ValueError):
    """Input that can't be accepted; ``problems`` names every bad field.

    A ``ValueError``, so that pydantic gathers those that its validators raise.
    """

    exit_code = 2

    def __init__(self, field: str, value: object, expected: str, *more: Problem) -> None:
        self.problems: tuple[Problem, ...] = (Problem(field, value, expected), *more)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def of(cls, problems: list[Problem]) -> InvalidInput:
        first, *more = problems
        return cls(first.field, first.value, first.expected, *more)


class NotAllowed(JobDeskError):
    """A command that the state of a run, job or queue does not allow."""

    exit_code = 2


class NotFound(JobDeskError):
    """No such run, job or queue."""

    exit_code = 3

    def __init__(self, kind: str, name: object) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"no such {kind}: {show(name)}")


class Unavailable(JobDeskError):
    """The database or the engine can't be used; the message says why and what helps."""

    exit_code = 4


class Conflict(JobDeskError):
    """A key that was used before, for something else."""

    exit_code = 2
