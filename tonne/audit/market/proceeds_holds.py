"""Replay of ProceedsHolds: cash of sellers of a barred batch, held for a bounded time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.market.exchange import TRADE, ExchangeReplay
from tonne.audit.market.settling_contract import SettlingContractReplay
from tonne.audit.proofs.findings import Finding
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, follows
from tonne.audit.replay.events import Dated
from tonne.audit.units.offset_credits import ACTIVE, OffsetCreditsReplay
from tonne.constants import DAY_S
from tonne.market.fills import records
from tonne.market.order_encoding import side_of_request
from tonne.types import account_id
from tonne.types.account_id import FIRST_CUSTODY_ACCOUNT, participant_of
from tonne.types.ids import AccountId, MarketId, ParticipantId, UnitId

#: Longest time of a hold [s].
MAX_TIME: Final = 90 * DAY_S
#: Code of the finding that more was held than a seller got.
ABOVE_PROCEEDS: Final = "AUDIT_HOLD_ABOVE_PROCEEDS"
BUY: Final = 0


@dataclass(slots=True)
class _Hold:
    """Held cash of one seller [0.0001 currency]."""

    unit: UnitId
    market: MarketId
    seller: ParticipantId
    cash: int
    until: int  # [s]


class ProceedsHoldsReplay(SettlingContractReplay):
    """Holds of proceeds, compared with what each seller got by the trades themselves."""

    contract = "ProceedsHolds"

    def __init__(
        self, exchange: ExchangeReplay, credits: OffsetCreditsReplay, address: str
    ) -> None:
        super().__init__(exchange, address)
        self.credits = credits
        self.holds: dict[int, _Hold] = {}
        self.findings: list[Finding] = []
        #: Sales by account: time [s] and turnover [0.0001 currency].
        self._sales: dict[AccountId, list[tuple[int, int]]] = defaultdict(list)

    # Sales

    @follows("Exchange")
    def _on_OrdersFilled(self, a: Args, at: Dated) -> None:
        taker = a["taker"]
        number, _ = account_id.unpack(taker)
        market = self.exchange.markets[number]
        buys = side_of_request(a["request"]) == BUY
        for fill in records(a["fills"]):
            if fill.ended:
                continue
            maker = account_id.pack(number, ParticipantId(fill.maker))
            seller = maker if buys else taker
            self._sales[seller].append((at.time, fill.lots * market.price(fill.tick)))

    @follows("Exchange")
    def _on_Settled(self, a: Args, at: Dated) -> None:
        seller = a["from"]
        if a["lots"] and a["cash"] and participant_of(seller) < FIRST_CUSTODY_ACCOUNT:
            self._sales[seller].append((at.time, a["cash"]))

    # Holds

    def _on_ProceedsHeld(self, a: Args, at: Dated) -> None:
        number, cash, market = a["id"], a["cash"], self.exchange.markets[a["market"]]
        bounded = 0 < a["until"] - at.time <= MAX_TIME
        barred = self.credits.status.get(a["unit"]) != ACTIVE and market.unit == a["unit"]
        if number != len(self.holds) + 1 or not bounded or not barred:
            self.faults.append(f"hold {number} of cash of participant {a['seller']}")
        self.holds[number] = _Hold(a["unit"], a["market"], a["seller"], cash, a["until"])
        account = account_id.pack(a["market"], a["seller"])
        first = market.local_day(a["since"])
        got = sum(sum_ for time, sum_ in self._sales[account] if market.local_day(time) >= first)
        if cash > got:
            said = f"hold {number} is of {cash:,} of participant {a['seller']}, which got {got:,}"
            self.findings.append(Finding(ABOVE_PROCEEDS, said, at.event.block))
        self._expect(number, self._own(a["market"]), account, cash)

    def _on_ProceedsReleased(self, a: Args, _: Dated) -> None:
        hold = self.holds[a["id"]]
        if not 0 < hold.cash == a["cash"]:
            self.faults.append(f"release of hold {a['id']}: {a['cash']} of {hold.cash}")
        hold.cash = 0
        account = account_id.pack(hold.market, hold.seller)
        self._expect(a["id"], account, self._own(hold.market), a["cash"])

    def _own(self, market: MarketId) -> AccountId:
        """The custody account of a market."""
        return account_id.pack(market, ParticipantId(self.house))

    def _expect(self, number: int, giver: AccountId, taker: AccountId, cash: int) -> None:
        """Cash goes from the taker of no lots to their giver."""
        self.expected[number.to_bytes(32, "big")].append((giver, taker, TRADE, 0, cash))

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for number in self.exchange.markets:
            held = self.exchange.accounts.get((number, self.house))
            own = sum(hold.cash for hold in self.holds.values() if hold.market == number)
            about = f"cash held in market {number}"
            tally.value(self.contract, about, own, held.cash if held else 0)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "holdCount", (), len(self.holds), "number of holds")
        for number, hold in sorted(self.holds.items()):
            expected = {
                "unit": hold.unit,
                "market": hold.market,
                "seller": hold.seller,
                "cash": hold.cash,
                "until": hold.until,
            }
            yield Check(self.contract, "holdOf", (number,), expected, f"hold {number}")
