"""Replay of HoldingLimits: limits of pools, and claims of group members on them."""

from __future__ import annotations

from collections import defaultdict

from tonne.audit.market.exchange import ExchangeReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.types import pool_id
from tonne.types.ids import MarketId, ParticipantId
from tonne.types.pool_id import Pool


class HoldingLimitsReplay(ContractReplay):
    """Limits of pools, and claims of group members on them [units].

    `HoldingSharesReplay` works out each account's pool from them and compares it."""

    contract = "HoldingLimits"

    def __init__(self, exchange: ExchangeReplay, parties: ParticipantsReplay) -> None:
        super().__init__()
        self.exchange, self.parties = exchange, parties
        self.ordered: dict[int, int] = {}
        self.claims: dict[int, dict[int, int]] = defaultdict(dict)

    def _on_PoolLimitSet(self, a: Args, _: Dated) -> None:
        self.ordered[a["pool"]] = a["limit"]

    def _on_GroupClaimSet(self, a: Args, _: Dated) -> None:
        self.claims[a["pool"]][a["participant"]] = a["units"]

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
