"""Draining a full queue: what the figures for scripts and for HTTP calls have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from benchmarks import engine, services
from benchmarks.harness import Bench, Missing
from benchmarks.peers import apscheduler_sql, celery_redis, dramatiq_redis, huey_sqlite
from benchmarks.peers.base import Peer, Place, Stock
from benchmarks.results import Goal, Measured, Series
from jobdesk import Desk, HttpAction, ScriptAction

OURS = "JobDesk"
WALL = "JobDesk by the wall clock"
PEERS = (
    huey_sqlite.PEER,
    apscheduler_sql.PEER,
    dramatiq_redis.PEER,
    celery_redis.PEER,
)
HOW = (
    "All runs are pushed before the workers start. A rate counts from the first start to the"
    " last end: for JobDesk as its attempts are recorded, for the others as their tasks noted"
    " them. “By the wall clock” counts from the engine's announcement to the end of its process."
)


class Rates:
    """Measures runs per second of everybody, in one run, side by side."""

    def __init__(
        self,
        bench: Bench,
        kind: str,
        count: int,
        url: str = "",
        peers: Sequence[Peer] = PEERS,
    ) -> None:
        self._bench, self._kind, self._count, self._url = bench, kind, count, url
        self._peers = peers
        self._walls: list[float] = []
        self._stocks: dict[str, Stock] = {}

    def measure(self, limits: dict[str, Callable[[], float]]) -> Rated:
        """``limits`` are loops by name, each giving the seconds for all the work."""
        with ExitStack() as stack:
            contenders: dict[str, Callable[[], float]] = {OURS: self._ours}
            redis = self._redis(stack)
            for peer in self._peers:
                if not peer.needs_redis or redis:
                    contenders[peer.name] = lambda p=peer: self._peer(p, redis)
            for name, loop in limits.items():
                contenders[name] = lambda run=loop: self._count / run()
            values = self._bench.interleave(contenders, OURS)
        ours = (Series(OURS, tuple(values[OURS])), Series(WALL, tuple(self._walls)))
        peers = _series(values, [peer.name for peer in self._peers])
        return Rated(ours, peers, _series(values, limits), self._peers)

    def _redis(self, stack: ExitStack) -> str:
        try:
            return stack.enter_context(services.redis(self._bench.fresh()))
        except Missing as missing:
            names = ", ".join(peer.name for peer in self._peers if peer.needs_redis)
            self._bench.skip(f"{names} are left out: {missing}")
            return ""

    def _ours(self) -> float:
        home = self._bench.fresh()
        action = ScriptAction(["/bin/true"]) if self._kind == "script" else self._get()
        with Desk.open(home) as desk:
            desk.push_many([action] * self._count)
        drained = engine.drain(home)
        self._walls.append(self._count / drained.wall)
        return self._count / drained.recorded

    def _get(self) -> HttpAction:
        return HttpAction("GET", self._url)

    def _peer(self, peer: Peer, redis: str) -> float:
        if peer.name not in self._stocks:
            self._stocks[peer.name] = peer.stock(self._kind, self._count, self._place(redis))
        return self._count / peer.drain(self._stocks[peer.name], self._place(redis))

    def _place(self, redis: str) -> Place:
        return Place(self._bench.fresh(), self._url, redis)


class Rated:
    """What came of it."""

    def __init__(
        self,
        ours: tuple[Series, ...],
        peers: tuple[Series, ...],
        limits: tuple[Series, ...],
        who: Sequence[Peer],
    ) -> None:
        self.ours, self.peers, self.limits, self._who = ours, peers, limits, who

    def measured(self, title: str, goals: Sequence[Goal], *notes: str) -> Measured:
        who = "; ".join(f"{peer.name}: {peer.how}" for peer in self._who)
        return Measured(
            title,
            "runs/s",
            self.ours,
            self.peers,
            self.limits,
            tuple(goals),
            (*notes, HOW, f"{who}."),
        )


def _series(values: dict[str, list[float]], names: Sequence[str] | dict[str, object]) -> tuple:
    return tuple(Series(name, tuple(values[name])) for name in names if name in values)
