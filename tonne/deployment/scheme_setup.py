"""Sets a scheme up on chain from its rule pack: numbers, periods, calendar, oracle, market.

A deployment is the same for every scheme; what makes it one country's is here, and all of it comes
from the pack. `tonne up` and the compliance period both use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tonne.chain.client import Call, Chain, Contract
from tonne.crypto.accounts import Account
from tonne.deployment import market_rules, scheme_calls
from tonne.deployment.plan import CURRENCY
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.pack import Period, RulePack
from tonne.types import unit_id
from tonne.types.ids import SchemeId, UnitId
from tonne.types.installation_word import InstallationWord

#: Strictest custody of allowances.
OWN_WALLETS: Final = 1

#: Persons of verification bodies.
LEAD, REVIEWER = 1, 2


@dataclass(frozen=True, slots=True)
class Verifier:
    """A person of a verification body, accredited for every scope."""

    key: str  # address
    body: int  # participant
    roles: int = LEAD | REVIEWER
    scopes: int = 2**24 - 1
    valid_from: int = 0  # [days since 1970-01-01]
    valid_until: int = 65_535  # [days since 1970-01-01], first day no longer


def set_up_scheme(
    chain: Chain,
    authority: Account,
    pack: RulePack,
    officers: Sequence[tuple[str, int]] = (),
) -> None:
    """Creates the scheme with all numbers, periods and trading days, then ends its set-up.

    `authority` must hold the roles of the rules and offices, whose acts do not wait yet; it becomes officer
    with every power and registrar everywhere. `officers` are further (address, powers).
    """
    setup = scheme_calls.missing(chain, pack, authority.address, officers)
    chain.send_many(
        Call(authority, chain[call.contract], call.function, call.args) for call in setup.calls
    )


def configure_oracle(
    chain: Chain, officer: Account, pack: RulePack, day: date, verifiers: Sequence[Verifier]
) -> bytes:
    """Gives the oracle its signers, bounds and rules; returns what reports are signed for."""
    chain.send(officer, "EmissionsOracle", "configure", *oracle_args(pack, day, verifiers))
    _, digest, _ = chain.call("EmissionsOracle", "configOf", pack.scheme.number)
    found: bytes = digest
    return found


def oracle_args(
    pack: RulePack, day: date, verifiers: Sequence[Verifier]
) -> tuple[int, dict[str, int], list[dict[str, int]], list[tuple[str, int, int, int, int, int]]]:
    """What `EmissionsOracle.configure` takes: scheme, rules, bounds by class, signers by rising key."""
    mrv = pack.mrv_on(day)
    unlimited = dict.fromkeys(_BOUNDS, 0)
    by_class = {bounds.number: bounds for bounds in mrv.bounds}
    bounds = []
    for number in range(max(by_class) + 1):
        known = by_class.get(number)
        if known is None:
            bounds.append(unlimited)
            continue
        bounds.append(
            {
                "minPower": known.min_power,
                "maxPower": known.max_power,
                "minHeat": known.min_heat,
                "maxHeat": known.max_heat,
                "maxLoadPpm": known.max_load_ppm,
                "maxHeatLoad": known.max_heat_load,
                "baseT": known.base_t,
                "scope": 0,
            }
        )
    rules = {
        "minBodies": mrv.min_bodies,
        "minAssurance": mrv.min_assurance,
        "maxMateriality": mrv.max_materiality_ppm,
        "maxAge": mrv.max_age_s,
        "maxSkew": mrv.max_skew_s,
        "reportDays": mrv.report_days,
    }
    signers = [
        (v.key, v.body, v.roles, v.scopes, v.valid_from, v.valid_until)
        for v in sorted(verifiers, key=lambda v: int(v.key, 16))
    ]
    return pack.scheme.number, rules, bounds, signers


def create_market(
    chain: Chain,
    officer: Account,
    pack: RulePack,
    unit: UnitId,
    units: str = "Allowances",
    fee_account: int = 0,
    reference_cents: int | None = None,
    budget: int = 0,
) -> int:
    """Lists a unit under the pack's trading rules of the day; returns the market's number."""
    args = market_args(chain, pack, unit, units, fee_account, reference_cents, budget)
    chain.send(officer, "Exchange", "createMarket", *args)
    found: int = chain.call("Exchange", "marketOf", unit)
    return found


def market_args(
    chain: Chain,
    pack: RulePack,
    unit: UnitId,
    units: str = "Allowances",
    fee_account: int = 0,
    reference_cents: int | None = None,
    budget: int = 0,
) -> tuple[UnitId, int, str, dict[str, Any]]:
    """Arguments of `Exchange.createMarket` for a unit under the pack's trading rules of the day.

    A tick is the pack's price step, and tick 0 stands for a price of 0. `budget` [t]: allowances
    issued in the year, for a holding limit that is a share of them; by default the disclosed amount.
    """
    rules = pack.market
    day = max(pack.first_trading_day, pack.local_day(chain.now()))
    budget = budget or market_rules.budget_of(chain, pack.scheme.number, unit)
    known = market_rules.known(pack, day, budget)
    reference = reference_cents or rules.reference_price_cents
    if reference is None:
        raise TonneError(
            "MARKET_NO_REFERENCE",
            f"{pack.scheme.name} names no reference price for the first day.",
            field="market.reference_price",
            remedy="Give one, or add it to the pack.",
        )
    config = {
        "units": chain[units].address,
        "lotSize": rules.lot,
        "basePrice": 0,
        "tickSize": rules.tick_cents * market_rules.LEDGER_PER_CENT,
        "referenceTick": reference // rules.tick_cents,
        "utcQuarters": pack.scheme.utc_offset_s // 900,
        "feeAccount": fee_account,
        "rules": {**market_rules.AT_FIRST, **known},
    }
    currency, scheme = chain[currency_of(chain, pack)].address, pack.scheme.number
    return unit, scheme, currency, config


def currency_of(chain: Chain, pack: RulePack) -> str:
    """The contract of the currency that a scheme's prices stand in: its own where there is one of its
    code, else the market's first."""
    own = f"{CURRENCY}.{pack.scheme.currency}"
    return own if own in chain.contracts else CURRENCY


