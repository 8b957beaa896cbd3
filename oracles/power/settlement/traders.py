"""Who may have sold or bought by contracts at a node: its energy counts there, though it never joined."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, NamedTuple

from oracles.runtime.rpc_pool import RpcPool
from tonne.chain.client import Chain

CONTRACT: Final = "PowerTrades"
#: Blocks of events that are read again, to find those of a reorganisation.
OVERLAP: Final = 20
#: Blocks in one request for events.
SPAN: Final = 100_000


class _Agreed(NamedTuple):
    """A contract, and at which nodes its parties sell or buy."""

    number: int
    since: int  # interval
    until: int
    places: tuple[tuple[int, int], ...]  # (account, node)


class Traders:
    """Follows contracts between accounts as most nodes report them."""

    def __init__(self, chain: Chain, nodes: RpcPool) -> None:
        self._chain = chain
        self._nodes = nodes
        self._next = 0
        self._known: dict[int, _Agreed] = {}

    def at(self, node: int, interval: int) -> set[int]:
        """Accounts with a contract at a node in an interval."""
        self._follow()
        return {
            account
            for agreed in self._known.values()
            if agreed.since <= interval <= agreed.until
            for account, place in agreed.places
            if place == node
        }

    def _follow(self) -> None:
        head = self._chain.block_number()
        while self._next <= head:
            first, last = self._next, min(self._next + SPAN - 1, head)
            asked = partial(self._told, first, last)
            told = self._nodes.agreed("contracts between accounts", asked)
            self._known |= {agreed.number: agreed for agreed in told}
            self._next = last + 1
        self._next = max(head + 1 - OVERLAP, 0)

    def _told(self, first: int, last: int) -> tuple[_Agreed, ...]:
        events = self._chain.logs(CONTRACT, "ContractAgreed", first, last)
        return tuple(_agreed(event["id"], event["state"]) for event in events)


def _agreed(number: int, state: Any) -> _Agreed:
    nodes = state.sellerNode, state.buyerNode
    places = {(state.seller, nodes[0]), (state.buyer, nodes[1])}
    if nodes[0] != nodes[1]:
        places |= {(state.carrier, node) for node in nodes}
    return _Agreed(number, state.fromInterval, state.untilInterval, tuple(sorted(places)))
