"""Servers that misbehave, each in its own way."""

from __future__ import annotations

import gzip
import socket
import struct
import zlib
from collections.abc import Callable
from functools import cache

from tests.engine.runners.servers import RawServer, read_request

MB = 1_048_576
FIVE_GB = 5 * 1024 * MB
OK = b"HTTP/1.1 200 OK\r\n"

Answer = Callable[[socket.socket, RawServer], None]


def never_answers(connection: socket.socket, server: RawServer) -> None:
    while connection.recv(65_536):
        pass


def a_byte_a_second(before: bytes, dripped: bytes) -> Answer:
    def answer(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(before)
        for byte in dripped * 1000:
            connection.sendall(bytes([byte]))
            if server.closing.wait(1.0):
                return

    return answer


def says(*pieces: bytes) -> Answer:
    def answer(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(b"".join(pieces))

    return answer


def floods(before: bytes, block: bytes = bytes(65_536), size: int = FIVE_GB) -> Answer:
    """Sends ``size`` bytes in blocks, or as many as anybody takes."""

    def answer(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(before)
        for _ in range(size // len(block)):
            connection.sendall(block)

    return answer


def resets(before: bytes) -> Answer:
    def answer(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(before)
        server.closing.wait(0.3)  # until that much has been read
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


def redirects(to: bytes) -> Answer:
    def answer(connection: socket.socket, server: RawServer) -> None:
        while read_request(connection):
            head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + b"\r\n\r\n"
            connection.sendall(head)

    return answer


def packed(encoding: str, pieces: Callable[[], list[bytes]]) -> Answer:
    """A body that is small on the wire and huge when it is unpacked."""

    def answer(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(OK + b"Content-Encoding: " + encoding.encode() + b"\r\n\r\n")
        for piece in pieces():
            connection.sendall(piece)

    return answer


# Made once, before anybody's time is measured: packing takes a while.


@cache
def gzip_bomb() -> list[bytes]:
    """5 GB of zeros in 5 MB: many members, each 20 MB unpacked."""
    return [gzip.compress(bytes(20 * MB), 6)] * (FIVE_GB // (20 * MB))


@cache
def deflate_bomb() -> list[bytes]:
    """5 GB of zeros in 5 MB, as one stream that goes on and on."""
    packer = zlib.compressobj(6)
    first = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return [first, *[block] * (FIVE_GB // MB - 1)]


@cache
def double_bomb() -> list[bytes]:
    """The gzip bomb, packed once more."""
    return [gzip.compress(b"".join(gzip_bomb()), 6)]


@cache
def too_deep() -> list[bytes]:
    body = b"x" * 1000
    for _ in range(9):
        body = gzip.compress(body)
    return [body]


class BadServer(RawServer):
    """A server that gives every connection the same treatment; ``asked`` counts them."""

    def __init__(self, answer: Answer) -> None:
        self.asked = 0

        def talk(connection: socket.socket, number: int) -> None:
            self.asked += 1
            answer(connection, self)

        super().__init__(talk)