def currency_of_market(chain: Chain, market: int) -> Contract:
    """The currency a market settles in."""
    address = chain.call("Exchange", "marketAssets", market).currency
    known = {contract.address: contract for contract in chain.contracts.values()}
    return known.get(address) or Contract(CURRENCY, address, chain[CURRENCY].abi)


def order_holding_limits(
    chain: Chain, officer: Account, pack: RulePack, period: Period, market: int
) -> None:
    """Orders the limits that the pack makes from what each participant's plants are allocated in the
    period, as far as they are by now; nothing where the pack has no such rule on the market's day."""
    day = max(pack.first_trading_day, pack.local_day(chain.now()))
    rule = engine.holding_rule(pack, day)
    if rule is None or not rule.over_allocation:
        return  # the market's rules have one limit for everybody
    unit = chain.call("Exchange", "marketAssets", market).unit
    budget = market_rules.budget_of(chain, pack.scheme.number, unit)
    shares = allocations(chain, pack, period)
    set_holding_limits(chain, officer, pack, market, day, shares, budget)


def allocations(chain: Chain, pack: RulePack, period: Period) -> dict[int, int]:
    """Allocation of each participant's plants in a period [t]."""
    plants = range(1, chain.call("Participants", "installationCount") + 1)
    scheme, number = pack.scheme.number, period.number
    words = chain.call_many(("Participants", "installation", (plant,)) for plant in plants)
    given = chain.call_many(("Allocation", "allocationOf", (scheme, number, p)) for p in plants)
    shares: Counter[int] = Counter()
    for word, (_, amount) in zip(words, given, strict=True):
        if amount:
            shares[InstallationWord.unpack(word).operator] += amount
    return dict(shares)


def set_holding_limits(
    chain: Chain,
    officer: Account,
    pack: RulePack,
    market: int,
    day: date,
    allocations: Mapping[int, int],
    budget: int = 0,
) -> None:
    """Orders the limit that the pack's rule makes for each participant with an allocation [t].

    A group has one limit: its members' allocations count together. Nothing is sent where the pack has
    no rule on `day`; others have the limit of the market's rules.
    """
    rule = engine.holding_rule(pack, day)
    if rule is None:
        return
    lot = pack.market_on(day).lot
    pools = chain.call_many(("HoldingLimits", "poolOf", (who, market)) for who in allocations)
    shared: Counter[int] = Counter()
    member: dict[int, int] = {}
    for (who, allocation), (pool, *_) in zip(allocations.items(), pools, strict=True):
        shared[pool] += allocation
        member[pool] = who
    exchange = chain["Exchange"]
    limits = {pool: rule.limit(allocation, budget) // lot for pool, allocation in shared.items()}
    calls = [
        Call(officer, exchange, "setHoldingLimit", (member[pool], market, limit))
        for pool, limit in limits.items()
    ]
    chain.send_many(calls)


def custody(pack: RulePack) -> int:
    """Who may hold allowances outside the exchange, as a deployment fixes it for good: `Custody` of
    IUnit1155. Where the pack does not say, the strictest: their owner's wallets only."""
    day = pack.first_trading_day
    return pack.onchain("market.custody", day) if pack.has("market.custody", day) else OWN_WALLETS


def allowance(pack: RulePack, period: Period) -> int:
    """The unit of a period's vintage."""
    return unit_id.allowance(SchemeId(pack.scheme.number), period.vintage)


_BOUNDS = (
    "minPower",
    "maxPower",
    "minHeat",
    "maxHeat",
    "maxLoadPpm",
    "maxHeatLoad",
    "baseT",
    "scope",
)
