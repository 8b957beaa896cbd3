"""The whole market on a chain of one's own, to try something out: scheme, members and assets included.

Everything is as `tonne deploy` makes it. The one liberty: allowances come straight from the
administrator, so that no emissions have to be reported first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tonne import paths
from tonne.chain.client import Call, Chain, Receipt
from tonne.crypto.accounts import Account
from tonne.deployment import deployer, market_rules, plan, scheme_setup
from tonne.rules.pack import Period, RulePack, load
from tonne.sandbox import node, seed_market

PACK: Final = paths.TREE / "schemes" / "china-national.toml"
PERIOD: Final = "2019-20"

#: A day on which the scheme trades, the first one that is rehearsed.
FIRST_DAY: Final = date(2021, 7, 16)

#: Allowances disclosed, more than any ledger holds.
CAP: Final = 2**40
#: Receivers of one minting call.
RECEIVERS: Final = 100
#: Approvals of one call.
APPROVALS: Final = 200

EVIDENCE: Final = b"\x01" * 32

#: A market without band or fees, open all day; `list_market` takes what differs.
CONFIG: Final[Mapping[str, Any]] = {
    "lotSize": 1,
    "basePrice": 0,
    "tickSize": market_rules.LEDGER_PER_CENT,
    "referenceTick": 4_800,
    "utcQuarters": 32,
}
RULES: Final[Mapping[str, Any]] = {
    "bandPpm": 0,
    "takerFeePpm": 0,
    "makerFeePpm": 0,
    "minimumLots": 1,
    "maximumLots": 0xFFFFFFFF,
    "holdingLimit": 0,
    "closeRule": market_rules.CLOSE_RULES["volume_weighted"],
    "sessions": [0, 96, 0, 0],
    "takerLevels": 0,
    "blockMinimumLots": 0,
    "blockBandPpm": 0,
    "blockSession": [0, 0],
}


@dataclass(slots=True)
class TrialMarket:
    """A market on a private chain, and its keys."""

    chain: Chain
    pack: RulePack
    period: Period
    authority: Account
    issuer: Account
    administrator: Account
    unit: int

    def send(self, who: Account, contract: str, function: str, *args: Any) -> Receipt:
        return self.chain.send(who, contract, function, *args)

    def send_all(self, calls: Iterable[tuple[Any, ...]], check: bool = True) -> list[Receipt]:
        """Sends `(who, contract, function, *args)` in order."""
        return self.chain.send_many(
            (
                Call(who, self.chain[contract], function, args)
                for who, contract, function, *args in calls
            ),
            check,
        )

    def register(self, everybody: Sequence[Account]) -> list[int]:
        """Makes participants of wallets; their numbers."""
        self.send_all(
            (who, "Participants", "applyFor", seed_market.TRADER, 1, EVIDENCE) for who in everybody
        )
        filed = [(who, seed_market.TRADER, 1, EVIDENCE) for who in everybody]
        self.send_all(
            (self.authority, "Participants", "approve", filed[i : i + APPROVALS])
            for i in range(0, len(filed), APPROVALS)
        )
        return self.numbers_of(everybody)

    def numbers_of(self, everybody: Sequence[Account]) -> list[int]:
        """Numbers of the participants that wallets belong to."""
        found = self.chain.call_many([("Participants", "walletOf", (who,)) for who in everybody])
        return [number for number, _, _ in found]

    def list_market(
        self,
        config: Mapping[str, Any],
        rules: Mapping[str, Any],
        fee_account: int = 0,
        unit: int | None = None,
    ) -> int:
        """Lists a unit, the period's allowance if none is named, on the morning of the first day."""
        chain = self.chain
        unit = self.unit if unit is None else unit
        made = {
            **CONFIG,
            **config,
            "units": chain["Allowances"].address,
            "feeAccount": fee_account,
            "rules": {**RULES, **rules},
        }
        currency = chain["SettlementCurrency"].address
        scheme = self.pack.scheme.number
        self.send(self.authority, "Exchange", "createMarket", unit, scheme, currency, made)
        found: int = chain.call("Exchange", "marketOf", unit)
        return found

    def deposit(self, market: int, rows: Sequence[tuple[Account, int, int]]) -> None:
        """Gives wallets units and cash [0.01 currency] and puts them into the ledger of a market."""
        chain = self.chain
        unit = chain.call("Exchange", "marketAssets", market).unit
        exchange = chain["Exchange"]
        holders = [(who, amount) for who, amount, _ in rows if amount]
        numbers = self.numbers_of([who for who, _ in holders])
        units = [(n, amount) for n, (_, amount) in zip(numbers, holders, strict=True)]
        cash = [(who.address, amount) for who, _, amount in rows if amount]
        calls: list[tuple[Any, ...]] = []
        for i in range(0, len(units), RECEIVERS):
            to, amounts = _columns(units[i : i + RECEIVERS])
            issue = ("Allowances", "issueBatch", to, unit, amounts, EVIDENCE)
            calls.append((self.administrator, *issue))
        for i in range(0, len(cash), RECEIVERS):
            to, amounts = _columns(cash[i : i + RECEIVERS])
            calls.append((self.issuer, "SettlementCurrency", "mintBatch", to, amounts))
        for who, amount, _ in rows:
            if amount:
                move = ("Allowances", "safeTransferFrom", who, exchange, unit, amount, b"")
                calls.append((who, *move))
        for who, _, amount in rows:
            if amount:
                calls.append((who, "SettlementCurrency", "approve", exchange, amount))
                calls.append((who, "Exchange", "depositCash", market, amount))
        self.send_all(calls)

    def go(self, day: date, clock: time = time(10)) -> None:
        self.chain.set_time(self.pack.at(day, clock))

    def open(self, market: int, day: date) -> Receipt:
        """Opens a day of the market, at ten in the morning."""
        self.go(day)
        return self.send(self.authority, "Exchange", "openDay", market)


