"""Bringing values to a shell line by variables, whichever quotes they stand in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from jobdesk.domain.references import OPENING, REFERENCE, fill_in

_COMMENT = re.compile(r"#[^\n]*")


class Shell(StrEnum):
    """Whose line it is."""

    POSIX = "posix"
    WINDOWS = "windows"

    def with_variables(self, line: str, variables: Mapping[str, str]) -> str:
        """The line with a variable in the place of each reference, by its name. Each stands
        for one word, or a part of one."""
        if self is Shell.WINDOWS:
            return fill_in(line, lambda found: f"%{variables[found['name']]}%")
        return _posix(line, variables)


def _posix(line: str, variables: Mapping[str, str]) -> str:
    """Walk through the line with a stack of what is open: POSIX 2.2, "Quoting".

    Between single quotes nothing is expanded, so they are closed around the variable. In
    a here-document quotes mean nothing; that is not looked for.
    """
    out: list[str] = []
    open_: list[str] = []
    at = 0
    while at < len(line):
        found = REFERENCE.match(line, at)
        inside = open_[-1] if open_ else ""
        if found and found["escaped"]:
            out.append(OPENING)
            at = found.end()
            continue
        if found:
            variable = f"${{{variables[found['name']]}}}"
            out.append({"'": f"'\"{variable}\"'", '"': variable}.get(inside, f'"{variable}"'))
            at = found.end()
            continue
        comment = _COMMENT.match(line, at) if inside in ("", ")") else None
        if comment and (at == 0 or line[at - 1] in " \t\n;&|("):
            out.append(comment[0])
            at = comment.end()
            continue
        step = 2 if inside != "'" and line[at] in "\\$" and at + 1 < len(line) else 1
        piece = line[at : at + step]
        if step == 2 and piece != "$(" and piece[0] == "$":
            piece = "$"
        _note(piece, inside, open_)
        out.append(piece)
        at += len(piece)
    return "".join(out)


def _note(piece: str, inside: str, open_: list[str]) -> None:
    """What opens or closes with this piece of the line."""
    if inside == "'":
        if piece == "'":
            open_.pop()
    elif piece == '"':
        open_.pop() if inside == '"' else open_.append('"')
    elif piece == "$(" or (piece == "(" and inside != '"'):
        open_.append(")")
    elif piece == "'" and inside != '"':
        open_.append("'")
    elif piece == ")" and inside == ")":
        open_.pop()
