"""From the bytes of a line to what is shown. No Qt.

Escape sequences follow ECMA-48 (5.3 to 5.5 for control sequences, 8.3.117 for SGR).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

MOST = 10_000
"""Characters of a line that are shown; copying takes all of them."""

MOST_BYTES = 4 * MOST
"""Bytes that can be needed for that, escape sequences aside."""

_ESCAPE = re.compile(
    "\x1b(?:"
    r"\[(?P<params>[0-?]*)[ -/]*(?P<final>[@-~])"  # control sequence
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links and other strings
    r"|[ -/]*[0-Z\\`-~])"  # the rest
)

# What would not be seen, or would change how its neighbours are drawn, as what is seen.
_VISIBLE = {
    **{code: 0x2400 + code for code in range(0x20) if code != 0x09},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    **dict.fromkeys((0x2028, 0x2029), 0x2424),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD),
}
_HARMLESS = re.compile("[\t -~\xa0-\u024f]*")


@dataclass(frozen=True, slots=True)
class Look:
    """How a part of a line is drawn: colours 0 to 15 as terminals number them."""

    foreground: int | None = None
    background: int | None = None
    bold: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """``length`` characters from ``start`` on in a look of their own."""

    start: int
    length: int
    look: Look


@dataclass(frozen=True, slots=True)
class LineText:
    """What a line shows; ``more`` counts the bytes beyond it that are not shown."""

    text: str
    spans: tuple[Span, ...] = ()
    more: int = 0


_PLAIN = Look()


def visible(text: str) -> str:
    """The text with control characters as characters that can be seen, one for one."""
    return text if _HARMLESS.fullmatch(text) else text.translate(_VISIBLE)


def last_state(raw: bytes) -> bytes:
    """What is left of a line with carriage returns: what was written after the last."""
    kept = raw.removesuffix(b"\n").rstrip(b"\r")
    return kept[kept.rfind(b"\r") + 1 :]


def plain(raw: bytes) -> str:
    """A whole line as it is copied: without escape sequences, its last state only."""
    text = last_state(raw).decode("utf-8", "replace")
    return visible(_ESCAPE.sub("", text) if "\x1b" in text else text)


def render(raw: bytes, more: int = 0) -> LineText:
    """The start of a line for the screen; ``more`` bytes follow after ``raw``.

    ``raw`` has neither line break nor carriage returns, see ``LogIndex.head``.
    """
    # A character that is cut in two at the end is no error of the script's.
    text, used = codecs.utf_8_decode(raw, "replace", not more)
    more += len(raw) - used
    spans: tuple[Span, ...] = ()
    if "\x1b" in text:
        text, spans = _styled(text)
    if len(text) > MOST:
        more += len(text[MOST:].encode("utf-8", "replace"))
        text = text[:MOST]
        spans = tuple(s for s in spans if s.start < MOST)
    return LineText(visible(text), spans, more)


def _styled(text: str) -> tuple[str, tuple[Span, ...]]:
    """The text without its escape sequences, and what they say about colours."""
    parts: list[str] = []
    spans: list[Span] = []
    look, length, at = _PLAIN, 0, 0
    for match in _ESCAPE.finditer(text):
        part = text[at : match.start()]
        if part:
            _note(spans, length, len(part), look)
            parts.append(part)
            length += len(part)
        at = match.end()
        if match["final"] == "m":
            look = _next_look(look, match["params"])
    part = text[at:]
    _note(spans, length, len(part), look)
    return "".join((*parts, part)), tuple(spans)


def _note(spans: list[Span], start: int, length: int, look: Look) -> None:
    if length and look != _PLAIN:
        spans.append(Span(start, length, look))


def _next_look(look: Look, params: str) -> Look:
    codes = [int(code) if code.isdigit() else 0 for code in re.split("[;:]", params)]
    at = 0
    while at < len(codes):
        code = codes[at]
        if code in (38, 48):
            look, at = _extended(look, codes, at)
        else:
            look = _single(look, code)
            at += 1
    return look


def _extended(look: Look, codes: list[int], at: int) -> tuple[Look, int]:
    """``38;5;n`` and ``38;2;r;g;b``: of these the first sixteen are known, others passed over."""
    kind = codes[at + 1] if at + 1 < len(codes) else 0
    if kind == 2:
        return look, at + 5
    if kind == 5 and at + 2 < len(codes) and codes[at + 2] < 16:
        number = codes[at + 2]
        if codes[at] == 38:
            return replace(look, foreground=number), at + 3
        return replace(look, background=number), at + 3
    return look, at + 3 if kind == 5 else len(codes)


_FLAGS: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"inverse": True},
    22: {"bold": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"inverse": False},
}


def _single(look: Look, code: int) -> Look:
    if code == 0:
        return _PLAIN
    if code in _FLAGS:
        return replace(look, **_FLAGS[code])
    tens, unit = divmod(code, 10)
    bright = 8 if tens in (9, 10) else 0
    if tens in (3, 9) and (unit < 8 or code == 39):
        return replace(look, foreground=None if code == 39 else unit + bright)
    if tens in (4, 10) and (unit < 8 or code == 49):
        return replace(look, background=None if code == 49 else unit + bright)
    return look
