"""A small named market to act in: three plants, a verification body, an authority, a project
developer, a trader.

`tonne up` and `brownie run seed` use it. The figures are invented; the rules are the pack's. When it
is done, the period's reports are on record, allocations are final, obligations are fixed, credits
are issued, and the first trading session is open with orders on both sides of the book.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import partial
from typing import Any, Final

from tonne.chain import clock
from tonne.chain.client import Call, Chain
from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import struct_hash
from tonne.crypto.hashing import keccak
from tonne.deployment import scheme_setup
from tonne.deployment.scheme_setup import LEAD, REVIEWER, Verifier
from tonne.evidence import manifest, reports
from tonne.evidence.signed_types import MonitoringOpinion, MonitoringReport, projects_domain
from tonne.evidence.submissions import monitoring_args
from tonne.market.order_encoding import OrderRequest, Side
from tonne.rules.pack import Period, RulePack, day_number
from tonne.types.ids import MarketId, UnitId

EMITTER, TRADER, BODY, DEVELOPER, AUTHORITY, OPERATOR = 1, 2, 4, 8, 16, 32

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class SeedPlant:
    """An emitter with one installation; figures of the reporting year."""

    name: str
    province: str
    class_number: int
    capacity_kw: int
    power_mwh: int
    heat_gj: int
    emissions_t: int
    fuel: str
    prior_power_mwh: int  # of the year before, for the pre-allocation
    prior_heat_gj: int


#: One plant short of allowances, one long, one about even.
PLANTS: Final = (
    SeedPlant("north", "Shanxi", 1, 660_000, 3_500_000, 0, 3_150_000, "coal", 3_400_000, 0),
    SeedPlant(
        "east", "Jiangsu", 2, 300_000, 1_500_000, 1_000_000, 1_480_000, "coal", 1_450_000, 950_000
    ),
    SeedPlant("south", "Guangdong", 4, 400_000, 1_200_000, 0, 462_000, "gas", 1_150_000, 0),
)

#: Who they are, what they are, and what their key is for.
PEOPLE: Final[Mapping[str, str]] = {
    "administrator": "administers the roles",
    "guardian": "cancels waiting acts; pauses contracts",
    "authority": "holds every office; registrar everywhere",
    "currency_issuer": "issues the settlement currency",
    "exchange": "operates the exchange",
    "verifier": "the verification body",
    "lead": "its lead verifier",
    "reviewer": "its independent reviewer",
    "north": "coal plant of 660 MW, short of allowances",
    "east": "coal plant of 300 MW with heat, long of allowances",
    "south": "gas plant of 400 MW",
    "developer": "developer of a wind farm",
    "trader": "a trader with credits and cash",
    "oracle": "sends reports to the chain, for the daemon",
    "arbiter": "decides on lost and stolen keys, beside the authority",
}

#: Kinds of those who register.
KINDS: Final = {
    "exchange": OPERATOR,
    "authority": AUTHORITY,
    "verifier": BODY,
    "north": EMITTER,
    "east": EMITTER,
    "south": EMITTER,
    "developer": DEVELOPER,
    "trader": TRADER,
}

#: Settlement currency handed out, and of it deposited on the exchange [0.01 currency].
CASH: Final = {"trader": (2_000_000_000, 500_000_000), "north": (1_000_000_000, 500_000_000)}
#: For the bonds of its forward sales [0.01 currency].
DEVELOPER_CASH: Final = 1_000_000

#: Orders on the book: who, side (0 buy, 1 sell), price [0.01 currency], lots.
ORDERS: Final = (
    ("east", 1, 4820, 5_000),
    ("east", 1, 4850, 10_000),
    ("east", 1, 4900, 20_000),
    ("north", 0, 4780, 3_000),
    ("north", 0, 4750, 8_000),
    ("trader", 0, 4700, 10_000),
)
CREDIT_ORDERS: Final = (
    ("developer", 1, 3010, 2_000),
    ("developer", 1, 3050, 5_000),
    ("trader", 0, 2990, 1_000),
)
CREDITS_T: Final = 60_000
CREDITS_TO_TRADER: Final = 10_000
CREDIT_REFERENCE_CENTS: Final = 3000
WIND_CAP_T: Final = 80_000
#: [1e-6 degrees] north, east: on the plain of Zhangbei.
WIND_PLACE: Final = (41_150_000, 114_700_000)
WIND_METERS: Final = b"day,MWh\n2020-12-31,41\n"  # what is in the evidence of its report
CHINA: Final = 156  # ISO 3166-1 numeric


@dataclass(frozen=True, slots=True)
class SeedMarket:
    """What the seed made, by name and number."""

    people: Mapping[str, Account]
    participants: Mapping[str, int]
    installations: Mapping[str, int]
    period: Period
    allowance: int
    market: int
    credit: int
    credit_market: int


def people(label: str = "up") -> dict[str, Account]:
    """Everybody's keys; the same every time, so for test chains only."""
    return {name: Account.from_seed("tonne", label, name) for name in PEOPLE}


