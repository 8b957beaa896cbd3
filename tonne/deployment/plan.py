"""Deployment plan: contracts in the order of their deployment, and the calls that wire them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tonne.constants import ZERO_ADDRESS
from tonne.errors import refused
from tonne.types import credit_rights
from tonne.types.packing import bit_set

#: Rights of controllers, as the interfaces number them.
UNIT_ISSUE, UNIT_EXIT, UNIT_FORCE = 1, 2, 4
NO_EXIT, SURRENDERED, RETIRED, CANCELLED, CLAWED_BACK, EXPIRED, BANKED_AWAY = 0, 1, 2, 3, 4, 5, 6
RELEASED, SET_APART = 9, 10
EXCHANGE_DEBIT, EXCHANGE_FREEZE, EXCHANGE_GATEWAY = 1, 2, 8
EXCHANGE_SETTLE, EXCHANGE_LIMIT = 16, 32
ALLOCATION_DEBT = 1
#: The right to hold energy credits for others, and the uses of credits that such a contract serves.
HOLD, USE_TRANSFER, USE_POWER, USE_BILLS = 8, 1, 2, 4
OWN_WALLETS = 1
EVERYWHERE = 0  # as a jurisdiction
#: What contracts do with the accounts of the power market.
LEDGER_BIND, LEDGER_SETTLE = 1, 2

#: Contracts that another creates first, as its extension or for itself, and that are not named for it.
EXTENSIONS: Final = {
    "Compliance": "Penalties",
    "PowerSettlementExtension": "PowerSettlementEnds",
    "RetirementRegistry": "CertificateMetadata",
}

#: Extensions that are deployed ahead of the contract that runs them, which has no room to create them and is
#: given the address: by name, with that contract.
AHEAD_OF: Final = {"PowerSettlementExtension": "PowerSettlement"}


@dataclass(frozen=True, slots=True)
class Ref:
    """The address of another contract of the plan, of the deployer or a holder of roles; a setting."""

    name: str


def _exits(*kinds: int) -> int:
    """The right to exit, narrowed to some kinds."""
    return UNIT_EXIT | bit_set(8 + kind for kind in kinds)


_MANAGER, _PARTIES, _RULES = Ref("FoundedManager"), Ref("Participants"), Ref("Schemes")
_ORACLE, _EXCHANGE = Ref("EmissionsOracle"), Ref("Exchange")
_ALLOWANCES, _CREDITS = Ref("Allowances"), Ref("OffsetCredits")
_RENDERER = Ref("UnitRenderer")
#: Parts and terms of settlement.
_SETTLEMENT = (
    _PARTIES,
    _RULES,
    Ref("MeterOracle"),
    Ref("PowerMarket"),
    Ref("PowerLosses"),
    Ref("BidProofs"),
    Ref("PowerTrades"),
    Ref("settlement_window"),
    Ref("settlement_late"),
    Ref("settlement_bond"),
)

#: Contracts in the order of deployment, with their constructor arguments.
PLAN: Final[Mapping[str, tuple[Any, ...]]] = {
    "FoundedManager": (Ref("deployer"),),
    "Participants": (_MANAGER,),
    "Schemes": (_MANAGER,),
    "EmissionsOracle": (_PARTIES, _RULES),
    "SettlementCurrency": (_MANAGER, Ref("currency_name"), Ref("currency_symbol")),
    "P256Verifier": (),
    "MeterOracle": (
        _PARTIES,
        _RULES,
        Ref("P256Verifier"),
        Ref("SettlementCurrency"),
        Ref("authority"),
        Ref("meter_slash"),
        Ref("meter_fee"),
    ),
    "Projects": (_MANAGER, _PARTIES, _RULES, _ORACLE, Ref("MeterOracle")),
    "UnitRenderer": (),
    "Allowances": (_MANAGER, _PARTIES, _RULES, Ref("custody"), _RENDERER),
    "OffsetCredits": (_MANAGER, _PARTIES, _RULES, _RENDERER),
    "Issuance": (_PARTIES, _RULES, Ref("Projects"), _CREDITS),
    "Immobilisation": (
        _PARTIES,
        _RULES,
        _CREDITS,
        Ref("SettlementCurrency"),
        Ref("authority"),
        Ref("reservation_bond"),
    ),
    "EnergyCertificates": (
        _MANAGER,
        _PARTIES,
        _RULES,
        Ref("MeterOracle"),
        Ref("Projects"),
        Ref("certificate_lifetime"),
        Ref("certificate_margin"),
        _RENDERER,
    ),
    "PlantMeters": (_PARTIES, _RULES, _ORACLE, Ref("MeterOracle")),
    "MonthlyEvidence": (_PARTIES,),
    "AuditCheckpoints": (_PARTIES,),
    "Profiles": (_PARTIES,),
    "EvidenceCustody": (_PARTIES,),
    "Labels": (_MANAGER, _CREDITS),
    "Exchange": (_MANAGER, _PARTIES, _RULES),
    "ExchangeGateway": (_EXCHANGE,),
    "ExchangeLens": (_EXCHANGE,),
    "HoldingLimits": (_EXCHANGE, ZERO_ADDRESS),  # it takes no other's place
    "MarketMakers": (_EXCHANGE, Ref("ExchangeLens")),
    "RegistrarDesk": (_EXCHANGE,),
    "BatchDesk": (_RULES, Ref("Projects"), Ref("Issuance"), _CREDITS, _EXCHANGE),
    "ProceedsHolds": (_EXCHANGE,),
    "BlockTrades": (_EXCHANGE,),
    "Pledges": (_EXCHANGE,),
    "Auction": (_EXCHANGE,),
    "ForwardPurchases": (_PARTIES, _CREDITS),
    "Allocation": (_MANAGER, _PARTIES, _RULES, _ORACLE, _ALLOWANCES, _EXCHANGE),
    "AuctionShare": (_PARTIES, _RULES, _ALLOWANCES),
    "CumulativeCompliance": (_PARTIES, _RULES, _ORACLE, _ALLOWANCES),
    "Compliance": (
        _MANAGER,
        _PARTIES,
        _RULES,
        _ORACLE,
        _ALLOWANCES,
        _CREDITS,
        _EXCHANGE,
        Ref("Allocation"),
        Ref("BlockTrades"),
        Ref("CumulativeCompliance"),
    ),
    "FalseReports": (
        _PARTIES,
        _RULES,
        _ORACLE,
        Ref("Compliance"),
        _EXCHANGE,
        Ref("Allocation"),
    ),
    "Banking": (_PARTIES, _RULES, _ALLOWANCES, _EXCHANGE),
    "Links": (_PARTIES, _RULES, _ALLOWANCES, Ref("Compliance")),
    "RetirementRegistry": (
        _MANAGER,
        _PARTIES,
        _EXCHANGE,
        (_ALLOWANCES, _CREDITS, Ref("EnergyCertificates")),
    ),
    "Inventories": (_PARTIES, _ORACLE, Ref("RetirementRegistry")),
    "Article6": (_MANAGER, _PARTIES, _CREDITS, Ref("Issuance"), Ref("RetirementRegistry")),
    "EnergyCredits": (_MANAGER, _PARTIES, _RULES, _RENDERER),
    "CreditBills": (_PARTIES, _RULES, Ref("EnergyCredits")),
    "CreditPledges": (_PARTIES, _RULES, Ref("EnergyCredits")),
    "PowerGrid": (_RULES, Ref("grid_notice"), Ref("grid_share")),
    "BidLimits": (Ref("PowerGrid"), Ref("MeterOracle"), _RULES),
    "ReferencePrices": (_MANAGER, Ref("PowerGrid"), _RULES, Ref("power_interval")),
    "PowerMarket": (
        _MANAGER,
        _PARTIES,
        Ref("BidLimits"),
        Ref("ReferencePrices"),
        (
            Ref("power_interval"),
            Ref("power_gate_lead"),
            Ref("power_opening"),
            Ref("power_window"),
            Ref("power_hold"),
            Ref("power_price_cap"),
            Ref("power_guarantee"),
            Ref("power_step_fee"),
        ),
    ),
    "PowerLosses": (Ref("MeterOracle"), _RULES),
    "PowerTrades": (
        Ref("PowerMarket"),
        Ref("MeterOracle"),
        _PARTIES,
        _RULES,
        Ref("power_grace"),
    ),
    "BidProofs": (Ref("PowerMarket"), _PARTIES),
    "PowerSettlementExtension": (_SETTLEMENT,),
    "PowerSettlement": (_SETTLEMENT, Ref("PowerSettlementExtension")),
    "PublishedLines": (),
}


#: The settlement currency, and after it the contracts of further ones: `SettlementCurrency.EUR`.
CURRENCY: Final = "SettlementCurrency"


def plan_for(currencies: Iterable[str] = ()) -> dict[str, tuple[Any, ...]]:
    """The plan with a settlement currency for each further code, of three capital letters."""
    currencies = list(currencies)
    for code in currencies:
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            raise refused("DEPLOY_CURRENCY", name=code)
    more = {
        f"{CURRENCY}.{code}": (_MANAGER, f"{code} settlement token", f"{code}X")
        for code in currencies
    }
    return {**PLAN, **more}


def source_of(name: str) -> str:
    """The contract that is deployed under a name; further currencies have a code behind a point."""
    return name.partition(".")[0]


def extension_of(contract: str) -> str:
    """Name of the contract that a contract would create first; not every one creates any.

    Empty where it is deployed ahead.
    """
    extension = EXTENSIONS.get(contract, f"{contract}Extension")
    return "" if extension in AHEAD_OF else extension


@dataclass(frozen=True, slots=True)
class Wire:
    """A call that joins two contracts: a right or an office of one at the other, or a unit's venue."""

    contract: str
    function: str
    args: tuple[Any, ...]


