"""The whole market on Anvil in the state in which gas is measured: `setUp` of `Exchange.t.sol`, again.

Everything is deployed as `tonne deploy` does it, so what is measured is what a user pays. Forge measures
the same bytecode with doubles in place of the register, the rules and the unit contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tonne import deploy, node, rulepack, seed, setup
from tonne.book_words import Order, OrderId, Side, TimeInForce
from tonne.chain import Call, Chain, Receipt
from tonne.rulepack import Period, RulePack
from tonne.signing import Account

PACK: Final = Path(__file__).resolve().parents[2] / "schemes" / "china-national.toml"
PERIOD: Final = "2019-20"

MAKERS: Final = 104
FIRST_DAY: Final = date(2021, 7, 16)
SECOND_DAY: Final = date(2021, 7, 19)
THIRD_DAY: Final = date(2021, 7, 20)

#: Lots and cash [0.01 currency] of each maker, and of taker and seller.
MAKER: Final = (1_000, 10_000_000)
TRADER: Final = (100_000, 100_000_000)

#: The market of `MarketBase.sol`: tick 4,800 is 48.00.
CONFIG: Final = {
    "lotSize": 1,
    "basePrice": 0,
    "tickSize": 100,
    "referenceTick": 4_800,
    "utcQuarters": 32,
}
RULES: Final = {
    "bandPpm": 100_000,
    "takerFeePpm": 500,
    "makerFeePpm": 300,
    "minimumLots": 1,
    "maximumLots": 99_999,
    "holdingLimit": 0,
    "closeRule": setup.CLOSE_RULES["volume_weighted"],
    "sessions": [38, 46, 52, 60],
}

BUY, SELL = Side.BUY, Side.SELL
DAY, IOC = TimeInForce.DAY, TimeInForce.IMMEDIATE_OR_CANCEL


@dataclass(slots=True)
class Bench:
    """One market on its second trading day, whose orders are sent and weighed."""

    chain: Chain
    pack: RulePack
    period: Period
    makers: list[Account]
    taker: Account
    seller: Account
    authority: Account
    issuer: Account
    administrator: Account
    unit: int
    market: int = 0

    # ------------------------------------------------------------------ orders

    def order(
        self, side: Side, tick: int, lots: int, force: TimeInForce = DAY, market: int = 0
    ) -> int:
        return Order(market or self.market, side, tick, lots, force).pack()

    def send(self, who: Account, contract: str, function: str, *args: Any) -> Receipt:
        return self.chain.send(who, contract, function, *args)

    def send_all(self, calls: Iterable[tuple[Any, ...]]) -> list[Receipt]:
        """`(who, contract, function, *args)` in order."""
        return self.chain.send_many(
            Call(who, self.chain[contract], function, args)
            for who, contract, function, *args in calls
        )

    def place(self, who: Account, side: Side, tick: int, lots: int, **more: Any) -> int:
        """Gas of an order that rests."""
        return self.send(who, "Exchange", "place", self.order(side, tick, lots, **more)).gas_used

    def rest(self, orders: Iterable[tuple[Account, Side, int, int]], **more: Any) -> list[int]:
        """Places many, none of them weighed; their ids."""
        receipts = self.send_all(
            (who, "Exchange", "place", self.order(side, tick, lots, **more))
            for who, side, tick, lots in orders
        )
        return [self.id_of(receipt) for receipt in receipts]

    def id_of(self, receipt: Receipt) -> int:
        placed = [e for e in self.chain.events(receipt) if e.name == "OrderPlaced"]
        number = placed[-1]["order"] & (1 << 128) - 1
        assert OrderId.unpack(number).market
        return number

    def queue(self, side: Side, tick: int, count: int, lots: int = 10, **more: Any) -> list[int]:
        return self.rest(((self.makers[i], side, tick, lots) for i in range(count)), **more)

    def take(self, side: Side, tick: int, lots: int, market: int = 0) -> int:
        """Gas of the taker's order, which must be filled."""
        request = self.order(side, tick, lots, IOC, market)
        receipt = self.send(self.taker, "Exchange", "place", request)
        filled = sum(
            int.from_bytes(e["fills"][i + 8 : i + 12], "big")
            for e in self.chain.events(receipt)
            if e.name == "OrdersFilled"
            for i in range(0, len(e["fills"]), 12)
            if not e["fills"][i + 2] >> 7  # an order that ended without a trade
        )
        assert filled == lots, (filled, lots)
        return receipt.gas_used

    def cancel(self, who: Account, number: int) -> int:
        return self.send(who, "Exchange", "cancel", number).gas_used

    # ------------------------------------------------------------------ days

    def go(self, day: date, clock: time = time(10)) -> None:
        self.chain.set_time(self.pack.at(day, clock))

    def open(self, day: date, market: int = 0) -> int:
        """Gas of the opening, at ten in the morning."""
        self.go(day)
        return self.send(self.authority, "Exchange", "openDay", market or self.market).gas_used

    # ------------------------------------------------------------------ assets

    def deposit(self, rows: Sequence[tuple[Account, int, int]], market: int = 0) -> None:
        """Gives wallets lots and cash [0.01 currency] and puts them into the ledger."""
        market = market or self.market
        exchange = self.chain["Exchange"]
        lots = [(who, amount) for who, amount, _ in rows if amount]
        cash = [(who, amount) for who, _, amount in rows if amount]
        calls: list[tuple[Any, ...]] = []
        for i in range(0, len(lots), 100):
            part = lots[i : i + 100]
            to, amounts = [w.address for w, _ in part], [a for _, a in part]
            issue = (to, self.unit, amounts, b"\x01" * 32)
            calls.append((self.administrator, "Allowances", "issueBatch", *issue))
        for i in range(0, len(cash), 100):
            part = cash[i : i + 100]
            to, amounts = [w.address for w, _ in part], [a for _, a in part]
            calls.append((self.issuer, "SettlementCurrency", "mintBatch", to, amounts))
        for who, amount in lots:
            move = (who, exchange, self.unit, amount, b"")
            calls.append((who, "Allowances", "safeTransferFrom", *move))
        for who, amount in cash:
            calls.append((who, "SettlementCurrency", "approve", exchange, amount))
            calls.append((who, "Exchange", "depositCash", market, amount))
        self.send_all(calls)

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Whatever happens inside is undone."""
        mark = self.chain.snapshot()
        try:
            yield
        finally:
            self.chain.revert(mark)


@contextmanager
def standing() -> Iterator[Bench]:
    """Deploys, registers, deposits, and trades up to the second day."""
    pack = rulepack.load(PACK)
    period = pack.period(PERIOD)
    start = seed.start_time(pack, period)
    with (
        node.start(timestamp=start) as running,
        Chain(running.url) as chain,
        TemporaryDirectory(prefix="tonne-gas-") as folder,
    ):
        bench = _bench(chain, pack, period)
        _deploy(bench, Path(folder))
        _register(bench)
        _list_market(bench)
        _trade_first_day(bench)
        yield bench


def _bench(chain: Chain, pack: RulePack, period: Period) -> Bench:
    def someone(name: str) -> Account:
        return Account.from_seed("tonne", "gas", name)

    return Bench(
        chain,
        pack,
        period,
        [someone(f"maker{i}") for i in range(MAKERS)],
        someone("taker"),
        someone("seller"),
        someone("authority"),
        someone("issuer"),
        someone("administrator"),
        setup.allowance(pack, period),
    )


def _deploy(bench: Bench, folder: Path) -> None:
    people = {"authority": bench.authority.address, "currency_issuer": bench.issuer.address}
    settings = deploy.Settings(bench.administrator.address, people)
    deploy.deploy(bench.chain, Account.from_seed("tonne", "gas"), settings, folder)
    # Allowances for the ledger without reports and allocations: what they cost is measured elsewhere.
    administrator = bench.administrator
    rights = (administrator, deploy.UNIT_ISSUE)
    bench.send(administrator, "Allowances", "setController", *rights)
    setup.set_up_scheme(bench.chain, bench.authority, bench.pack)
    cap = 2**40
    scheme, vintage = bench.pack.scheme.number, bench.period.vintage
    bench.send(bench.authority, "Schemes", "disclose", scheme, vintage, cap, cap, 0)


def _register(bench: Bench) -> None:
    everybody = [bench.authority, *bench.makers, bench.taker, bench.seller]
    bench.send_all(
        (who, "Participants", "applyFor", seed.TRADER, 1, b"\x01" * 32) for who in everybody
    )
    numbers = list(range(1, len(everybody) + 1))
    bench.send(bench.authority, "Participants", "approve", numbers)


def _list_market(bench: Bench) -> None:
    chain = bench.chain
    operator, _, _ = chain.call("Participants", "walletOf", bench.authority)
    units, currency = chain["Allowances"].address, chain["SettlementCurrency"].address
    config = {**CONFIG, "units": units, "feeAccount": operator, "rules": RULES}
    bench.go(FIRST_DAY, time(1))
    made = (bench.unit, bench.pack.scheme.number, currency, config)
    bench.send(bench.authority, "Exchange", "createMarket", *made)
    bench.market = chain.call("Exchange", "marketOf", bench.unit)


def _trade_first_day(bench: Bench) -> None:
    """Every word that is to be in use is used once; then the orders die with the day."""
    traders = [(maker, *MAKER) for maker in bench.makers]
    bench.deposit([*traders, (bench.taker, *TRADER), (bench.seller, *TRADER)])
    bench.open(FIRST_DAY)
    used = [
        (bench.makers[i], side, tick, 1)
        for ask in range(4_850, 4_870)
        for side, tick in ((SELL, ask), (BUY, ask - 100))
        for i in range(2)
    ]
    for side, tick in ((SELL, 4_880), (BUY, 4_700)):
        used += [(bench.makers[i % MAKERS], side, tick, 1) for i in range(120)]
    bench.rest(used)
    _trade(bench)
    bench.open(SECOND_DAY)
    _trade(bench)


def _trade(bench: Bench) -> None:
    bench.rest([(bench.makers[-1], SELL, 4_801, 1)])
    bench.take(BUY, 4_801, 1)
    bench.rest([(bench.makers[-1], BUY, 4_799, 1)])
    bench.take(SELL, 4_799, 1)
