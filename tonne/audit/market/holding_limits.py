"""Replay of HoldingLimits: limits of pools, and claims of group members on them."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from tonne.audit.market.exchange import LedgerReplay
from tonne.audit.parties.participants import PartiesReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.events import Dated

#: A pool is `class 8 | scheme 16 | grouped 1 | owner 24`.
OWNER_BITS: Final = 25
GROUPED: Final = 1 << 24
NO_CLASS: Final = 1 << 24  # beside the market's number: an id that names no class


class LimitsReplay:
    """Limits of pools and what members of groups have of theirs. Amounts are units.

    `SharesReplay` makes each account's pool of them and compares it."""

    contract: Final = "HoldingLimits"

    def __init__(self, ledger: LedgerReplay, parties: PartiesReplay) -> None:
        self.ledger, self.parties = ledger, parties
        self.ordered: dict[int, int] = {}
        self.claims: dict[int, dict[int, int]] = defaultdict(dict)

    def apply(self, dated: Dated) -> None:
        a = dated.event.args
        if dated.event.name == "PoolLimitSet":
            self.ordered[a["pool"]] = a["limit"]
        elif dated.event.name == "GroupClaimSet":
            self.claims[a["pool"]][a["participant"]] = a["units"]

    def internal(self, tally: Tally) -> None:
        """Nobody has a claim on two pools of one class."""
        seen: set[tuple[int, int]] = set()
        twice = []
        for pool, members in self.claims.items():
            for who, units in members.items():
                key = (pool >> OWNER_BITS, who)
                if units and key in seen:
                    twice.append(key)
                if units:
                    seen.add(key)
        tally.value(self.contract, "members with claims on two pools", [], twice)

    def class_of(self, market: int) -> int:
        """`class 8 | scheme 16` of what a market trades; an id that names no class is one of its own."""
        traded = self.ledger.markets[market]
        number = traded.unit >> 96
        scheme = traded.unit >> 80 & 0xFFFF
        return number << 16 | scheme if 0 < number < 256 else NO_CLASS | market

    def pool_of(self, participant: int, market: int) -> int:
        """The pool that an account shares in, by the register's groups."""
        known = self.parties.participants.get(participant)
        owner = GROUPED | known.group if known is not None and known.group else participant
        return self.class_of(market) << OWNER_BITS | owner