def start_time(pack: RulePack, period: Period) -> int:
    """When the chain should begin [s]: early in the year after the reporting year."""
    return pack.at(date(period.last_year + 1, 1, 4), time(9))


def seed(
    chain: Chain,
    pack: RulePack,
    period: Period,
    who: Mapping[str, Account],
    progress: Progress | None = None,
    further: Mapping[str, tuple[str, Callable[[SeedMarket], object]]] | None = None,
) -> SeedMarket:
    """Plays the scheme's year up to the first trading session.

    `further` has steps (name, action) by the step that each follows; its action gets the market so far.
    """
    run = _Seed(chain, pack, period, who)
    year: list[tuple[str, Callable[[], object]]] = [
        ("rules", run.rules),
        ("parties", run.parties),
        ("pre-allocation", run.pre_allocate),
        ("reports", run.report),
        ("credits", run.credits),
        ("true-up", run.true_up),
        ("markets", run.markets),
        ("orders", run.orders),
    ]
    steps: list[tuple[str, Callable[[], object]]] = []
    for name, step in year:
        steps.append((name, step))
        if further is not None and name in further:
            title, action = further[name]
            steps.append((title, partial(_with_result, action, run)))
    for position, (name, step) in enumerate(steps):
        if progress is not None:
            progress(position, len(steps), name)
        step()
    if progress is not None:
        progress(len(steps), len(steps), "done")
    return run.result()


def _with_result(action: Callable[[SeedMarket], object], run: _Seed) -> None:
    action(run.result())


def submission(
    chain: Chain, scheme: int, who: Mapping[str, Account], draft: reports.Draft
) -> tuple[Any, ...]:
    """The call that delivers a report, after both persons of the verification body have signed it."""
    for person in ("lead", "reviewer"):
        reports.give_opinion(chain, draft, who[person])
    return ("oracle", "EmissionsOracle", "submit", *reports.arguments(chain, draft))


