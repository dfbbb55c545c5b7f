"""The vault: a keyring where there is one, an encrypted file, and what goes wrong."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked

from jobdesk.domain.errors import InvalidInput, Unavailable
from jobdesk.vault import Place, Vault
from jobdesk.vault.keyring import KeyringVault, find_keyring

VALUE = "correct horse battery staple"


class Memory:
    """A keyring like the system's, gone with the test. No subclass: these are remembered."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.broken: Exception | None = None
        self.answers = threading.Event()
        self.answers.set()

    def get_password(self, service: str, username: str) -> str | None:
        self._answer()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._answer()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._answer()
        del self.kept[service, username]

    def _answer(self) -> None:
        self.answers.wait()
        if self.broken is not None:
            raise self.broken


class Plain(Memory):
    """One that keeps plain text has a priority below 1."""

    priority = 0.5


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    """A session that has a keyring."""
    memory = Memory()
    monkeypatch.setattr("keyring.get_keyring", lambda: memory)
    monkeypatch.delenv("JOBDESK_VAULT")
    yield memory
    memory.answers.set()


def _key_of(home: Path) -> Path:
    (key,) = (home.parent / "user").rglob("*.key")
    return key


def test_the_file_keeps_secrets_and_shows_none(own_home: Path) -> None:
    vault = Vault.open(own_home)
    assert (vault.place, vault.get("A")) == (Place.FILE, None)
    assert vault.set("API_KEY", VALUE) is Place.FILE
    vault.set("B", "é" * 50)
    again = Vault.open(own_home)
    assert again.get_all(["API_KEY", "B", "C"]) == {"API_KEY": VALUE, "B": "é" * 50}
    everything = b"".join(path.read_bytes() for path in own_home.rglob("*") if path.is_file())
    assert VALUE.encode() not in everything
    assert b"API_KEY" not in everything
    again.delete("API_KEY")
    again.delete("API_KEY")
    assert vault.get_all(["API_KEY", "B"]) == {"B": "é" * 50}


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_file_and_key_are_ours_alone_and_apart(own_home: Path) -> None:
    before = os.umask(0)
    try:
        Vault.open(own_home).set("A", VALUE)
    finally:
        os.umask(before)
    key = _key_of(own_home)
    assert not key.is_relative_to(own_home), "whoever gets the home must not get the key"
    assert {oct(path.stat().st_mode & 0o777) for path in (key, own_home / "secrets.enc")} == {
        "0o600"
    }
    assert sorted(path.name for path in own_home.iterdir()) == ["secrets.enc", "secrets.lock"]


