"""What request bodies are made of: checked by the domain, refused in its words."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from jobdesk.domain.action import HttpAction, check_url
from jobdesk.domain.errors import InvalidInput, Problem
from jobdesk.domain.parsing import check_name, check_whole
from jobdesk.domain.references import literal

MAX_URL = 2_048
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Body(BaseModel):
    """A JSON object; what isn't known in it is left aside, as Recuro does."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _an_object(cls, data: Any) -> Any:
        if isinstance(data, bytes):
            # It was not called JSON; that is what curl does with --data.
            try:
                data = json.loads(data)
            except (ValueError, RecursionError):
                raise InvalidInput("body", "what was sent", "a JSON object") from None
        if not isinstance(data, dict):
            raise InvalidInput("body", data, "a JSON object")
        return data


def name_of(field: str) -> Any:
    """A name of 1 to 255 characters."""
    return Annotated[
        str,
        BeforeValidator(lambda value: check_name(value, field)),
        Field(min_length=1, max_length=255),
    ]


def whole(field: str, least: int, most: int) -> Any:
    """A whole number; one that is written as text will do."""
    return Annotated[
        int,
        BeforeValidator(lambda value: check_whole(value, field, least=least, most=most)),
        Field(ge=least, le=most),
    ]


def url_of(field: str) -> Any:
    def check(value: Any) -> str:
        found = check_url(value, field)
        if len(found) > MAX_URL:
            raise InvalidInput(field, value, f"a URL of at most {MAX_URL:,} characters")
        return found

    return Annotated[
        str, BeforeValidator(check), Field(max_length=MAX_URL, json_schema_extra={"format": "uri"})
    ]


def _method(value: Any) -> str:
    if not isinstance(value, str) or value.upper() not in METHODS:
        raise InvalidInput("method", value, f"one of {', '.join(METHODS)}")
    return value.upper()


def _headers(value: Any) -> dict[str, str]:
    if value == []:
        return {}  # how PHP writes an empty object
    if not isinstance(value, dict):
        raise InvalidInput("headers", value, "an object of names and values")
    plain = {
        name: json.dumps(content) if isinstance(content, (int, float)) else content
        for name, content in value.items()
    }
    for name, content in plain.items():
        if not isinstance(content, str):
            raise InvalidInput("headers", content, f"a text for {name}")
    try:
        return HttpAction("GET", "http://localhost/", headers=plain).headers
    except InvalidInput as error:
        raise about("headers", error) from None


def _payload(value: Any) -> str | None:
    """Any JSON, as the text that is sent."""
    if value is None:
        return None
    try:
        # What a web application passes on may be its users' words: no secret is put into it.
        text = literal(json.dumps(value, ensure_ascii=False, allow_nan=False))
        text.encode()
    except (ValueError, RecursionError):
        expected = "JSON of valid Unicode, without NaN and the like"
        raise InvalidInput("payload", "what was sent", expected) from None
    return _body(text)


def _raw(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput("payload", value, "a text: it is sent as it is")
    return _body(literal(value))


def _body(text: str) -> str | None:
    try:
        return HttpAction("POST", "http://localhost/", body=text).body
    except InvalidInput as error:
        raise about("payload", error) from None


def about(field: str, error: InvalidInput) -> InvalidInput:
    """The same complaints under the name that callers know: theirs are flat."""
    return InvalidInput.of(
        [Problem(field, one.value, f"{one.expected} ({one.field})") for one in error.problems]
    )


def _truth(value: Any) -> bool:
    if value in (0, 1, "0", "1"):
        return bool(int(value))
    if not isinstance(value, bool):
        raise InvalidInput("is_active", value, "true or false")
    return value


Method = Annotated[str, BeforeValidator(_method), Field(json_schema_extra={"enum": list(METHODS)})]
HeaderMap = Annotated[dict[str, str], BeforeValidator(_headers)]
JsonPayload = Annotated[
    str | None,
    BeforeValidator(_payload, json_schema_input_type=Any),
    Field(description="Any JSON; sent as the JSON body"),
]
RawPayload = Annotated[str | None, BeforeValidator(_raw), Field(description="Sent as it is")]
Truth = Annotated[bool, BeforeValidator(_truth)]