class _Seed:
    def __init__(
        self, chain: Chain, pack: RulePack, period: Period, who: Mapping[str, Account]
    ) -> None:
        self.chain, self.pack, self.period, self.who = chain, pack, period, who
        self.scheme = pack.scheme.number
        self.numbers: dict[str, int] = {}
        self.plants: dict[str, int] = {}
        self.allowance = scheme_setup.allowance(pack, period)
        self.market = self.credit = self.credit_market = 0

    def result(self) -> SeedMarket:
        return SeedMarket(
            self.who,
            self.numbers,
            self.plants,
            self.period,
            self.allowance,
            self.market,
            self.credit,
            self.credit_market,
        )

    # The year, step by step

    def rules(self) -> None:
        self.chain.fund(self.who.values())
        scheme_setup.set_up_scheme(self.chain, self.who["authority"], self.pack)

    def parties(self) -> None:
        applications = [
            (self.who[name], KINDS[name], self._place(name), _hash(name)) for name in KINDS
        ]
        self._send(
            (name, "Participants", "applyFor", *application[1:])
            for name, application in zip(KINDS, applications, strict=True)
        )
        self._send(
            [
                ("authority", "Participants", "approve", applications),
                ("administrator", "Participants", "setArbiter", self.who["arbiter"], 0, True),
            ]
        )
        found = self.chain.call_many(
            [("Participants", "walletOf", (self.who[name],)) for name in KINDS]
        )
        self.numbers = {name: number for name, (number, _, _) in zip(KINDS, found, strict=True)}
        rows = [
            (
                self.numbers[plant.name],
                self.scheme,
                self._place(plant.name),
                plant.class_number,
                plant.capacity_kw,
                _hash(f"plant {plant.name}"),
            )
            for plant in PLANTS
        ]
        self._send(
            [
                ("authority", "Participants", "registerInstallations", rows),
            ]
        )
        self.plants = {plant.name: number for number, plant in enumerate(PLANTS, start=1)}
        today = self.pack.local_day(self.chain.now())
        days = (day_number(today) - 30, day_number(today) + 3 * 365)
        body = self.numbers["verifier"]
        scheme_setup.configure_oracle(
            self.chain,
            self.who["authority"],
            self.pack,
            today,
            [
                Verifier(self.who["lead"].address, body, LEAD, 3, *days),
                Verifier(self.who["reviewer"].address, body, REVIEWER, 3, *days),
            ],
        )

    def pre_allocate(self) -> None:
        self._move(self.pack.at(date(self.period.last_year + 1, 2, 8), time(9)))
        cap = sum(plant.emissions_t for plant in PLANTS) * 12 // 10
        ids = [self.plants[plant.name] for plant in PLANTS]
        power = [plant.prior_power_mwh for plant in PLANTS]
        heat = [plant.prior_heat_gj for plant in PLANTS]
        period = self.period.number
        self._send(
            [
                ("authority", "Schemes", "disclose", self.scheme, self.period.vintage, cap, cap, 0),
                ("authority", "Allocation", "preAllocate", self.scheme, period, ids, power, heat),
            ]
        )

    def report(self) -> None:
        """Operators sign by the end of March, the verification body in June."""
        self._move(self.period.operator_deadline - DAY_S)
        drafts = []
        for plant in PLANTS:
            lines = manifest.power_plant_lines(
                power_mwh=plant.power_mwh,
                heat_gj=plant.heat_gj,
                emissions_t=plant.emissions_t,
                fuel=plant.fuel,
            )
            files = manifest.manifest_of({"meters/export.csv": plant.name.encode()})
            drafts.append(
                reports.write_report(
                    self.chain,
                    self.who[plant.name],
                    self.plants[plant.name],
                    self.period.last_year,
                    lines,
                    files,
                )
            )
        self._move(self.period.report_deadline - 21 * DAY_S)
        calls = [submission(self.chain, self.scheme, self.who, draft) for draft in drafts]
        self._send(calls)

    def credits(self) -> None:
        """A wind farm's first report becomes credits, some of them the trader's."""
        year = self.period.last_year
        first = self.pack.at(date(year, 1, 1), time())
        last = self.pack.at(date(year + 1, 1, 1), time())
        methodology = (self.scheme, 1, 2, 1, 0, 0, True)  # reduction, wind, scope 1, no buffer
        self._send(
            [
                ("authority", "Projects", "setMethodology", 1, methodology, _hash("wind")),
                (
                    *("developer", "Projects", "register", 1, CHINA, first, last + 9 * 31_536_000),
                    *(_hash("wind farm on the plain"), WIND_PLACE),
                    *([_hash("export meter of the wind farm")], _hash("design document")),
                ),
                ("developer", "Projects", "nameProject", 1, "Wind farm on the plain"),
                ("authority", "Projects", "validate", 1, WIND_CAP_T, _hash("validation")),
            ]
        )
        _, config, _ = self.chain.call("EmissionsOracle", "configOf", self.scheme)
        now = self.chain.now()
        files = manifest.manifest_of({"meters/export.csv": WIND_METERS})
        report = MonitoringReport(
            project=1,
            periodFrom=first,
            periodUntil=last,
            vintage=year,
            quantityT=CREDITS_T,
            bufferPpm=0,
            linesRoot=_hash("lines"),
            evidenceRoot=manifest.manifest_root(files),
            configDigest=config,
            signedAt=now,
        )
        opinion = MonitoringOpinion(
            report=struct_hash(report),
            project=1,
            body=self.numbers["verifier"],
            assurance=reports.REASONABLE,
            materialityPpm=reports.MATERIALITY_PPM,
            quantityT=CREDITS_T,
            configDigest=config,
            signedAt=now,
        )
        domain = projects_domain(self.chain.chain_id, self.chain["Projects"].address)
        signatures = (
            self.who["developer"].sign_typed(report, domain),
            self.who["lead"].sign_typed(opinion, domain),
            self.who["reviewer"].sign_typed(opinion, domain),
        )
        lead, reviewer = self._places()
        args = monitoring_args(report, opinion, lead, reviewer, signatures, 0)
        self._send([("oracle", "Projects", "submit", *args)])
        self._move(self.chain.now() + self.pack.mrv_on(self._today()).dispute_window_s + HOUR_S)
        self._send([("authority", "Issuance", "issueFromReport", 1)])
        self.credit = self.chain.call("Issuance", "batchOfReport", 1)
        give = (self.who["developer"], self.who["trader"], self.credit, CREDITS_TO_TRADER, b"")
        self._send([("developer", "OffsetCredits", "safeTransferFrom", *give)])

    def true_up(self) -> None:
        self._move(self.period.determination_from + 11 * DAY_S)
        ids = list(self.plants.values())
        args = (self.scheme, self.period.number, ids)
        currency = self.chain["SettlementCurrency"]
        self._send(
            [
                ("authority", "Allocation", "trueUp", *args),
                ("authority", "Compliance", "assess", *args),
                (
                    "authority",
                    "Compliance",
                    "setTreasury",
                    self.scheme,
                    currency,
                    self.who["authority"],
                ),
            ]
        )

    def markets(self) -> None:
        fee_account = self.numbers["exchange"]
        authority = self.who["authority"]
        self.market = scheme_setup.create_market(
            self.chain, authority, self.pack, UnitId(self.allowance), "Allowances", fee_account
        )
        self.credit_market = scheme_setup.create_market(
            self.chain,
            authority,
            self.pack,
            UnitId(self.credit),
            "OffsetCredits",
            fee_account,
            CREDIT_REFERENCE_CENTS,
        )
        scheme_setup.order_holding_limits(
            self.chain, authority, self.pack, self.period, self.market
        )
        for market in (self.market, self.credit_market):
            clock.next_session(self.chain, market)

    def orders(self) -> None:
        chain = self.chain
        exchange = chain["Exchange"]
        calls: list[tuple[Any, ...]] = []
        give = ("SettlementCurrency", "mint", self.who["developer"], DEVELOPER_CASH)
        calls.append(("currency_issuer", *give))
        for name, (amount, deposit) in CASH.items():
            calls += [
                ("currency_issuer", "SettlementCurrency", "mint", self.who[name], amount),
                (name, "SettlementCurrency", "approve", exchange, deposit),
                (name, "Exchange", "depositCash", self.market, deposit // 10 * 9),
                (name, "Exchange", "depositCash", self.credit_market, deposit // 10),
            ]
        for name, contract, unit, book in (
            ("east", "Allowances", self.allowance, ORDERS),
            ("developer", "OffsetCredits", self.credit, CREDIT_ORDERS),
        ):
            lots = sum(order[3] for order in book if order[0] == name)
            wallet = self.who[name]
            calls.append((name, contract, "safeTransferFrom", wallet, exchange, unit, lots, b""))
        books = ((self.market, ORDERS), (self.credit_market, CREDIT_ORDERS))
        calls += [
            (
                name,
                "Exchange",
                "place",
                OrderRequest(MarketId(market), Side(side), cents, lots).pack(),
            )
            for market, book in books
            for name, side, cents, lots in book
        ]
        self._send(calls)

    # Helpers

    def _send(self, calls: Any) -> None:
        self.chain.send_many(
            Call(self.who[name], self.chain[contract], function, tuple(args))
            for name, contract, function, *args in calls
        )

    def _move(self, moment: int) -> None:
        if self.chain.now() < moment:
            self.chain.set_time(moment)

    def _today(self) -> date:
        return self.pack.local_day(self.chain.now())

    def _places(self) -> tuple[int, int]:
        """Places of lead and reviewer in the signer set."""
        signers = self.chain.call("EmissionsOracle", "signersOf", self.scheme)
        keys = [signer.key for signer in signers]
        return keys.index(self.who["lead"].address), keys.index(self.who["reviewer"].address)

    def _place(self, name: str) -> int:
        """The province of a plant; everybody else is at home in the capital."""
        provinces = {plant.name: plant.province for plant in PLANTS}
        return self.pack.jurisdictions[provinces.get(name, "Beijing")]


def _hash(text: str) -> bytes:
    """Hash of a document that stays off chain."""
    return keccak(text.encode())
