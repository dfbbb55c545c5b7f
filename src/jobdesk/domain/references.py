"""``${secret:NAME}`` in a text: which names are there, and what stands in their place.

``$${secret:`` is no reference but the text ``${secret:``; :func:`literal` writes it so.
What may be written where is decided in :mod:`jobdesk.domain.action`; what a whole action
needs, and what it becomes, in :mod:`jobdesk.domain.secret`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jobdesk.domain.errors import InvalidInput

OPENING = "${secret:"
"""Where a text has none of this, it has no references, and nothing else need be asked."""
NAME_FORM = "a letter or underscore, then up to 127 letters, digits, dots, dashes, underscores"
REFERENCE_FORM = f"${{secret:NAME}} where NAME is {NAME_FORM}"
RESERVED = "signing."
"""What JobDesk's own names in the vault begin with."""
CHANNEL = "channel:"
"""And those of the addresses of channels: no name of a secret has a colon."""
MIN_SECRET = 4
"""Characters. What is shorter would be found everywhere in an output and shred it."""
MAX_SECRET = 65_536
"""Bytes: what fits into a variable together with others."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
REFERENCE = re.compile(r"(?P<escaped>\$\$\{secret:)|\$\{secret:(?P<name>" + _NAME.pattern + r")\}")
"""A reference by ``name``, or what only looks like the beginning of one."""
# To a shell, ${secret:-x} is its own variable `secret`, and what to do without it.
_OF_THE_SHELL = re.compile(r"\$\{secret:[-=+?]")


def check_secret_name(value: Any, field: str = "name") -> str:
    """A name that people may give a secret."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidInput(field, value, NAME_FORM)
    if value.startswith(RESERVED):
        raise InvalidInput(field, value, f"a name that doesn't begin with {RESERVED!r}")
    return value


def check_secret_value(value: Any, field: str = "value") -> str:
    """A secret that can be used and masked. A refusal never repeats it."""
    if not isinstance(value, str) or not value:
        raise InvalidInput(field, "", "a secret that is not empty")
    hidden = hide(value)
    if len(value.strip()) < MIN_SECRET:
        expected = f"at least {MIN_SECRET} characters: what is shorter can't be masked in output"
        raise InvalidInput(field, hidden, expected)
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInput(field, hidden, "text that is valid Unicode") from None
    if size > MAX_SECRET:
        raise InvalidInput(field, hidden, f"at most {MAX_SECRET:,} bytes")
    if "\0" in value:
        raise InvalidInput(field, hidden, "text without NUL characters")
    return value


def hide(value: str) -> str:
    """What a refusal says in the place of a value."""
    return "1 character" if len(value) == 1 else f"{len(value):,} characters"


def check_references(field: str, text: str, *, for_a_shell: bool = False) -> None:
    """Refuse what begins like a reference and is none. ``for_a_shell``: what the shell
    itself makes sense of is left to it."""
    if OPENING not in text:
        return
    rest = REFERENCE.sub("", text)
    if for_a_shell:
        rest = _OF_THE_SHELL.sub("", rest)
    at = rest.find(OPENING)
    if at >= 0:
        raise InvalidInput(field, rest[at : at + 60], REFERENCE_FORM)
    for name in names(text):
        check_secret_name(name, field)


def refuse_references(field: str, text: str) -> None:
    """For what is looked at long before the attempt, or shown everywhere."""
    if OPENING in text:
        raise InvalidInput(field, text, "no secret here: use a variable or an argument")


def names(text: str) -> list[str]:
    """The names that a text refers to, each once, in order."""
    if OPENING not in text:
        return []
    return list(dict.fromkeys(found["name"] for found in REFERENCE.finditer(text) if found["name"]))


def literal(text: str) -> str:
    """The text so that nothing in it is a reference: for what others wrote."""
    return text.replace(OPENING, f"${OPENING}")


def fill_in(text: str, value: Callable[[re.Match[str]], str]) -> str:
    """The text with what ``value`` says of each reference in its place."""
    if OPENING not in text:
        return text
    return REFERENCE.sub(lambda found: OPENING if found["escaped"] else value(found), text)
