"""What all assertions do alike, whatever they are held against."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from jobdesk.domain.assertions import values
from jobdesk.domain.assertions.facts import Finding
from jobdesk.domain.values import Value

Facts = TypeVar("Facts")


class AssertionBase(Value, Generic[Facts]):
    """One that is held against ``Facts``: an answer, or the end of a script."""

    kind: ClassVar[str]
    about_status: ClassVar[bool] = False
    about_output: ClassVar[bool] = False

    @property
    def words(self) -> str:
        raise NotImplementedError

    def test(self, facts: Facts) -> tuple[bool, str]:
        """Whether it holds, and what was found."""
        raise NotImplementedError

    def limits(self, facts: Facts) -> str:
        """What it could not look into, to go behind what was found."""
        return ""

    def check(self, facts: Facts) -> Finding:
        try:
            passed, found = self.test(facts)
        except values.OutOfTime:
            passed, found = False, f"no end to the search within {values.PATIENCE:g} s"
        return Finding(passed, self.words, found, self.about_status, self.limits(facts))
