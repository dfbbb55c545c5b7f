"""What the bytes of a line show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.gui.models.log.text import MOST, Look, Span, plain, render


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        ("é 😀 漢".encode(), "é 😀 漢"),
        (b"a\x00b\x07c\x7f", "a␀b␇c␡"),
        (b"col\tumn", "col\tumn"),
        (b"bad \xff\xfe end", "bad \ufffd\ufffd end"),
        ("evil\u202egnp.exe".encode(), "evil\ufffdgnp.exe"),
        ("two\u2028lines".encode(), "two␤lines"),
        (b"\x1b[1;31merror\x1b[0m: x", "error: x"),
        (b"\x1b]0;title\x07shown", "shown"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b[2K\x1b[1Gdone\x1b(B", "done"),
        (b"cut \x1b[3", "cut ␛[3"),
    ],
)
def test_shown_and_copied(raw: bytes, text: str) -> None:
    assert render(raw).text == text
    assert plain(raw + b"\r\n") == text


def test_colours_become_spans() -> None:
    line = render(
        b"a \x1b[1;31mred\x1b[22m thin\x1b[0m \x1b[38;5;12mblue\x1b[38;2;1;2;3m\x1b[49;92mx"
    )
    assert line.text == "a red thin bluex"
    assert line.spans == (
        Span(2, 3, Look(foreground=1, bold=True)),
        Span(5, 5, Look(foreground=1)),
        Span(11, 4, Look(foreground=12)),
        Span(15, 1, Look(foreground=10)),
    )


def test_a_long_line_is_cut_and_says_how_much_is_left() -> None:
    line = render(b"x" * (MOST + 5), more=100)
    assert (len(line.text), line.more) == (MOST, 105)


def test_a_character_cut_at_the_end_is_not_called_broken() -> None:
    assert render("aé".encode()[:-1], more=10).text == "a"
    assert render("aé".encode()[:-1], more=10).more == 11
    assert render("aé".encode()[:-1]).text == "a\ufffd"


@given(st.binary(max_size=200))
def test_nothing_that_draws_badly_gets_through(raw: bytes) -> None:
    line = render(raw.replace(b"\n", b"").replace(b"\r", b""))
    assert not any(c < " " and c != "\t" for c in line.text)
    assert "\x7f" not in line.text
    for span in line.spans:
        assert 0 <= span.start < span.start + span.length <= len(line.text)
