"""JobDesk: background jobs on the workstation.

The public Python API. Names are loaded when they are first used, so that importing a
part of JobDesk pulls in nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from jobdesk.desk import Desk
    from jobdesk.domain.action import HttpAction, ScriptAction
    from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, ListBackoff, RetryPolicy
    from jobdesk.domain.trigger import At, Cron, Every

__all__ = [
    "At",
    "Cron",
    "Desk",
    "Every",
    "ExponentialBackoff",
    "FixedBackoff",
    "HttpAction",
    "ListBackoff",
    "RetryPolicy",
    "ScriptAction",
    "__version__",
]

_HOMES = {
    "Desk": "jobdesk.desk",
    "HttpAction": "jobdesk.domain.action",
    "ScriptAction": "jobdesk.domain.action",
    "RetryPolicy": "jobdesk.domain.retry",
    "ExponentialBackoff": "jobdesk.domain.retry",
    "FixedBackoff": "jobdesk.domain.retry",
    "ListBackoff": "jobdesk.domain.retry",
    "At": "jobdesk.domain.trigger",
    "Cron": "jobdesk.domain.trigger",
    "Every": "jobdesk.domain.trigger",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
