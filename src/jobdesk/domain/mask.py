"""Hiding secrets in what is written down: output, answers, errors.

A secret is looked for as it is and in the forms in which programs and servers repeat what
they were given: percent-encoded, as the inside of a JSON string, base64 (alone or within
something longer), quoted for a shell, without the white space around it, each longer
line of it, and in UTF-16. What was changed in any other way (reversed, hashed, wrapped)
is not found.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 3
"""Characters that are looked for at least: less would be found anywhere."""
_SHORTEST_LINE = 8
_SHORTEST_PART = 4
"""Of a secret that was cut off at the end of a text."""
_CUT = re.compile("(['\"]?…)".encode())
_WIDE = ("utf-16-le", "utf-16-be")
# What requests leaves as it is when it quotes a URL.
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


class Mask:
    """Hides some values wherever they appear."""

    def __init__(self, values: Iterable[str]) -> None:
        values = list(values)
        forms = {form for value in values for form in _forms(value) if len(form) >= _SHORTEST}
        # The longest first: of several that begin at one place it must win.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile(b"|".join(map(re.escape, self._forms)))
        self._wide = {v.encode(wide): wide for v in values for wide in _WIDE}
        self._starts = {form[:1] for form in self._forms}

    def __bool__(self) -> bool:
        return bool(self._forms)

    def text(self, text: str) -> str:
        """The text without the values, and without the beginning of one at a place where
        it was cut: at its end, or before an ellipsis."""
        if not self._forms:
            return text
        data = self.data(text.encode("utf-8", "surrogatepass"))
        pieces = _CUT.split(data)
        whole = b"".join(
            piece if _CUT.fullmatch(piece) else self._without_part(piece) for piece in pieces
        )
        try:
            return whole.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            # The form for Latin-1 was found, and it ended within a character.
            return whole.decode("utf-8", "replace")

    def data(self, data: bytes) -> bytes:
        """The same for bytes that are all there is."""
        return self._pattern.sub(lambda found: self.shown(found[0]), data) if self._forms else data

    def document(self, value: Any) -> Any:
        """What is to become JSON, with every text in it masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            # Keys are ours, or names of headers.
            return {key: self.document(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.document(item) for item in value]
        return value

    def shown(self, form: bytes) -> bytes:
        """What stands in the place of a form: as wide characters, if it is of such."""
        wide = self._wide.get(form)
        return MASK.encode() if wide is None else MASK.encode(wide)

    def stream(self) -> MaskedStream:
        """For bytes that come piece by piece."""
        return MaskedStream(self)

    def _without_part(self, data: bytes) -> bytes:
        at = self._part(data)
        return data if len(data) - at < _SHORTEST_PART else data[:at] + MASK.encode()

    def _part(self, data: bytes, start: int = 0) -> int:
        """Where the beginning of a form stands that the data breaks off in; its length
        where there is none."""
        if not self._forms:
            return len(data)
        for at in range(max(start, len(data) - len(self._forms[0]) + 1), len(data)):
            if data[at : at + 1] not in self._starts:
                continue
            if any(len(form) > len(data) - at and form.startswith(data[at:])
                   for form in self._forms):  # fmt: skip
                return at
        return len(data)


class MaskedStream:
    """Masks what comes in pieces, wherever a value is split.

    Held back is only what may be the beginning of a value: less than the longest of its
    forms.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What can be passed on by now."""
        data = self._held + data
        out: list[bytes] = []
        at = 0
        hold = self._mask._part(data)
        for found in self._mask._pattern.finditer(data):
            if found.start() >= hold:
                break
            out += (data[at : found.start()], self._mask.shown(found[0]))
            at = found.end()
            if at > hold:
                hold = self._mask._part(data, at)
        self._held = data[hold:]
        return b"".join((*out, data[at:hold]))

    def finish(self) -> bytes:
        """The rest: nothing more will come."""
        rest, self._held = self._mask.data(self._held), b""
        return self._mask._without_part(rest)


def _forms(value: str) -> Iterator[bytes]:
    lines = (line.strip() for line in value.splitlines())
    longer = [line for line in lines if len(line) >= _SHORTEST_LINE and line[:5] != "-----"]
    for text in {value, value.strip(), *longer}:
        yield from _spellings(text)
    yield from (value.encode(wide) for wide in _WIDE)
    yield from _in_base64(value.encode("utf-8", "surrogatepass"))


def _spellings(text: str) -> Iterator[bytes]:
    escaped = json.dumps(text)[1:-1]
    percent = {quote(text, safe=""), quote(text), quote_plus(text), quote(text, safe=_URL_SAFE)}
    for form in {
        text,
        escaped,
        escaped.replace("/", "\\/"),
        json.dumps(text, ensure_ascii=False)[1:-1],
        text.replace("\n", "\\n").replace("\r", "\\r"),
        " ".join(text.split()),
        repr(text)[1:-1],
        repr(" ".join(text.split()))[1:-1],
        text.replace("'", "'\"'\"'"),
        text.replace("'", "'\\''"),
        *percent,
        *(re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in percent),
    }:
        yield form.encode("utf-8", "surrogatepass")
    try:
        yield text.encode("latin-1")  # as it is sent in a header
    except UnicodeEncodeError:
        return


def _in_base64(data: bytes) -> Iterator[bytes]:
    """As a whole, and what of it is the same whatever stands before and after it.

    Three bytes are four characters, so there are three ways to stand in something longer;
    the characters that hold bits of a neighbour are left out.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data)
        for before in range(3):
            coded = encode(b"\0" * before + data).rstrip(b"=")
            first = (0, 2, 3)[before]
            last = (before + len(data)) * 8 // 6
            core = coded[first:last]
            if len(core) >= _SHORTEST_LINE:
                yield core
