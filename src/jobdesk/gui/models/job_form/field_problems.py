"""What stands beside a field of a form when its content can't be accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobdesk.domain.errors import InvalidInput, Problem

Problems = dict[str, str]
"""Field of the form to a short sentence that says what would be accepted."""


def sentence(problem: Problem) -> str:
    """What to say beside the field, where its name and its value are seen anyway."""
    blank = isinstance(problem.value, str) and not problem.value.strip()
    wanted = problem.expected
    # An empty field needs no telling that it is empty.
    words = f"enter {wanted.removesuffix(' that is not empty')}" if blank else f"expected {wanted}"
    part = problem.field.partition(" ")[2]
    return f"{part}: {words}" if part else words[:1].upper() + words[1:]


def refused(check: Callable[[], Any], field: str | None = None) -> Problems:
    """The problems of what ``check`` builds; all under ``field`` where one is given.

    A field of the domain such as ``env PATH`` is the field ``env`` of the form.
    """
    try:
        check()
    except InvalidInput as error:
        return problems_of(error, field)
    return {}


def problems_of(error: InvalidInput, field: str | None = None) -> Problems:
    """The first problem of each field that ``error`` names."""
    found: Problems = {}
    for problem in error.problems:
        found.setdefault(field or problem.field.partition(" ")[0], sentence(problem))
    return found
