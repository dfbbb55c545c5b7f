"""The bytes of one stream: append-only, and packed when there are many. No Qt."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BLOCK = 262_144
"""Bytes of a block at most: unpacking one takes about a millisecond."""

_UNPACKED = 24
"""How many unpacked blocks are kept at hand."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a stream; ``size`` is its length in bytes when unpacked."""

    data: bytes
    size: int
    packed: bool

    @classmethod
    def of(cls, data: bytes, *, pack: bool) -> Block:
        """Keep ``data``, packed if asked for and worth it."""
        if pack:
            small = zlib.compress(data, 1)
            if len(small) < 0.8 * len(data):
                return cls(small, len(data), True)
        return cls(data, len(data), False)

    def content(self) -> bytes:
        return zlib.decompress(self.data) if self.packed else self.data


def blocks_of(pieces: Iterable[bytes], *, pack: bool) -> list[Block]:
    """The pieces, joined and cut to blocks of a good size."""
    whole = b"".join(pieces)
    return [
        Block.of(whole[at : at + BLOCK], pack=pack and len(whole) >= BLOCK // 8)
        for at in range(0, len(whole), BLOCK)
    ]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some bytes of a stream as values: may be read on any thread, later."""

    blocks: tuple[Block, ...]
    skip: int
    """Bytes before the excerpt in the first block."""
    size: int

    def read(self) -> bytes:
        whole = b"".join(block.content() for block in self.blocks)
        return whole[self.skip : self.skip + self.size]


class ByteStore:
    """Blocks end to end, read by position."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._starts = array("Q")
        self._size = 0
        self._recent: OrderedDict[int, bytes] = OrderedDict()

    def __len__(self) -> int:
        return self._size

    @property
    def held(self) -> int:
        """Bytes of memory that the blocks take."""
        return sum(len(block.data) for block in self._blocks)

    def extend(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            self._starts.append(self._size)
            self._blocks.append(block)
            self._size += block.size

    def read(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` up to ``end``; what lies beyond is left out."""
        end = min(end, self._size)
        if start >= end:
            return b""
        parts = []
        for at in self._touched(start, end):
            offset = self._starts[at]
            parts.append(self._content(at)[max(0, start - offset) : end - offset])
        return b"".join(parts)

    def excerpt(self, start: int, end: int) -> Excerpt:
        """The same as a value that another thread may read."""
        end = min(end, self._size)
        if start >= end:
            return Excerpt((), 0, 0)
        touched = list(self._touched(start, end))
        blocks = tuple(self._blocks[at] for at in touched)
        return Excerpt(blocks, start - self._starts[touched[0]], end - start)

    def _touched(self, start: int, end: int) -> Iterator[int]:
        at = bisect_right(self._starts, start) - 1
        while at < len(self._blocks) and self._starts[at] < end:
            yield at
            at += 1

    def _content(self, at: int) -> bytes:
        block = self._blocks[at]
        if not block.packed:
            return block.data
        if at in self._recent:
            self._recent.move_to_end(at)
        else:
            self._recent[at] = block.content()
            if len(self._recent) > _UNPACKED:
                self._recent.popitem(last=False)
        return self._recent[at]
