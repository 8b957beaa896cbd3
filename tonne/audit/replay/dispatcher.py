"""Hands every event to the one handler of its contract's replay, and to the replays that follow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tonne.audit.replay.compare import Check, Difference, Tally
from tonne.audit.replay.contract_replay import UNFOUNDED, ContractReplay, Handler
from tonne.audit.replay.events import Dated
from tonne.audit.replay.exemptions import EXEMPT
from tonne.audit.replay.slots import SlotValue
from tonne.deployment.plan import source_of

#: Contract and name of an event.
Kind = tuple[str, str]


class Dispatcher:
    """Replays of a set of contracts. Raises ValueError when an event would have two handlers."""

    def __init__(self, replays: Iterable[ContractReplay]) -> None:
        self.replays: Sequence[ContractReplay] = list(replays)
        #: Kinds with a handler.
        self.handled: dict[Kind, ContractReplay] = {}
        #: Events that have neither handler nor exemption, or that no code emits; how many of each.
        self.unexplained: Counter[Kind] = Counter()
        self._routes: dict[Kind, list[tuple[ContractReplay, Handler]]] = {}
        followers: list[tuple[Kind, ContractReplay, Handler]] = []
        for replay in self.replays:
            for route in replay.routes():
                kind = (route.contract, route.event)
                if route.follower:
                    followers.append((kind, replay, route.handler))
                elif self.handled.setdefault(kind, replay) is not replay:
                    raise ValueError(f"{route.contract}.{route.event} has two handlers")
                else:
                    self._routes.setdefault(kind, []).append((replay, route.handler))
        for place, (kind, replay, handler) in enumerate(followers):
            earlier = sum(of == kind for of, _, _ in followers[:place])
            self._routes.setdefault(kind, []).insert(earlier, (replay, handler))
        self._watchers = [r for r in self.replays if _overrides(r, "watch")]
        self._by_transaction = [r for r in self.replays if _overrides(r, "end_transaction")]
        self._tx = ""

    def feed(self, events: Iterable[Dated]) -> None:
        """Applies events in the order of the chain."""
        for at in events:
            event = at.event
            if event.tx_hash != self._tx:
                self.end_transaction()
                self._tx = event.tx_hash
            for watcher in self._watchers:
                watcher.watch(at)
            kind = (event.contract, event.name)
            for replay, handler in self._routes.get(kind, ()):
                replay.take(handler, at)
            if kind not in self.handled and not _is_exempt(kind):
                self.unexplained[kind] += 1

    def end_transaction(self) -> None:
        """Closes the transaction that was read last."""
        for replay in self._by_transaction:
            replay.end_transaction()

    def invariants(self, tally: Tally) -> None:
        """Identities among the events; an event that nothing explains is a difference."""
        self.end_transaction()
        tally.value("all", "events without a replay", {}, dict(self.unexplained))
        for replay in self.replays:
            try:
                replay.invariants(tally)
            except UNFOUNDED as error:
                tally.add(
                    Difference(replay.contract, "identities among events", "hold", repr(error))
                )

    def checks(self, now: int, tally: Tally) -> Iterator[Check]:
        """Views to compare at time `now` [s]; a replay that cannot say its values is a difference."""
        for replay in self.replays:
            try:
                yield from replay.checks(now)
            except UNFOUNDED as error:
                tally.add(Difference(replay.contract, "state from events", "complete", repr(error)))

    def slots(self) -> Iterator[SlotValue]:
        """Storage of ledgers to prove."""
        for replay in self.replays:
            yield from replay.slots()


def _overrides(replay: ContractReplay, method: str) -> bool:
    return getattr(type(replay), method) is not getattr(ContractReplay, method)


def _is_exempt(kind: Kind) -> bool:
    exemption = EXEMPT.get((source_of(kind[0]), kind[1]))
    return exemption is not None and exemption.emitted