WIRING: Final[tuple[Wire, ...]] = (
    Wire("Allowances", "setVenue", (_EXCHANGE,)),
    Wire("OffsetCredits", "setVenue", (_EXCHANGE,)),
    Wire(
        "OffsetCredits",
        "setIssuers",
        (Ref("Issuance"), Ref("Immobilisation"), Ref("BatchDesk")),
    ),
    Wire("Projects", "setDesk", (Ref("BatchDesk"),)),
    Wire("OffsetCredits", "setController", (Ref("Immobilisation"), _exits(RELEASED))),
    Wire("OffsetCredits", "setController", (Ref("Issuance"), _exits(CANCELLED, SET_APART))),
    Wire("OffsetCredits", "setController", (Ref("Article6"), _exits(SET_APART))),
    Wire("Allowances", "setController", (Ref("Allocation"), UNIT_ISSUE | _exits(CLAWED_BACK))),
    Wire("Allowances", "setController", (Ref("AuctionShare"), UNIT_ISSUE)),
    Wire("Allowances", "setController", (Ref("Compliance"), _exits(SURRENDERED))),
    Wire("Allowances", "setController", (Ref("CumulativeCompliance"), _exits(SURRENDERED))),
    # Force, so that a vintage ends for frozen units, too.
    Wire(
        "Allowances",
        "setController",
        (Ref("Banking"), UNIT_ISSUE | UNIT_FORCE | _exits(EXPIRED, BANKED_AWAY)),
    ),
    Wire("Allowances", "setController", (Ref("Links"), UNIT_ISSUE | _exits(SURRENDERED))),
    Wire("OffsetCredits", "setController", (Ref("Compliance"), _exits(SURRENDERED))),
    Wire("Allowances", "setController", (Ref("RetirementRegistry"), _exits(RETIRED, CANCELLED))),
    Wire("OffsetCredits", "setController", (Ref("RetirementRegistry"), _exits(RETIRED, CANCELLED))),
    Wire("Exchange", "setController", (Ref("ExchangeGateway"), EXCHANGE_GATEWAY)),
    Wire("Exchange", "setController", (Ref("HoldingLimits"), EXCHANGE_LIMIT)),
    # Freezing an account ends orders that keep its money, and it is freed at once.
    Wire("Exchange", "setController", (Ref("ProceedsHolds"), EXCHANGE_FREEZE | EXCHANGE_SETTLE)),
    Wire("Exchange", "setController", (Ref("BlockTrades"), EXCHANGE_SETTLE)),
    Wire("Exchange", "setController", (Ref("Pledges"), EXCHANGE_SETTLE)),
    Wire("Exchange", "setController", (Ref("Auction"), EXCHANGE_SETTLE)),
    Wire("Exchange", "setController", (Ref("Allocation"), EXCHANGE_DEBIT)),
    Wire("Exchange", "setController", (Ref("Compliance"), EXCHANGE_DEBIT)),
    Wire("Exchange", "setController", (Ref("FalseReports"), EXCHANGE_DEBIT)),
    Wire("Exchange", "setController", (Ref("Banking"), EXCHANGE_DEBIT)),
    Wire(
        "Exchange",
        "setController",
        (Ref("RetirementRegistry"), EXCHANGE_DEBIT | EXCHANGE_GATEWAY),
    ),
    Wire("Allocation", "setController", (Ref("Compliance"), ALLOCATION_DEBT)),
    Wire("Allocation", "setController", (Ref("FalseReports"), ALLOCATION_DEBT)),
    Wire(
        "EnergyCertificates",
        "setController",
        (Ref("RetirementRegistry"), _exits(RETIRED, CANCELLED)),
    ),
    Wire("Projects", "setClaimant", (Ref("EnergyCertificates"), True)),
    Wire(
        "EnergyCredits", "setController", (Ref("CreditBills"), credit_rights.pack(HOLD, USE_BILLS))
    ),
    Wire(
        "EnergyCredits",
        "setController",
        (Ref("CreditPledges"), credit_rights.pack(HOLD, USE_TRANSFER)),
    ),
    Wire(
        "EnergyCredits", "setController", (Ref("PowerMarket"), credit_rights.pack(HOLD, USE_POWER))
    ),
    Wire("ReferencePrices", "setCounter", (Ref("PowerSettlement"),)),
    Wire("PowerMarket", "setController", (Ref("PowerTrades"), LEDGER_BIND | LEDGER_SETTLE)),
    Wire("PowerMarket", "setController", (Ref("PowerSettlement"), LEDGER_SETTLE)),
    Wire("OffsetCredits", "setController", (Ref("ForwardPurchases"), _exits(NO_EXIT))),
    Wire("Participants", "setMirror", (_EXCHANGE,)),
    Wire("Participants", "setRegistrar", (Ref("RegistrarDesk"), EVERYWHERE, True)),
)
