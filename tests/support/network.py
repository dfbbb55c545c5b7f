"""Tests talk to this machine only: any other address fails the test that tried it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

NOWHERE = ".invalid"
"""RFC 6761: never a real name; it is answered here, without asking any server."""


class OutsideWorld(Exception):
    """A test tried to reach another machine. No ``OSError``: nothing may take it for one."""


class Guard:
    """Stands in front of the sockets and remembers whom it turned away."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def check(self, address: Any) -> None:
        """Raise :class:`OutsideWorld` for an internet address that is not this machine's."""
        if isinstance(address, tuple) and not is_local(address[0]):
            self.refuse(address[0])

    def refuse(self, host: object) -> None:
        self.refused.append(str(host))
        raise OutsideWorld(f"tests may only use loopback addresses, not {host!r}")

    def connector(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(sock: socket.socket, address: Any) -> Any:
            self.check(address)
            return original(sock, address)

        return connect

    def sender(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def sendto(sock: socket.socket, data: Any, *rest: Any) -> Any:
            self.check(rest[-1])
            return original(sock, data, *rest)

        return sendto

    def resolver(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = host.decode("ascii") if isinstance(host, bytes) else host
            if isinstance(host, str):
                host.encode("idna")  # what can't be a name fails here, as it would outside
            if name is not None and name.rstrip(".").endswith(NOWHERE):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            if not is_local(name):
                self.refuse(name)
            return original(host, *args, **kwargs)

        return getaddrinfo


def is_local(host: Any) -> bool:
    """Whether ``host`` (a name, a literal address, or None) is this machine."""
    if host in (None, "", "localhost") or str(host).endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return host == socket.gethostname()
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified


@pytest.fixture(scope="session")
def network_guard() -> Iterator[Guard]:
    """The guard, in place for the whole session."""
    guard = Guard()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guard.connector(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guard.connector(socket.socket.connect_ex))
        patch.setattr(socket.socket, "sendto", guard.sender(socket.socket.sendto))
        patch.setattr(socket, "getaddrinfo", guard.resolver(socket.getaddrinfo))
        yield guard


@pytest.fixture(autouse=True)
def no_outside_world(network_guard: Guard) -> Iterator[None]:
    """Fail a test that tried to leave the machine, even where its code caught the refusal."""
    network_guard.refused.clear()
    yield
    refused = sorted(set(network_guard.refused))
    if refused:
        pytest.fail(f"the test tried to reach {', '.join(refused)}", pytrace=False)
