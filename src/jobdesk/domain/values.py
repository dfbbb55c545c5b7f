"""The base of the values that are written down: frozen, strict, and clear when refused."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from jobdesk.domain.errors import InvalidInput, Problem


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's complaints as ours: field, value, what would be accepted."""
    problems: list[Problem] = []
    for item in error.errors(include_url=False):
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, InvalidInput):
            problems.extend(cause.problems)
        else:
            name = ".".join(str(part) for part in item["loc"]) or "value"
            expected = item["msg"][:1].lower() + item["msg"][1:]
            problems.append(Problem(name, item["input"], expected))
    return problems


class Value(BaseModel):
    """A frozen pydantic model whose refusals are :class:`InvalidInput`.

    Subclasses that want positional arguments define ``__init__`` and pass keywords on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise InvalidInput.of(problems_of(error)) from None

    def to_json(self) -> dict[str, Any]:
        """The JSON form that the store keeps and INTERFACE shows: nothing is left out."""
        return self.model_dump(mode="json")
