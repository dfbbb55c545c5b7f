"""What holds for a run, and who said so: a push or a job, else its queue, else the default."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import SerializerFunctionWrapHandler, field_serializer, field_validator

from jobdesk.domain.assertions import AnyAssertion, Assertion, fitting, parse_assertions
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.timeout import NO_LIMIT, check_timeout
from jobdesk.domain.values import Value


class Source(StrEnum):
    """Who said what a value is."""

    PUSH = "push"
    JOB = "job"
    QUEUE = "queue"
    DEFAULT = "default"


class Terms(Value):
    """What a push, a job or a queue says about how runs are carried out; None where it
    says nothing.

    ``timeout`` is in seconds, :data:`NO_LIMIT` ("none" in JSON) for no limit at all. Of
    ``retry`` only what was given counts: ``RetryPolicy(retries=5)`` says nothing of delays.
    ``assertions`` are what makes a success, besides "2xx" or "exit code 0"; an empty list
    says that nothing else does.
    """

    timeout: float | None = None
    retry: RetryPolicy | None = None
    assertions: tuple[Assertion, ...] | None = None

    @field_validator("assertions", mode="before")
    @classmethod
    def _assertions(cls, value: Any) -> Any:
        return None if value is None else parse_assertions(value)

    @field_validator("timeout", mode="before")
    @classmethod
    def _timeout(cls, value: Any) -> float | None:
        return check_timeout(value)

    @field_serializer("timeout", when_used="json")
    def _shown(self, value: float | None) -> float | str | None:
        return "none" if value == NO_LIMIT else value

    @field_serializer("retry", mode="wrap")
    def _given(
        self, value: RetryPolicy | None, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any] | None:
        return None if value is None else value.given()

    @property
    def silent(self) -> bool:
        """Whether it says nothing that a run could inherit."""
        return self.timeout is None and self.retry is None and self.assertions is None


class RunPolicy(Value):
    """What holds for one run besides its timeout and retries: ``assertions`` must hold for a
    success, ``callback_url`` is told how
    it ended; ``sources`` says who set what, and what isn't in it is at its default."""

    assertions: tuple[Assertion, ...] = ()
    callback_url: str | None = None
    sources: dict[str, Source] = {}

    def source(self, name: str) -> Source:
        return self.sources.get(name, Source.DEFAULT)


PLAIN = RunPolicy()
INHERITED = ("timeout", *RetryPolicy.model_fields, "assertions")
"""What a run can get from its queue, by the names that sources go by."""


@dataclass(frozen=True)
class Settled:
    """What holds in the end. ``timeout`` None means the default of the action's kind;
    ``sources`` names what is not at its default."""

    timeout: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    assertions: tuple[AnyAssertion, ...] = ()
    sources: dict[str, Source] = field(default_factory=dict)

    def source(self, name: str) -> Source:
        return self.sources.get(name, Source.DEFAULT)

    @cached_property
    def retry_json(self) -> str:
        """Made once for the many that say nothing of it."""
        return self.retry.model_dump_json()


_NOTHING_SAID = Settled()


def settle(own: Terms, said_by: Source, queue: Terms | None, kind: str) -> Settled:
    """What holds for a run whose push or job says ``own``, in a queue that says ``queue``,
    with an action of ``kind`` (script, http)."""
    if own.silent and (queue is None or queue.silent):
        return _NOTHING_SAID
    sources: dict[str, Source] = {}
    found: dict[str, Any] = {}
    for terms, source in ((own, said_by), (queue, Source.QUEUE)):
        if terms is None:
            continue
        for name in ("timeout", "assertions"):
            if (said := getattr(terms, name)) is not None and name not in found:
                found[name], sources[name] = said, source
    retry: dict[str, Any] = {}
    for terms, source in ((queue, Source.QUEUE), (own, said_by)):
        if terms is not None and terms.retry is not None:
            given = {name: getattr(terms.retry, name) for name in terms.retry.model_fields_set}
            retry |= given
            sources |= dict.fromkeys(given, source)
    # A queue may say some for both kinds of actions.
    assertions = fitting(kind, found.get("assertions", ()))
    return Settled(found.get("timeout"), RetryPolicy(**retry), assertions, sources)
