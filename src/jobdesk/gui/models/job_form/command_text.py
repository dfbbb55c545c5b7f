"""A program and its arguments as one text, and back.

Quotes work as in a POSIX shell; nothing else does: no variables, no wildcards, no
comments. On Windows a backslash is a plain character, since paths are full of them.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence

from jobdesk.domain.errors import InvalidInput

_WINDOWS = os.name == "nt"


def split_command(text: str, *, windows: bool = _WINDOWS) -> list[str]:
    """The words of ``text``; :class:`InvalidInput` for a quote that is never closed."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if windows:
        lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        raise InvalidInput("command", text, "a closing quotation mark as well") from None


def join_command(words: Sequence[str], *, windows: bool = _WINDOWS) -> str:
    """The text that :func:`split_command` reads as these words."""
    return " ".join(_quoted(word, windows) for word in words)


def _quoted(word: str, windows: bool) -> str:
    if windows and '"' not in word:
        return word if re.fullmatch(r"[^\s'\"]+", word) else f'"{word}"'
    return shlex.quote(word)
