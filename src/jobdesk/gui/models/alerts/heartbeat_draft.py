"""A heartbeat as its form holds it. No Qt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from jobdesk.domain.heartbeat import HeartbeatSpec
from jobdesk.domain.parsing import check_name
from jobdesk.gui.models.alerts.policy_draft import AlertDraft
from jobdesk.gui.models.alerts.words import span
from jobdesk.gui.models.job_form.field_problems import Problems, refused


@dataclass(frozen=True, slots=True)
class HeartbeatDraft:
    """Left as it is, it makes the same spec again."""

    name: str = ""
    every: str = "1d"
    grace: str = "5m"
    enabled: bool = True
    alerts: AlertDraft = field(default_factory=AlertDraft)

    @classmethod
    def of(cls, spec: HeartbeatSpec) -> HeartbeatDraft:
        return cls(
            spec.name, span(spec.every), span(spec.grace), spec.enabled, AlertDraft.of(spec.alerts)
        )

    def spec(self) -> HeartbeatSpec:
        """:class:`InvalidInput` for what can't be one."""
        return HeartbeatSpec(
            name=self.name,
            every=self.every.strip(),  # type: ignore[arg-type]
            grace=self.grace.strip(),  # type: ignore[arg-type]
            enabled=self.enabled,
            alerts=self.alerts.policy(),
        )

    def problems(self, taken: Collection[str] = ()) -> Problems:
        """What is wrong, under: name, every, grace."""
        found = refused(lambda: check_name(self.name, "name"))
        if self.name in taken:
            found["name"] = "There is a heartbeat of that name already"
        for key, text in (("every", self.every), ("grace", self.grace)):
            value = {"name": "any", "every": "1d", "grace": "0s", key: text.strip()}
            found |= refused(lambda value=value: HeartbeatSpec(**value))  # type: ignore[misc]
        return found
