"""Warnings about an action that was accepted and could not run as things are now."""

from __future__ import annotations

from jobdesk.cli.output import say
from jobdesk.cli.session import Session
from jobdesk.desk.placing import missing
from jobdesk.domain.action import HttpAction, ScriptAction


def warn(session: Session, action: ScriptAction | HttpAction) -> None:
    """Say what the action needs and does not find; it may be there by the time it runs."""
    warning = missing(action)
    if warning:
        say(f"warning: {warning}")
    for name in session.desk.secrets.missing(action):
        say(f"warning: the secret {name} is not set; `jobdesk secret set {name}` sets it")
