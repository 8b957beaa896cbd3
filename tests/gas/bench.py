"""A market on Anvil in the state in which gas is measured: `setUp` of `Exchange.t.sol`, again.

Everything is deployed as `tonne deploy` does it, so what is measured is what a user pays. Forge measures
the same bytecode with doubles in place of the register, the rules and the unit contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tonne.chain.client import Receipt
from tonne.crypto.accounts import Account
from tonne.market import fills
from tonne.market.order_encoding import OrderRequest, PlacedOrder, Side, TimeInForce
from tonne.sandbox import trial_market
from tonne.sandbox.trial_market import FIRST_DAY, TrialMarket

MAKERS: Final = 104
SECOND_DAY: Final = date(2021, 7, 19)
THIRD_DAY: Final = date(2021, 7, 20)

#: Lots and cash [0.01 currency] of each maker, and of taker and seller.
MAKER: Final = (1_000, 10_000_000)
TRADER: Final = (100_000, 100_000_000)

#: The market of `Exchange.t.sol`, where it differs from a trial market: tick 4,800 is 48.00, all rules on.
RULES: Final = {
    "bandPpm": 100_000,
    "takerFeePpm": 500,
    "makerFeePpm": 300,
    "maximumLots": 99_999,
    "holdingLimit": 1_000_000,
    "sessions": [38, 46, 52, 60],
    "takerLevels": 5,
    "blockMinimumLots": 100_000,
    "blockBandPpm": 300_000,
    "blockSession": [52, 60],
}

BUY, SELL = Side.BUY, Side.SELL
DAY, IOC = TimeInForce.DAY, TimeInForce.IMMEDIATE_OR_CANCEL
GTC = TimeInForce.GOOD_TILL_CANCELLED


@dataclass(slots=True)
class Bench:
    """One market on its second trading day, whose orders are sent and weighed."""

    stage: TrialMarket
    makers: list[Account]
    taker: Account
    seller: Account
    market: int

    def send(self, who: Account, contract: str, function: str, *args: Any) -> Receipt:
        return self.stage.send(who, contract, function, *args)

    def order(
        self, side: Side, tick: int, lots: int, force: TimeInForce = DAY, market: int = 0
    ) -> int:
        return OrderRequest(market or self.market, side, tick, lots, force).pack()

    def place(self, who: Account, side: Side, tick: int, lots: int, **more: Any) -> int:
        """Gas of an order that rests."""
        return self.send(who, "Exchange", "place", self.order(side, tick, lots, **more)).gas_used

    def rest(self, orders: Iterable[tuple[Account, Side, int, int]], **more: Any) -> list[int]:
        """Places many, none of them weighed; their ids."""
        receipts = self.stage.send_all(
            (who, "Exchange", "place", self.order(side, tick, lots, **more))
            for who, side, tick, lots in orders
        )
        return [self._placed(receipt) for receipt in receipts]

    def queue(self, side: Side, tick: int, count: int, lots: int = 10, **more: Any) -> list[int]:
        return self.rest(((self.makers[i], side, tick, lots) for i in range(count)), **more)

    def take(self, side: Side, tick: int, lots: int, market: int = 0) -> int:
        """Gas of the taker's order, which must be filled."""
        request = self.order(side, tick, lots, IOC, market)
        receipt = self.send(self.taker, "Exchange", "place", request)
        [filled] = [e for e in self.stage.chain.events(receipt) if e.name == "OrdersFilled"]
        assert lots == sum(f.lots for f in fills.records(filled["fills"]) if not f.ended)
        return receipt.gas_used

    def trade(self) -> None:
        """A trade on each side, so that the day's figures are in use."""
        self.rest([(self.makers[-1], SELL, 4_801, 1)])
        self.take(BUY, 4_801, 1)
        self.rest([(self.makers[-1], BUY, 4_799, 1)])
        self.take(SELL, 4_799, 1)

    def cancel(self, who: Account, number: int) -> int:
        return self.send(who, "Exchange", "cancel", number).gas_used

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Whatever happens inside is undone."""
        mark = self.stage.chain.snapshot()
        try:
            yield
        finally:
            self.stage.chain.revert(mark)

    def _placed(self, receipt: Receipt) -> int:
        [event] = [e for e in self.stage.chain.events(receipt) if e.name == "OrderPlaced"]
        return PlacedOrder.unpack(event["order"]).id


@contextmanager
def standing(
    hardfork: str | None = None, rules: Mapping[str, Any] = RULES, traced: bool = False
) -> Iterator[Bench]:
    """Deploys, registers, deposits, and trades up to the second day."""
    with trial_market.standing("gas", hardfork, traced) as stage:
        makers = [Account.from_seed("tonne", "gas", f"maker{i}") for i in range(MAKERS)]
        taker, seller = (Account.from_seed("tonne", "gas", name) for name in ("taker", "seller"))
        operator, *_ = stage.register([stage.authority, *makers, taker, seller])
        market = stage.list_market({}, rules, operator)
        traders = [(maker, *MAKER) for maker in makers]
        stage.deposit(market, [*traders, (taker, *TRADER), (seller, *TRADER)])
        bench = Bench(stage, makers, taker, seller, market)
        _trade_first_day(bench)
        yield bench


def _trade_first_day(bench: Bench) -> None:
    """Every word that is to be in use is used once; then the orders die with the day."""
    bench.stage.open(bench.market, FIRST_DAY)
    used = [
        (bench.makers[i], side, tick, 1)
        for ask in range(4_850, 4_870)
        for side, tick in ((SELL, ask), (BUY, ask - 100))
        for i in range(2)
    ]
    for side, tick in ((SELL, 4_880), (BUY, 4_700)):
        used += [(bench.makers[i % MAKERS], side, tick, 1) for i in range(120)]
    bench.rest(used)
    bench.trade()
    bench.stage.open(bench.market, SECOND_DAY)
    bench.trade()
