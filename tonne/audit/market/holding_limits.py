"""Replay of HoldingLimits: limits of pools, and claims of group members on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final

from tonne.audit.market.exchange import ExchangeReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay, follows
from tonne.audit.replay.events import Dated
from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.deployment.plan import EXCHANGE_LIMIT
from tonne.types import pool_id
from tonne.types.ids import MarketId, ParticipantId
from tonne.types.pool_id import Pool

NAME: Final = "HoldingLimits"


def follow(chain: Chain, first_block: int) -> list[str]:
    """Makes known every contract that ever set the exchange's limits; returns their addresses.

    One that takes another's place goes on from its state. The last one has the name of the
    deployment, earlier ones a number behind it.
    """
    deployed = chain[NAME]
    told = chain.logs("Exchange", "ControllerSet", first_block)
    holders = [e["controller"] for e in told if e["rights"] & EXCHANGE_LIMIT]
    # By the last time that each got the right.
    order = list(dict.fromkeys([*reversed(holders), deployed.address]))
    for number, address in enumerate(reversed(order[1:]), start=1):
        chain.contracts[f"{NAME}.{number}"] = chain.add(Contract(NAME, address, deployed.abi))
    if order[0] != deployed.address or len(order) > 1:
        chain.add(Contract(NAME, order[0], deployed.abi))
    return order


class HoldingLimitsReplay(ContractReplay):
    """Limits of pools, and claims of group members on them [units].

    `HoldingSharesReplay` works out each account's pool from them and compares it."""

    contract = "HoldingLimits"

    def __init__(
        self,
        exchange: ExchangeReplay,
        parties: ParticipantsReplay,
        followed: Collection[str] | None = None,
    ) -> None:
        """`followed` are the addresses whose events are read; None is all that there are."""
        super().__init__()
        self.exchange, self.parties, self.followed = exchange, parties, followed
        self.ordered: dict[int, int] = {}
        self.claims: dict[int, dict[int, int]] = defaultdict(dict)

    def _on_PoolLimitSet(self, a: Args, _: Dated) -> None:
        self.ordered[a["pool"]] = a["limit"]

    def _on_GroupClaimSet(self, a: Args, _: Dated) -> None:
        self.claims[a["pool"]][a["participant"]] = a["units"]

    @follows("Exchange")
    def _on_ControllerSet(self, a: Args, _: Dated) -> None:
        """An answer that leaves out this event's log must not leave out the contract's own."""
        unread = self.followed is not None and a["controller"] not in self.followed
        sets_limits = bool(a["rights"] & EXCHANGE_LIMIT)
        self._require(not (sets_limits and unread), f"limits of {a['controller']} are not followed")

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for pool, limit in sorted(self.ordered.items()):
            yield Check(self.contract, "orderedOf", (pool,), limit, f"limit of pool {pool:#x}")
        for pool, members in sorted(self.claims.items()):
            claimed = sum(members.values())
            about = f"claims of the group on pool {pool:#x}"
            yield Check(self.contract, "groupClaimsOf", (pool,), claimed, about)

    def invariants(self, tally: Tally) -> None:
        """No participant has a claim on two pools of one class."""
        super().invariants(tally)
        seen: set[tuple[int, int]] = set()
        twice = []
        for pool, members in self.claims.items():
            for who, units in members.items():
                key = (Pool.unpack(pool).traded, who)
                if units and key in seen:
                    twice.append(key)
                if units:
                    seen.add(key)
        tally.value(self.contract, "members with claims on two pools", [], twice)

    def class_of(self, market: MarketId) -> int:
        """`class 8 | scheme 16` of a market's unit; an id that names no class is a class of its own."""
        return pool_id.traded_class(self.exchange.markets[market].unit, market)

    def pool_of(self, participant: ParticipantId, market: MarketId) -> int:
        """The pool that an account shares in, by the register's groups."""
        known = self.parties.participants.get(participant)
        group = known.group if known is not None else 0
        return Pool(self.class_of(market), group != 0, group or participant).pack()
