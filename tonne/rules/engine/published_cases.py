"""The examples of a rule pack, computed: each has a rule, what is given, and what comes out.

Money stands in the scheme's currency, amounts in its measure. An example from a publication is a test of
our rules; one of ours says so by its source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tonne.errors import TonneError, refused
from tonne.rules import engine
from tonne.rules.engine import supply_control
from tonne.rules.pack import RulePack
from tonne.rules.pack.model import Example

Given = Mapping[str, Any]
Result = dict[str, Any]


class _Given(dict[str, Any]):
    """What an example gives; remembers what its rule asked for, so that a typing error is seen."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.used.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.used.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, otherwise: Any = None) -> Any:
        return self[name] if name in self else otherwise


def _cents(amount: Any) -> int:
    return int(Decimal(amount) * 100)


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _fine(pack: RulePack, day: date, given: Given) -> Result:
    price = given.get("price")
    found = engine.penalty_bounds(
        pack, given["shortfall"], day, None if price is None else _cents(price)
    )
    return {
        "min": _money(found.min_cents),
        "max": _money(found.max_cents),
        "deduction": found.deduction_t,
        "units": found.units_due,
        "allowances": found.allowances_due,
        "measures": list(found.measures),
        "still_owed": found.still_owed,
    }


def _fines_within(pack: RulePack, day: date, given: Given) -> Result:
    """Whether the total of so many fines can come from a shortfall each."""
    one = engine.penalty_bounds(pack, given.get("shortfall", 1), day)
    total, count = _cents(given["total"]), given["fines"]
    return {"within": count * one.min_cents <= total <= count * one.max_cents}


def _false_report(pack: RulePack, day: date, given: Given) -> Result:
    fine = engine.false_report(
        pack, _cents(given.get("gains", 0)), day, given.get("unreported", 0),
        _cents(given.get("price", 0)),
    )  # fmt: skip
    return {"min": _money(fine.min_cents), "max": _money(fine.max_cents)}


def _false_verification(pack: RulePack, day: date, given: Given) -> Result:
    fine = engine.false_verification(pack, _cents(given["gains"]), day)
    return {"min": _money(fine.min_cents), "max": _money(fine.max_cents)}


def _price(pack: RulePack, day: date, given: Given) -> Result:
    return {"price": _money(engine.weighted_price(_cents(given["turnover"]), given["volume"]))}


def _band(pack: RulePack, day: date, given: Given) -> Result:
    key = "market.block_band" if given.get("block") else "market.band"
    low, high = engine.band(pack, _cents(given["previous_close"]), day, key)
    return {"low": _money(low), "high": _money(high)}


def _holding_limit(pack: RulePack, day: date, given: Given) -> Result:
    rule = engine.holding_rule(pack, day)
    if rule is None:
        return {"limit": 0}
    return {"limit": rule.limit(given.get("allocation", 0), given.get("budget", 0))}


def _output(given: Given) -> engine.Output:
    return engine.Output(given.get("power_mwh", 0), given.get("heat_gj", 0))


def _allocation(pack: RulePack, day: date, given: Given) -> Result:
    name, output, year = given["class"], _output(given), day.year
    return {
        "allocation": engine.allocation(pack, name, output, year),
        "early": engine.preallocation(pack, name, output, year),
    }


def _sector(pack: RulePack, day: date, given: Given) -> Result:
    result: Result = {}
    name, year = given["sector"], day.year
    if "verified" in given:
        result["allocation"] = engine.sector_allocation(
            pack, name, given["verified"], year, given.get("by_intensity")
        )
    if "last_emissions" in given:
        result["early"] = engine.sector_preallocation(pack, name, given["last_emissions"], year)
    return result


def _split(pack: RulePack, day: date, given: Given) -> Result:
    parts = engine.split(pack, given["cap"], day.year)
    return {
        "free": parts.free,
        "auctioned": parts.auctioned,
        "new_entrants": parts.new_entrants,
        "rest": parts.rest,
    }


def _closing(pack: RulePack, day: date, given: Given) -> Result:
    """Of a plant that closes after some days: its part of the year, and its early part of the next."""
    due, year = given["due"], day.year
    return {
        "kept": engine.closing(pack, year, due, given["days"]),
        "early": engine.closed_before(pack, year, due),
    }


def _grandfathering(pack: RulePack, day: date, given: Given) -> Result:
    return {"free": engine.grandfathered(given["emissions"], Fraction(given.get("control", 1)))}


def _new_entrant(pack: RulePack, day: date, given: Given) -> Result:
    return {"granted": engine.new_entrant(given["left"], given["wanted"])}


def _borrowing(pack: RulePack, day: date, given: Given) -> Result:
    return {"borrowed": engine.borrowable(pack, given["due"], given["later"], day)}


def _ceiling(pack: RulePack, day: date, given: Given) -> Result:
    """Reserve tiers and sales at the ceiling, by the last price and a buyer's own need."""
    last, tier = _cents(given["last"]), _cents(given["lowest_tier"])
    return {
        "tiers_offered": supply_control.tier_offered(pack, last, tier, day),
        "sold": supply_control.ceiling_sale(given["need"], given["held"]),
    }


def _cap(pack: RulePack, day: date, given: Given) -> Result:
    return {"cap": engine.cap_of(pack, day.year)}


def _yearly_supply(pack: RulePack, day: date, given: Given) -> Result:
    prices = engine.PriceHistory(
        _cents(given.get("half_year", 0)), _cents(given.get("two_years", 0))
    )
    found = engine.yearly_supply(pack, given["year"], day, prices)
    assert found is not None
    return {
        "cap": found.cap,
        "share": found.share,
        "intake": found.intake,
        "release": found.release,
        "spike": found.spike,
        "auctioned": found.auctioned,
    }


