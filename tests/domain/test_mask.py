"""Secrets are found in every form, however the bytes come."""

from __future__ import annotations

import base64
import json
import shlex
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.mask import Mask

SECRET = 's3cr3t/pass+w\'ord "é"'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("/", "\\/"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        shlex.quote(f"--key={SECRET}"),
        repr(SECRET),
    ],
)
def test_a_value_is_hidden_in_any_of_its_forms(form: str) -> None:
    shown = Mask([SECRET]).text(f"before {form} after")
    assert "***" in shown
    for part in ("s3cr", "c3Izc", form[6:-6]):
        assert part not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
def test_base64_of_something_longer_gives_nothing_away(before: str) -> None:
    secret = "correct horse battery"
    coded = base64.b64encode(f"{before}{secret}\n".encode()).decode()
    shown = Mask([secret]).text(coded)
    assert len(shown.replace("***", "")) <= len(before) * 2 + 6, shown


def test_a_longer_secret_wins_over_one_that_it_begins_with() -> None:
    mask = Mask(["abcd", "abcdefgh"])
    assert mask.text("abcd abcdefgh abcdef") == "*** *** ***ef"
    stream = mask.stream()
    out = stream.feed(b"abcd") + stream.feed(b"efgh abcd") + stream.feed(b"!") + stream.finish()
    assert out == b"*** ***!"


def test_lines_of_a_secret_are_secret() -> None:
    mask = Mask(["-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"])
    assert mask.text("1: MIIEvQIBADANBg\r\n2: kqhkiG9w0BAQEF\r\n-----END KEY----- .") == (
        "1: ***\r\n2: ***\r\n-----END KEY----- ."
    )


@pytest.mark.parametrize("wide", ["utf-16-le", "utf-16-be"])
def test_wide_characters_stay_such(wide: str) -> None:
    stream = Mask(["hunter22"]).stream()
    data = "a hunter22 b".encode(wide)
    out = b"".join(stream.feed(data[at : at + 1]) for at in range(len(data))) + stream.finish()
    assert out.decode(wide) == "a *** b"


def test_what_is_left_of_a_value_that_was_cut_is_hidden() -> None:
    mask = Mask(["abcdefghijkl"])
    assert mask.text("to http://h/?k=abcdefgh…, and not") == "to http://h/?k=***…, and not"
    assert mask.text("body: 'abcdefgh'… (90 characters)") == "body: '***'… (90 characters)"
    assert mask.text("x abcdefghij") == "x ***"
    assert mask.text("x abc") == "x abc", "too little to tell"
    stream = mask.stream()
    assert stream.feed(b"x abcdefghij") + stream.finish() == b"x ***"


def test_what_only_looks_like_a_form_for_bytes_breaks_nothing() -> None:
    assert Mask(["café"]).text("caf\u9001 café") == "***\ufffd\ufffd ***"
    assert Mask(["abcd"]).text("\udc80abcd") == "\udc80***"


def test_documents_are_masked_in_depth() -> None:
    document = {"url": "http://h/hunter22", "n": [1, None, {"status": "is hunter22"}]}
    assert Mask(["hunter22", "url"]).document(document) == {
        "url": "http://h/***",
        "n": [1, None, {"status": "is ***"}],
    }


def test_no_values_cost_and_change_nothing() -> None:
    mask = Mask(())
    assert not mask
    assert (mask.text("a…b"), mask.data(b"x")) == ("a…b", b"x")


@given(
    st.lists(st.binary(max_size=12), max_size=6),
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
)
def test_wherever_it_is_split_a_stream_comes_out_as_the_whole_does(
    noise: list[bytes], sizes: list[int]
) -> None:
    mask = Mask(["aXbXaXc", "aXbX"])
    data = b"aXbXaXc".join(noise) + b"aXbXaXb."
    stream, out, at, turn = mask.stream(), b"", 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        out += stream.feed(data[at : at + size])
        at, turn = at + size, turn + 1
        assert len(stream._held) < len(mask._forms[0])
    out += stream.finish()
    assert out == mask.data(data)
    assert b"aXbX" not in out


def test_ordinary_output_is_not_held_back() -> None:
    stream = Mask([SECRET]).stream()
    assert stream.feed(b"a line of output\n") == b"a line of output\n"


def test_a_flood_is_masked_quickly() -> None:
    stream = Mask(["correct horse battery staple " * 20]).stream()
    chunk = b"the quick brown fox jumps over the lazy dog\n" * 1_500
    began = time.monotonic()
    for _ in range(100):
        stream.feed(chunk)
    assert time.monotonic() - began < 20, "6.6 MB; a tenth of that is usual"
