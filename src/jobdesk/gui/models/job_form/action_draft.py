"""What a job does, as the form holds it: texts, whether or not they can be accepted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import InvalidInput
from jobdesk.gui.models.job_form.command_text import join_command, split_command
from jobdesk.gui.models.job_form.field_problems import Problems, refused

Pairs = tuple[tuple[str, str], ...]
"""Rows of a table of names and values, in order; they may be half filled in."""


class Kind(StrEnum):
    SCRIPT = "script"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class ActionDraft:
    """Both kinds of action side by side, so that looking at the other one loses nothing.

    ``command`` is a program with arguments as one text, ``shell`` a line for the shell;
    ``body`` None and "" differ: without a body, and with an empty one.
    """

    kind: Kind = Kind.SCRIPT
    through_shell: bool = False
    command: str = ""
    shell: str = ""
    cwd: str = ""
    env: Pairs = ()
    method: str = "GET"
    url: str = ""
    headers: Pairs = ()
    body: str | None = None

    @classmethod
    def of(cls, action: ScriptAction | HttpAction) -> ActionDraft:
        if isinstance(action, HttpAction):
            return cls(
                kind=Kind.HTTP,
                method=action.method,
                url=action.url,
                headers=tuple(action.headers.items()),
                body=action.body,
            )
        return cls(
            through_shell=action.shell is not None,
            command=join_command(action.command or ()),
            shell=action.shell or "",
            cwd=action.cwd or "",
            env=tuple(action.env.items()),
        )

    def action(self) -> ScriptAction | HttpAction:
        """The action; :class:`InvalidInput` for what can't be one."""
        if self.kind is Kind.HTTP:
            return HttpAction(
                self.method,
                self.url.strip(),
                headers=_as_dict(self.headers, "header", fold=True),
                body=self.body,
            )
        cwd, env = self.cwd.strip() or None, _as_dict(self.env, "env")
        if self.through_shell:
            return ScriptAction(shell=self.shell, cwd=cwd, env=env)
        return ScriptAction(split_command(self.command), cwd=cwd, env=env)

    def problems(self) -> Problems:
        """What is wrong, under: command, shell, cwd, env; method, url, headers, body."""
        if self.kind is Kind.HTTP:
            found = refused(lambda: _as_dict(self.headers, "header", fold=True))
            found |= refused(lambda: HttpAction(self.method, self.url.strip(), body=self.body))
            if "header" not in found:
                headers = dict(_filled(self.headers))
                found |= refused(lambda: HttpAction("GET", "http://a", headers=headers))
            return {"headers" if name == "header" else name: s for name, s in found.items()}
        found = refused(lambda: _as_dict(self.env, "env"))
        found |= refused(lambda: ScriptAction(shell="true", cwd=self.cwd.strip() or None))
        if "env" not in found:
            found |= refused(lambda: ScriptAction(shell="true", env=dict(_filled(self.env))))
        return {**refused(self._line), **found} or refused(self.action)

    def _line(self) -> ScriptAction:
        """The line itself, without what stands around it."""
        if self.through_shell:
            return ScriptAction(shell=self.shell)
        return ScriptAction(split_command(self.command))


def _filled(pairs: Pairs) -> Pairs:
    return tuple(pair for pair in pairs if any(pair))


def _as_dict(pairs: Pairs, field: str, *, fold: bool = False) -> dict[str, str]:
    """The rows that are filled in; a name that comes twice is refused."""
    filled = _filled(pairs)
    names = Counter(name.casefold() if fold else name for name, _ in filled)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise InvalidInput(field, twice[0], f"each name once; {twice[0]} is there twice")
    return dict(filled)