def _obligation(pack: RulePack, day: date, given: Given) -> Result:
    due = engine.obligation(
        pack, given.get("class"), given["emissions"], given.get("free", 0), day.year
    )
    return {"due": due}


def _part_surrender(pack: RulePack, day: date, given: Given) -> Result:
    years = given["emissions"]
    parts = [engine.part_due(pack, amount, day.year) for amount in years[:-1]]
    return {"parts": parts, "final": engine.final_due(years, sum(parts))}


def _phase_in(pack: RulePack, day: date, given: Given) -> Result:
    return {"due": engine.phased_in(pack, given["sector"], given["emissions"], day.year)}


def _offsets(pack: RulePack, day: date, given: Given) -> Result:
    due = given["due"]
    return {
        "limit": engine.offset_limit(pack, due, day),
        "without_benefit": engine.offsets_without_benefit(pack, due, day),
    }


def _banking(pack: RulePack, day: date, given: Given) -> Result:
    found = engine.carried(pack, given["held"], given.get("net_sales", 0), day)
    return {"banked": found.banked, "expired": found.expired}


def _reserve(pack: RulePack, day: date, given: Given) -> Result:
    circulating, reserve = given.get("circulating"), given.get("reserve", 0)
    result: Result = {}
    if circulating is not None:
        result["intake"] = supply_control.msr_intake(pack, circulating, day)
        if pack.has("supply.msr_release", day):
            result["release"] = supply_control.msr_release(pack, circulating, reserve, day)
    if pack.has("supply.msr_void_above", day):
        result["void"] = supply_control.msr_void(pack, reserve, day)
    return result


def _price_path(pack: RulePack, day: date, given: Given) -> Result:
    inflation = [Fraction(rate) for rate in given.get("inflation", ())]
    growth = given.get("growth", "supply.reserve_growth")
    return {"price": _money(supply_control.price_on(pack, given["key"], growth, day, inflation))}


def _containment(pack: RulePack, day: date, given: Given) -> Result:
    cap, price = given["cap"], _cents(given["price"])
    size = supply_control.ccr_size(pack, cap, day)
    result: Result = {
        "size": size,
        "sold": supply_control.ccr_sold(pack, size, given.get("wanted", 0), price, day),
    }
    if pack.has("supply.ecr_price", day):
        result["withheld"] = supply_control.ecr_withheld(
            pack, cap, given.get("volume", 0), price, day
        )
    return result


def _buy_back(pack: RulePack, day: date, given: Given) -> Result:
    return {"amount": supply_control.buy_back(pack, given["allocated"], day)}


def _purchase_limit(pack: RulePack, day: date, given: Given) -> Result:
    obliged = given.get("obliged", True)
    return {"limit": supply_control.purchase_limit(pack, given["volume"], day, obliged)}


def _measure(pack: RulePack, day: date, given: Given) -> Result:
    return {"amount": engine.converted(given["amount"], pack.scheme.measure, given["into"])}


RULES: Final[Mapping[str, Callable[[RulePack, date, Given], Result]]] = {
    "allocation": _allocation,
    "band": _band,
    "banking": _banking,
    "borrowing": _borrowing,
    "buy_back": _buy_back,
    "cap": _cap,
    "ceiling": _ceiling,
    "closing": _closing,
    "containment": _containment,
    "false_report": _false_report,
    "false_verification": _false_verification,
    "fine": _fine,
    "fines_within": _fines_within,
    "grandfathering": _grandfathering,
    "holding_limit": _holding_limit,
    "measure": _measure,
    "new_entrant": _new_entrant,
    "obligation": _obligation,
    "offsets": _offsets,
    "part_surrender": _part_surrender,
    "phase_in": _phase_in,
    "price": _price,
    "price_path": _price_path,
    "purchase_limit": _purchase_limit,
    "sector": _sector,
    "split": _split,
    "stability_reserve": _reserve,
    "yearly_supply": _yearly_supply,
}


def _named(pack: RulePack, example: Example) -> str:
    """File, line and name."""
    number = next((i for i, one in enumerate(pack.examples) if one.name == example.name), 0)
    return f"{pack.place('example', number)}: example {example.name!r}"


def computed(pack: RulePack, example: Example) -> Result:
    """What the rules give for an example."""
    if example.rule not in RULES:
        raise refused(
            "EXAMPLE_RULE", rule=example.rule, named=_named(pack, example), rules=", ".join(RULES)
        )
    given = _Given(example.given)
    try:
        found = RULES[example.rule](pack, example.day, given)
    except (KeyError, TypeError, ValueError, ArithmeticError, AssertionError) as error:
        raise TonneError(
            "EXAMPLE_GIVEN",
            f"{_named(pack, example)} cannot be computed: {error!r}.",
            field="given",
            remedy="Give what the rule needs, in the scheme's measure and currency.",
        ) from error
    if unused := set(given) - given.used:
        raise TonneError(
            "EXAMPLE_GIVEN",
            f"{_named(pack, example)} is given {', '.join(sorted(unused))}, which its rule does not use.",
            field="given",
            value=", ".join(sorted(unused)),
            remedy=f"Known: {', '.join(sorted(given.used))}.",
        )
    return found


def check(pack: RulePack, example: Example) -> None:
    """Refuses an example whose results are not those of the rules."""
    found = computed(pack, example)
    for name, expected in example.gives.items():
        if name not in found or found[name] != expected:
            raise refused(
                "EXAMPLE_DIFFERS",
                expected=str(expected),
                named=_named(pack, example),
                key=name,
                given=found.get(name, "not computed"),
            )
