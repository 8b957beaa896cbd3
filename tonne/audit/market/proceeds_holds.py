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
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.units.offset_credits import ACTIVE, OffsetCreditsReplay
from tonne.constants import DAY_S
from tonne.types import account_id
from tonne.types.ids import AccountId, MarketId, ParticipantId, UnitId

#: Longest time of a hold [s].
MAX_TIME: Final = 90 * DAY_S
#: Code of the finding that more was held than a seller got.
ABOVE_PROCEEDS: Final = "AUDIT_HOLD_ABOVE_PROCEEDS"


@dataclass(slots=True)
class _Hold:
    """Held cash of one seller [0.0001 currency]."""

    unit: UnitId
    market: MarketId
    seller: ParticipantId
    cash: int
    until: int  # [s]
    officer: str


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
        #: Marks by account, in order: time [s], net listed sales, settled sales [0.0001 currency].
        self.marks: dict[AccountId, list[tuple[int, int, int]]] = defaultdict(list)

    # Holds

    def _on_ProceedsHeld(self, a: Args, at: Dated) -> None:
        number, cash, market = a["id"], a["cash"], self.exchange.markets[a["market"]]
        bounded = 0 < a["until"] - at.time <= MAX_TIME
        barred = self.credits.status.get(a["unit"]) != ACTIVE and market.unit == a["unit"]
        if number != len(self.holds) + 1 or not bounded or not barred:
            self.faults.append(f"hold {number} of cash of participant {a['seller']}")
        hold = _Hold(a["unit"], a["market"], a["seller"], cash, a["until"], a["officer"])
        self.holds[number] = hold
        account = account_id.pack(a["market"], a["seller"])
        got = self.exchange.flows.proceeds(account, a["since"])
        if cash > got:
            said = f"hold {number} is of {cash:,} of participant {a['seller']}, which got {got:,}"
            self.findings.append(Finding(ABOVE_PROCEEDS, said, at.event.block))
        self._expect(number, self._own(a["market"]), account, cash)

    def _on_ProceedsReleased(self, a: Args, at: Dated) -> None:
        hold = self.holds[a["id"]]
        if not 0 < a["cash"] <= hold.cash:
            self.faults.append(f"release of hold {a['id']}: {a['cash']} of {hold.cash}")
        barred = self.credits.status.get(hold.unit) != ACTIVE
        if barred and at.time <= hold.until and a["actor"] == hold.officer:
            self.faults.append(f"hold {a['id']} is released by {hold.officer}, who holds it")
        hold.cash -= a["cash"]
        account = account_id.pack(hold.market, hold.seller)
        self._expect(a["id"], account, self._own(hold.market), a["cash"])

    def _on_ProceedsMarkSet(self, a: Args, at: Dated) -> None:
        account = account_id.pack(a["market"], a["seller"])
        flows = self.exchange.flows.of[account]
        held = self.exchange.accounts[a["market"], a["seller"]].cash
        stated, own = (a["net"], a["settled"]), (held - flows.cash, flows.settled)
        if stated != own or not flows.since:
            self.faults.append(f"mark of participant {a['seller']}: {stated}, not {own}")
        self.marks[account].append((at.time, *stated))

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
                "officer": hold.officer,
            }
            yield Check(self.contract, "holdOf", (number,), expected, f"hold {number}")
        for account, marks in sorted(self.marks.items()):
            market, seller = account_id.unpack(account)
            if self.exchange.markets[market].delisted:
                continue  # its marks are asked for by its unit, which has another market
            key = (self.exchange.markets[market].unit, seller)
            about = f"marks of {seller} in market {market}"
            yield Check(self.contract, "markCount", key, len(marks), about)
            for place, found in enumerate(marks):
                yield Check(self.contract, "markOf", (*key, place), found, f"{place} of {about}")
