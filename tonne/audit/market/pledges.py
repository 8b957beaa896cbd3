"""Replay of Pledges: pledged lots, and the proposals to release them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tonne.audit.market.exchange import HOLD, RETURN, TRADE, ExchangeReplay
from tonne.audit.market.settling_contract import SettlingContractReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.constants import ZERO_ADDRESS
from tonne.types import account_id
from tonne.types.ids import MarketId, ParticipantId

#: `Party` of IPledges.
NONE, PLEDGOR, LENDER = 0, 1, 2


@dataclass(slots=True)
class _Pledge:
    """Pledged lots, and the open proposal to release some."""

    market: MarketId
    pledgor: ParticipantId
    lender: ParticipantId
    lots: int
    until: int  # [s] after it the rest is the pledgor's
    proposal: tuple[int, int, bool] = (NONE, 0, False)  # by, lots, to the lender


class PledgesReplay(SettlingContractReplay):
    """Pledges, and the proposals to release them."""

    contract = "Pledges"

    def __init__(self, exchange: ExchangeReplay, address: str) -> None:
        super().__init__(exchange, address)
        self.pledges: dict[int, _Pledge] = {}

    def pledged(self, market: MarketId) -> int:
        """Lots of a market that are pledged now."""
        return sum(p.lots for p in self.pledges.values() if p.market == market)

    def _on_LotsPledged(self, a: Args, _: Dated) -> None:
        number, market = a["pledge"], a["market"]
        if number != len(self.pledges) + 1:
            self.faults.append(f"pledge {number} is out of order")
        self.pledges[number] = _Pledge(market, a["pledgor"], a["lender"], a["lots"], a["until"])
        self._expect(number, market, a["pledgor"], None, HOLD, a["lots"])

    def _on_ReleaseProposed(self, a: Args, _: Dated) -> None:
        if not self._known(a["pledge"]):
            return
        proposal = (a["by"], a["lots"], a["toLender"])
        self.pledges[a["pledge"]].proposal = proposal if a["lots"] else (NONE, 0, False)

    def _on_PledgeReleased(self, a: Args, at: Dated) -> None:
        if not self._known(a["pledge"]):
            return
        pledge = self.pledges[a["pledge"]]
        to_lender = a["to"] == pledge.lender
        pledge.lots -= a["lots"]
        agreed = pledge.proposal[1:] == (a["lots"], to_lender) and pledge.proposal[0] != NONE
        over = at.time > pledge.until and not to_lender and pledge.lots == 0
        right = a["left"] == pledge.lots >= 0 and a["to"] in (pledge.lender, pledge.pledgor)
        if not right or (a["officer"] == ZERO_ADDRESS and not (agreed or over)):
            self.faults.append(f"release of pledge {a['pledge']}: {a['lots']} to {a['to']}")
        pledge.proposal = (NONE, 0, False)
        kind = TRADE if to_lender else RETURN
        self._expect(a["pledge"], pledge.market, None, a["to"], kind, a["lots"])

    def _known(self, number: int) -> bool:
        if number not in self.pledges:
            self.faults.append(f"pledge {number} was never made")
        return number in self.pledges

    def _expect(
        self,
        number: int,
        market: MarketId,
        giver: ParticipantId | None,
        taker: ParticipantId | None,
        kind: int,
        lots: int,
    ) -> None:
        """Expects a movement; None is the contract's custody account."""
        source, target = (self.house if side is None else side for side in (giver, taker))
        ends = (
            account_id.pack(market, ParticipantId(source)),
            account_id.pack(market, ParticipantId(target)),
        )
        moved = (*ends, kind, lots, 0)
        self.expected[number.to_bytes(32, "big")].append(moved)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for market in self.exchange.markets:
            held = self.exchange.accounts.get((market, self.house))
            about = f"lots pledged in market {market}"
            tally.value(self.contract, about, self.pledged(market), held.lots if held else 0)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "count", (), len(self.pledges), "number of pledges")
        totals: dict[tuple[int, int], int] = defaultdict(int)
        for number, pledge in self.pledges.items():
            totals[pledge.pledgor, pledge.market] += pledge.lots
            by, lots, to_lender = pledge.proposal
            expected = {
                "market": pledge.market,
                "pledgor": pledge.pledgor,
                "lender": pledge.lender,
                "lots": pledge.lots,
                "until": pledge.until,
                "proposer": by,
                "proposedLots": lots,
                "proposedToLender": to_lender,
            }
            yield Check(self.contract, "pledgeOf", (number,), expected, f"pledge {number}")
        for (pledgor, market), lots in sorted(totals.items()):
            about = f"pledged by {pledgor} in market {market}"
            yield Check(self.contract, "pledgedBy", (pledgor, market), lots, about)
