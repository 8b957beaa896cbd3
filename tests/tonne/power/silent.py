"""An aggregator of the small market that keeps silent, and its customers in the register."""

from __future__ import annotations

from collections.abc import Sequence

from tests.tonne.power.neighbours import QUARTER, credits, grid
from tonne.chain.client import Chain
from tonne.power.bid_tree import BidReceipt, market_domain
from tonne.power.customer_papers import CustomerPaper, draw
from tonne.power.encoding import BID, FIRST_PSEUDONYM
from tonne.units.energy_credits import MICRO

HOUR, DAY = 3_600, 86_400
#: [micro-credit] That a Wh of a bid costs which is not opened.
CAP = 10_000


class Silent:
    """`east`, which bids at node 0 and opens nothing."""

    def __init__(self, town) -> None:
        self.chain: Chain = town.chain
        self.east, self.officer = town.market.people["east"], town.market.people["authority"]
        self.outsider = town.market.people["trader"]
        self.number = town.market.participants["east"]
        credits(town)
        grid(town)
        self.chain.send(self.east, "PowerMarket", "deposit", 50 * MICRO)
        self.interval = self.chain.now() // QUARTER + 3

    def list(self, keys: Sequence[str]) -> list[CustomerPaper]:
        """Registers customers; their papers."""
        papers = draw(self.chain, 0, self.number, keys)
        root = bytes.fromhex(papers[0].root[2:])
        args = (0, self.number, root, len(papers))
        self.chain.send(self.officer, "BidLimits", "setCustomers", *args)
        return papers

    def commit(self, energy: int = 900, interval: int | None = None) -> int:
        """A bid that nobody can open; its interval."""
        at = self.interval if interval is None else interval
        self.chain.send(self.east, "PowerMarket", "commit", at, b"\x01" * 24, energy)
        return at

    def pass_gate(self, interval: int) -> None:
        """On to where nothing more of it is opened."""
        self.chain.set_time(interval * QUARTER - 600 + 31)

    def forfeit(self, energy: int = 900) -> int:
        """An interval whose bid is forfeited."""
        at = self.commit(energy)
        self.pass_gate(at)
        self.chain.send(self.outsider, "PowerMarket", "forfeit", at, self.number)
        self.interval = self.chain.now() // QUARTER + 3
        return at

    def break_receipt(self, interval: int) -> None:
        """Its deposit goes: it does not show a bid that it signed a receipt of."""
        chain = self.chain
        bid = (FIRST_PSEUDONYM, 0, BID, 9, 5_000, bytes(32))
        receipt = BidReceipt(interval, self.number, *bid)
        domain = market_domain(chain.chain_id, chain["PowerMarket"].address)
        signed = self.east.sign_typed(receipt, domain)
        chain.send(self.outsider, "PowerMarket", "dispute", receipt.fields(), self.east, signed)
        chain.set_time(chain.now() + 6 * HOUR + 1)
        chain.send(self.outsider, "PowerMarket", "uphold", receipt.fields())

    def end(self, interval: int) -> None:
        """The reserve has the rest."""
        self.chain.set_time(interval * QUARTER + 30 * DAY)
        self.chain.send(self.outsider, "PowerMarket", "endForfeit", interval, self.number)