def test_the_key_may_be_put_elsewhere(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBDESK_VAULT_KEY", str(tmp_path / "of the container.key"))
    Vault.open(own_home).set("A", VALUE)
    assert (tmp_path / "of the container.key").exists()
    assert Vault.open(own_home).get("A") == VALUE


def test_without_its_key_the_file_is_left_alone_and_the_way_out_is_named(own_home: Path) -> None:
    vault = Vault.open(own_home)
    vault.set("A", VALUE)
    key = _key_of(own_home)
    kept, sealed = key.read_bytes(), (own_home / "secrets.enc").read_bytes()
    key.unlink()
    for call in (lambda: vault.get("A"), lambda: vault.set("B", VALUE), lambda: vault.delete("A")):
        with pytest.raises(Unavailable, match=r"key .* is not there.*jobdesk secret set"):
            call()
    key.write_bytes(b"A" * 43 + b"=")
    with pytest.raises(Unavailable, match="can't be read with the key"):
        vault.get("A")
    key.write_bytes(b"no key")
    with pytest.raises(Unavailable, match="holds none"):
        vault.get("A")
    assert (own_home / "secrets.enc").read_bytes() == sealed
    key.write_bytes(kept)
    assert vault.get("A") == VALUE


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\x00\xff", b'{"version": 2}'])
def test_a_damaged_file_is_named(own_home: Path, content: bytes) -> None:
    own_home.mkdir()
    (own_home / "secrets.enc").write_bytes(content)
    with pytest.raises(Unavailable, match=r"secrets\.enc makes no sense"):
        Vault.open(own_home).get("A")


def test_two_writers_lose_nothing(own_home: Path) -> None:
    Vault.open(own_home).set("first", VALUE)

    def work(number: int) -> None:
        vault = Vault.open(own_home)
        for turn in range(5):
            vault.set(f"S{number}.{turn}", f"value {number} {turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = [f"S{number}.{turn}" for number in range(4) for turn in range(5)]
    assert len(Vault.open(own_home).get_all(names)) == 20


def test_the_keyring_is_taken_where_there_is_one(own_home: Path, backend: Memory) -> None:
    vault = Vault.open(own_home)
    assert vault.set("A", VALUE) is Place.KEYRING
    assert vault.get("A") == VALUE
    assert not own_home.exists(), "nothing of it is in the home"
    other = Vault.open(own_home.parent / "another")
    assert other.get("A") is None, "two homes don't share"
    vault.delete("A")
    vault.delete("A")
    assert backend.kept == {}


def test_a_name_is_in_one_place_only(
    own_home: Path, backend: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    Vault.open(own_home).set("A", "the old value")
    monkeypatch.setenv("JOBDESK_VAULT", "file")
    Vault.open(own_home).set("A", "set without a keyring")
    monkeypatch.delenv("JOBDESK_VAULT")
    vault = Vault.open(own_home)
    assert vault.get("A") == "set without a keyring", "it is the newer one"
    assert vault.set("A", "the newest") is Place.KEYRING
    monkeypatch.setenv("JOBDESK_VAULT", "file")
    assert Vault.open(own_home).get("A") is None


@pytest.mark.parametrize("stand_in", [fail.Keyring, null.Keyring, Plain])
def test_what_keeps_nothing_or_plain_text_is_no_keyring(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, stand_in: type
) -> None:
    monkeypatch.setattr("keyring.get_keyring", stand_in)
    monkeypatch.delenv("JOBDESK_VAULT")
    assert Vault.open(own_home).place is Place.FILE
    monkeypatch.setenv("JOBDESK_VAULT", "keyring")
    with pytest.raises(Unavailable, match="no keyring here"):
        Vault.open(own_home).set("A", VALUE)


def test_a_keyring_that_comes_up_later_is_found(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up: list[type] = []
    monkeypatch.delenv("JOBDESK_VAULT")
    monkeypatch.setattr("keyring.get_keyring", fail.Keyring)
    monkeypatch.setattr(KeyringBackend, "get_viable_backends", lambda: [fail.Keyring, *up])
    monkeypatch.setattr("jobdesk.vault.vault._LOOK_AGAIN", 0.0)
    vault = Vault.open(own_home)
    assert vault.place is Place.FILE
    up += [null.Keyring, Plain, Memory]
    assert vault.set("A", VALUE) is Place.KEYRING
    up.clear()
    assert vault.get("A") == VALUE, "what was found stays"


def test_a_chain_is_as_good_as_what_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    memory: list[Any] = []
    monkeypatch.setattr(chainer.ChainerBackend, "backends", memory)
    monkeypatch.setattr("keyring.get_keyring", chainer.ChainerBackend)
    assert find_keyring("service") is None
    memory += [Plain(), Memory()]
    found = find_keyring("service")
    assert found is not None
    found.set("A", VALUE)
    assert (memory[0].kept, memory[1].kept) == ({}, {("service", "A"): VALUE})


def test_a_keyring_that_hangs_hangs_nobody(
    own_home: Path, backend: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.answers.clear()
    slow = KeyringVault(backend, "service", patience=0.05)
    with pytest.raises(Unavailable, match=r"did not answer.*JOBDESK_VAULT=file"):
        slow.get_all(["A"])

    def hang() -> Memory:
        backend.answers.wait()
        return backend

    monkeypatch.setattr("keyring.get_keyring", hang)
    assert find_keyring("service", patience=0.05) is None
    backend.answers.set()


def test_a_locked_keyring_is_explained_and_not_passed_by(own_home: Path, backend: Memory) -> None:
    backend.broken = KeyringLocked("Failed to unlock the collection!")
    vault = Vault.open(own_home)
    for call in (lambda: vault.get("A"), lambda: vault.set("A", VALUE), lambda: vault.delete("A")):
        with pytest.raises(Unavailable, match="Failed to unlock"):
            call()
    assert not (own_home / "secrets.enc").exists()


def test_a_wish_that_makes_no_sense_is_refused(own_home: Path) -> None:
    with pytest.raises(InvalidInput, match="JOBDESK_VAULT"):
        Vault.open(own_home, {"JOBDESK_VAULT": "pocket"})