@contextmanager
def standing(
    label: str = "trial market", hardfork: str | None = None, traced: bool = False
) -> Iterator[TrialMarket]:
    """Starts a chain under the rules of `hardfork`, deploys, sets the scheme up; all gone at the end.

    A `traced` one keeps each step of each transaction, for `debug_traceTransaction`.
    """
    extra = node.STEPS if traced else ()
    pack = load(PACK)
    period = pack.period(PERIOD)
    begin = seed_market.start_time(pack, period)
    with (
        node.start(
            timestamp=begin, hardfork=hardfork, best_price_first=True, extra=extra
        ) as running,
        Chain(running.url) as chain,
        TemporaryDirectory(prefix="tonne-trial-") as folder,
    ):
        authority, issuer, administrator = (
            Account.from_seed("tonne", label, name)
            for name in ("authority", "issuer", "administrator")
        )
        unit = scheme_setup.allowance(pack, period)
        market = TrialMarket(chain, pack, period, authority, issuer, administrator, unit)
        set_up(market, label, Path(folder))
        market.go(FIRST_DAY, time(1))
        yield market


def set_up(r: TrialMarket, label: str, folder: Path) -> None:
    """Deploys, its record into `folder`, and sets the scheme up; the administrator may issue allowances."""
    people = {"authority": r.authority.address, "currency_issuer": r.issuer.address}
    settings = deployer.Settings(r.administrator.address, people, founded=False)
    deployer.deploy(r.chain, Account.from_seed("tonne", label), settings, folder)
    issues = ("setController", r.administrator, plan.UNIT_ISSUE)
    r.send(r.administrator, "Allowances", *issues)
    scheme_setup.set_up_scheme(r.chain, r.authority, r.pack)
    disclosed = (r.pack.scheme.number, r.period.vintage, CAP, CAP, 0)
    r.send(r.authority, "Schemes", "disclose", *disclosed)


def _columns(rows: Sequence[tuple[Any, int]]) -> tuple[list[Any], list[int]]:
    return [to for to, _ in rows], [amount for _, amount in rows]
