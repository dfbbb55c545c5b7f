"""What makes a run a success, beyond "it answered 2xx" or "it exited with 0"."""

from jobdesk.domain.assertions.facts import Finding, ResponseFacts, ScriptFacts
from jobdesk.domain.assertions.kinds import (
    ASSERTIONS,
    HTTP_KINDS,
    MOST,
    SCRIPT_KINDS,
    AnyAssertion,
    Assertion,
    check_assertions,
    fitting,
    parse_assertions,
)

__all__ = [
    "ASSERTIONS",
    "HTTP_KINDS",
    "MOST",
    "SCRIPT_KINDS",
    "AnyAssertion",
    "Assertion",
    "Finding",
    "ResponseFacts",
    "ScriptFacts",
    "check_assertions",
    "fitting",
    "parse_assertions",
]
