"""How figures are measured: everybody once a round, so that a noisy machine is noisy to all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks import machine
from benchmarks.history import Histories

T = TypeVar("T")


class Missing(Exception):
    """Something to measure beside isn't here, or fails; the text is a sentence for people."""


@dataclass(slots=True)
class Bench:
    """What a figure is given: how much to measure, where to put it, whom to tell.

    ``skipped`` collects sentences about what could not be measured.
    """

    rounds: int
    quick: bool
    folder: Path
    histories: Histories
    skipped: list[str] = field(default_factory=list)
    _made: int = 0

    def size(self, full: int, quick: int) -> int:
        """How many of something: ``quick`` only shows that the measurement works."""
        return quick if self.quick else full

    def fresh(self) -> Path:
        """A new empty folder, with a short name: a socket's path may not be long."""
        self._made += 1
        made = self.folder / str(self._made)
        made.mkdir()
        return made

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def skip(self, sentence: str) -> None:
        """Note what is not measured, once."""
        if sentence not in self.skipped:
            self.skipped.append(sentence)
            self.say(sentence)

    def interleave(
        self, contenders: Mapping[str, Callable[[], T]], needed: str = "JobDesk"
    ) -> dict[str, list[T]]:
        """Measure every contender once in each round; the values by name.

        Each round begins with another one, so that nobody always follows the same. One
        that is :class:`Missing` is left out from then on, and what it gave with it; the
        ``needed`` one may not be.
        """
        values: dict[str, list[T]] = {name: [] for name in contenders}
        for number in range(self.rounds):
            names = list(values)
            first = number % len(names)
            for name in names[first:] + names[:first]:
                try:
                    values[name].append(contenders[name]())
                except Missing as missing:
                    if name == needed:
                        raise
                    del values[name]
                    self.skip(f"{name} is left out: {missing}")
            self.say(f"round {number + 1} of {self.rounds}: {_shown(values)}")
        return values


def _shown(values: Mapping[str, list[T]]) -> str:
    last = ((name, found[-1]) for name, found in values.items())
    return ", ".join(f"{name} {v:,.4g}" if isinstance(v, float) else name for name, v in last)


@contextmanager
def workspace(rounds: int, *, quick: bool) -> Iterator[Bench]:
    """A bench with a folder on a real disk: on one in memory, durability costs nothing."""
    place = machine.disk_folder()
    with tempfile.TemporaryDirectory(prefix="jdb-", dir=place) as name:
        folder = Path(name)
        yield Bench(rounds, quick, folder, Histories(folder / "histories"))
