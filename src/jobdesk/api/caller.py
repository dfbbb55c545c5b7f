"""Who calls: the desk, the token, and what it may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from jobdesk.api.refusals import Forbidden
from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.run import Run
from jobdesk.domain.token import Token


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _token(request: Request) -> Token:
    token: Token = request.state.token
    return token


TheDesk = Annotated[Desk, Depends(_desk)]
Caller = Annotated[Token, Depends(_token)]


def check_may_run(token: Token, *what: ScriptAction | HttpAction | Run) -> None:
    """Refuse a token without the right to run scripts whatever would start one: to push,
    to replay and to wake it are one and the same here."""
    if token.allow_scripts:
        return
    for one in what:
        action = one
        if isinstance(one, Run):
            try:
                action = one.action
            except ValueError:
                continue  # it can't be read, so it starts nothing
        if isinstance(action, ScriptAction):
            raise Forbidden("this token may not run scripts")
