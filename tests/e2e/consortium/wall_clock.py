"""A compliance period of many emitters by the clock on the wall, through public methods alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.oracles.emissions import desk as emissions
from tonne.chain import clock
from tonne.chain.client import Call, Chain
from tonne.crypto.accounts import Account
from tonne.deployment import deployer, founding, record, roles
from tonne.market.order_encoding import OrderRequest, Side
from tonne.rules.pack import Period, RulePack
from tonne.sandbox import seed_market
from tonne.types.ids import MarketId

#: Items in one call of an authority.
ITEMS = 50
#: [t] that an emitter sells or buys, and surrenders; at one price [0.01 currency].
LOTS, SURRENDERED = 100, 1_000
PRICE = 4_800
#: Acts of many senders that do not wait for one another.
APART = {"applyFor", "place"}
#: [s] between the signature of a report and its way to the chain.
SIGNED_BEFORE_S = 2


class WallClockPeriod(seed_market._Seed):
    """Everybody of the small named market, and more emitters, each with one plant. Nothing moves time."""

    def __init__(
        self,
        chain: Chain,
        rules: tuple[RulePack, Period],
        who: Mapping[str, Account],
        emitters: int,
        folder: Path,
    ) -> None:
        super().__init__(chain, *rules, who)
        self.folder = folder
        self.deployer = Account.from_seed("deployer")
        self.owners = [Account.from_seed("drill", "emitter", n) for n in range(emitters)]
        self.more: list[int] = []  # plants of these

    def everybody(self) -> list[Account]:
        """Who sends, and so needs coin."""
        clerk = Account.from_seed(*clock.CLERK)
        return [self.deployer, clerk, *self.who.values(), *self.owners]

    def deploy(self) -> None:
        holders = {name: self.who[name].address for name in roles.HOLDERS}
        settings = deployer.Settings(self.who["administrator"].address, holders, founded=False)
        deployer.deploy(self.chain, self.deployer, settings, self.folder / "deployments")

    def found(self) -> None:
        founding.found(self.chain, self.who["administrator"], self.who["guardian"].address)

    @property
    def record(self) -> Path:
        return record.path_for(self.chain.chain_id, self.folder / "deployments")

    # The period, step by step

    def parties(self) -> None:
        super().parties()
        place = self.pack.jurisdictions["Shanxi"]
        filed = [
            (who, seed_market.EMITTER, place, _evidence(n)) for n, who in enumerate(self.owners)
        ]
        self.send((who, "Participants", "applyFor", *rest) for who, *rest in filed)
        authority = self.who["authority"]
        self.send((authority, "Participants", "approve", part) for part in _parts(filed))
        found = self.chain.call_many([("Participants", "walletOf", (w,)) for w in self.owners])
        coal = seed_market.PLANTS[0]
        rows = [
            (number, self.scheme, place, coal.class_number, coal.capacity_kw, _evidence(1_000 + n))
            for n, (number, _, _) in enumerate(found)
        ]
        before = self.chain.call("Participants", "installationCount")
        self.send((authority, "Participants", "registerInstallations", p) for p in _parts(rows))
        self.more = list(range(before + 1, before + 1 + len(rows)))
        self.plants |= {f"emitter {n}": number for n, number in enumerate(self.more)}

    def pre_allocate(self) -> None:
        coal = seed_market.PLANTS[0]
        given = [*seed_market.PLANTS, *[coal] * len(self.more)]
        cap = sum(plant.emissions_t for plant in given) * 12 // 10
        authority, period = self.who["authority"], self.period
        disclosed = (self.scheme, period.vintage, cap, cap, 0)
        self.send([(authority, "Schemes", "disclose", *disclosed)])
        ids = list(self.plants.values())
        power = [plant.prior_power_mwh for plant in given]
        heat = [plant.prior_heat_gj for plant in given]
        columns = zip(_parts(ids), _parts(power), _parts(heat), strict=True)
        early = (authority, "Allocation", "preAllocate", self.scheme, period.number)
        self.send((*early, *part) for part in columns)

    def desk(self, folder: Path) -> emissions.Desk:
        """The inbox of one daemon."""
        people, body = dict(self.who), self.numbers["verifier"]
        rest = (self.pack, self.period.last_year, self.record)
        return emissions.Desk(self.chain, people, body, folder, *rest)

    def reports(self) -> Iterator[tuple[str, Any]]:
        """Names and files of the reports of the further emitters, signed by all whom it takes."""
        desk = self.desk(self.folder)
        moment = self.chain.now() - SIGNED_BEFORE_S
        for owner, plant in zip(self.owners, self.more, strict=True):
            coal = seed_market.PLANTS[0]
            signed = desk.report(plant, by=owner, plant=coal, signedAt=moment)
            yield f"{plant}.report.json", desk.single(signed, signedAt=moment + 1)

    def true_up(self) -> None:
        authority = self.who["authority"]
        for contract, act in (("Allocation", "trueUp"), ("Compliance", "assess")):
            head = (authority, contract, act, self.scheme, self.period.number)
            self.send((*head, part) for part in _parts(list(self.plants.values())))
        paid_to = (self.scheme, self.chain["SettlementCurrency"], authority)
        self.send([(authority, "Compliance", "setTreasury", *paid_to)])

    def deposits(self) -> None:
        """Every second of the further emitters brings units to the exchange, the others money."""
        exchange = self.chain["Exchange"]
        calls: list[tuple[Any, ...]] = []
        for who in self.owners[::2]:
            give = (who, exchange, self.allowance, LOTS, b"")
            calls.append((who, "Allowances", "safeTransferFrom", *give))
        issuer = self.who["currency_issuer"]
        buyers, money = self.owners[1::2], LOTS * PRICE * 2
        self.send(
            (issuer, "SettlementCurrency", "mintBatch", list(part), [money] * len(part))
            for part in _parts(buyers)
        )
        for who in buyers:
            calls.append((who, "SettlementCurrency", "approve", exchange, money))
            calls.append((who, "Exchange", "depositCash", self.market, money))
        self.send(calls)

    def further_orders(self) -> list[Call]:
        """An order of each: sellers and buyers meet at one price."""
        return [
            self._call(
                who,
                "Exchange",
                "place",
                OrderRequest(MarketId(self.market), Side(1 - n % 2), PRICE, LOTS).pack(),
            )
            for n, who in enumerate(self.owners)
        ]

    def surrenders(self) -> list[Call]:
        """A part of what each owes."""
        head = (self.period.number, [self.allowance], [SURRENDERED])
        pairs = zip(self.owners, self.more, strict=True)
        return [self._call(who, "Compliance", "surrender", plant, *head) for who, plant in pairs]

    # Helpers

    def send(self, calls: Iterable[tuple[Any, ...]]) -> None:
        """Calls that do not wait for one another."""
        self.chain.send_many(self._call(*call) for call in calls)

    def _send(self, calls: Any) -> None:
        """One sender's after another's: validators keep the order of each, but none between them."""
        for _, group in groupby(calls, lambda call: call[2] in APART or call[0]):
            super()._send(list(group))

    def _call(self, who: Account, contract: str, function: str, *args: Any) -> Call:
        return Call(who, self.chain[contract], function, args)

    def _move(self, moment: int) -> None:
        """Time passes by itself: what is asked for lies in the past, or is not waited for."""


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[i : i + ITEMS] for i in range(0, len(items), ITEMS))


def _evidence(number: int) -> bytes:
    return (number + 1).to_bytes(32, "big")
