"""JSON laid out to be read, and bodies told apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.gui.models.run.http_body import MOST_PRETTY, body_of, looks_binary
from jobdesk.gui.models.run.json_text import is_json, pretty

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=4), values, max_size=4))
def test_laid_out_as_the_standard_library_does(value: object) -> None:
    for separators in ((",", ":"), (" , ", " : ")):
        text = json.dumps(value, separators=separators)
        assert is_json(text)
        assert pretty(text) == json.dumps(value, indent=2)


def test_nothing_of_it_is_changed() -> None:
    text = '{"a":1.10,"a":1e400,"\\u0041":"x\\"y","n":12345678901234567890123}'
    assert pretty(text).split("\n") == [
        "{",
        '  "a": 1.10,',
        '  "a": 1e400,',
        '  "\\u0041": "x\\"y",',
        '  "n": 12345678901234567890123',
        "}",
    ]


@pytest.mark.parametrize("text", ["", "x", "{", '{"a":}', "1", '"a"', "[" * 100_000])
def test_what_is_no_json(text: str) -> None:
    assert not is_json(text)


def test_bodies() -> None:
    body = body_of(b'{"a":1}', "application/json", None)
    assert (body.text, body.laid_out) == ('{"a":1}', '{\n  "a": 1\n}')
    assert (
        body_of("grün".encode("latin-1"), "text/plain; charset=iso-8859-1", "iso-8859-1").text
        == "grün"
    )
    # requests guesses Latin-1 for text without a charset; UTF-8 is what is sent today.
    assert body_of("grün".encode(), "text/plain", "ISO-8859-1").text == "grün"
    assert body_of(b"gr\xfcn", "text/plain", "ISO-8859-1").text == "grün"
    assert body_of(b"\xef\xbb\xbf{}", None, None).text == "{}"
    assert body_of(b"gr\xfcn", None, "no-such-codec").text == "gr\ufffdn"
    assert body_of(b"\x89PNG\x00", None, None).text is None
    big = b"[" + b"1," * (MOST_PRETTY // 2) + b"1]"
    assert body_of(big, "application/json", None).laid_out is None


@pytest.mark.parametrize(
    ("kind", "binary"),
    [
        ("image/png", True),
        ("image/svg+xml", False),
        ("application/octet-stream", True),
        ("application/pdf; x=y", True),
        ("text/html", False),
        (None, False),
    ],
)
def test_binary_by_name(kind: str | None, binary: bool) -> None:
    assert looks_binary(b"abc", kind) is binary
