"""Disclosed rules of schemes, in the same columns for comparison.

Three cases are kept apart: a key without a value is "not in this pack"; one of which the pack says that its
scheme does not tell it is "not disclosed by the scheme"; a chain's value stands in the place of the pack's,
marked "on chain". A value that ended before the day stands with its last year, a cap that the pack's own
reduction leads to is marked so, and a key that the pack's own words exclude "does not apply": of the forms
of a fine the scheme has the one that is there. Values of a scenario file are marked as assumed. Prices keep
the scheme's currency and measure: nothing is converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from tonne.rules.engine.figures import says
from tonne.rules.engine.supply_control import price_on
from tonne.rules.engine.yearly_supply import cap_of
from tonne.rules.pack import RulePack
from tonne.rules.pack.indexed_fines import INDEX, INDEXED, PER_UNIT
from tonne.rules.pack.key_spec import OF_YEARS
from tonne.rules.pack.model import ASSUMED, DatedValue
from tonne.rules.unpublished import NOT_DISCLOSED, NOT_IN_PACK

#: Another value of the pack, on the same day, leaves no room for it.
NOT_APPLIED: Final = "does not apply"
#: Forms of a fine: a pack that says one says that it is not the others.
FINES: Final[tuple[frozenset[str], ...]] = (
    frozenset(("penalty.min", "penalty.max")),
    frozenset(("penalty.min_per_unit", "penalty.max_per_unit")),
    frozenset(("penalty.multiple_min", "penalty.multiple_max", "penalty.cap")),
    frozenset(("penalty.units_for_each",)),
)
#: Keys that say more of another, which has to be other than 0 and not false.
DETAILS: Final[Mapping[str, str]] = {
    "offset.programmes": "offset.limit",
    "offset.direct_benefit": "offset.limit",
    "borrowing.limit": "borrowing.allowed",
    "banking.base": "banking.allowed",
    "banking.net_sales_multiple": "banking.allowed",
}

#: Prices that rise every year after their first, and the key of the share.
GROWTH: Final = {
    "supply.ccr_price": "supply.ccr_growth",
    "supply.ccr_price_2": "supply.ccr_growth",
    "supply.ecr_price": "supply.ccr_growth",
    "supply.ceiling_price": "supply.ceiling_growth",
    "auction.reserve_price": "supply.reserve_growth",
}

#: Topics, and their columns: what people call it, and the key.
TOPICS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Coverage": (
        ("emitters", "coverage.entities"),
        ("emissions a year", "coverage.emissions"),
        ("threshold", "coverage.threshold"),
        ("gases", "coverage.gases"),
        ("obligations met", "coverage.compliance"),
        ("cap", "cap.amount"),
        ("cap falls by", "cap.reduction"),
    ),
    "Allocation": (
        ("method", "allocation.method"),
        ("benchmarks", "benchmark"),
        ("early", "allocation.preallocation"),
        ("true-up", "allocation.true_up"),
        ("free", "allocation.free_share"),
        ("auctioned", "allocation.auction_share"),
        ("new plants", "allocation.new_entrant_reserve"),
    ),
    "Surrender": (
        ("by", "period"),
        ("after each year", "obligation.part_surrender"),
        ("beyond free, at most", "obligation.cap_over_free"),
        ("offsets", "offset.limit"),
        ("of programmes", "offset.programmes"),
        ("own benefit", "offset.direct_benefit"),
    ),
    "Banking": (
        ("banking", "banking.allowed"),
        ("base", "banking.base"),
        ("x net sales", "banking.net_sales_multiple"),
        ("borrowing", "borrowing.allowed"),
        ("at most", "borrowing.limit"),
    ),
    "Linking": (
        ("recognises scheme", "link.scheme"),
        ("at most", "link.limit"),
        ("for each", "link.ratio"),
        ("oldest vintage", "link.oldest_vintage"),
    ),
    "Market": (
        ("lot", "market.lot"),
        ("price step", "market.tick"),
        ("band", "market.band"),
        ("smallest block", "market.block_min"),
        ("holding limit", "market.holding_limit"),
        ("of the budget", "market.holding_limit_rest_share"),
    ),
    "Auctions": (
        ("bids", "auction.form"),
        ("price", "auction.pricing"),
        ("ties", "auction.tie"),
        ("multiple", "auction.multiple"),
        ("not below", "auction.reserve_price"),
        ("one bidder", "auction.bidder_limit"),
    ),
    "Control of supply": (
        ("reserve takes above", "supply.msr_upper"),
        ("gives below", "supply.msr_lower"),
        ("containment", "supply.ccr_price"),
        ("withheld below", "supply.ecr_price"),
        ("ceiling", "supply.ceiling_price"),
        ("buy-back", "supply.buy_back"),
    ),
    "Shortfall": (
        ("least fine", "penalty.min"),
        ("highest", "penalty.max"),
        ("each unit", "penalty.max_per_unit"),
        ("x price, least", "penalty.multiple_min"),
        ("highest ", "penalty.multiple_max"),
        ("cap", "penalty.cap"),
        ("units for each", "penalty.units_for_each"),
        ("next allocation", "penalty.deduction"),
        ("also", "penalty.measures"),
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one scheme says about one thing on a day."""

    key: str
    text: str
    disclosed: bool
    assumed: bool
    on_chain: bool = False


def cell(
    pack: RulePack, key: str, day: date, on_chain: Mapping[str, str] = MappingProxyType({})
) -> Cell:
    """The value of a key on a day, as people write it; what the chain says of it, where it does."""
    if key in on_chain:
        return Cell(
            key, f"{on_chain[key]} (on chain)", disclosed=True, assumed=False, on_chain=True
        )
    if key == "period":
        return _deadline(pack, day)
    if key == "benchmark":
        return _benchmarks(pack, day)
    entry = pack.entry(key, day)
    if entry is None:
        return _missing(pack, key, day)
    assumed = entry.confidence == ASSUMED
    text = _risen(pack, key, entry, day) or written(entry)
    return Cell(key, f"{text} (assumed)" if assumed else text, not assumed, assumed)


def _missing(pack: RulePack, key: str, day: date) -> Cell:
    """The words for a key without a value on the day."""
    if pack.undisclosed(key, day):
        return Cell(key, NOT_DISCLOSED, disclosed=False, assumed=False)
    if _excluded(pack, key, day):
        return Cell(key, NOT_APPLIED, disclosed=True, assumed=False)
    cap = cap_of(pack, day.year) if key == "cap.amount" else None
    if cap is not None:
        text = f"{_number(Decimal(cap), pack.scheme.measure)} (by the reduction)"
        return Cell(key, text, disclosed=True, assumed=False)
    return _ended(pack, key, day) or Cell(key, NOT_IN_PACK, disclosed=False, assumed=False)


def _excluded(pack: RulePack, key: str, day: date) -> bool:
    """Whether the pack's own values of the day leave no room for a key."""
    if key in DETAILS:
        entry = pack.entry(DETAILS[key], day)
        return entry is not None and not entry.value
    own = next((form for form in FINES if key in form), None)
    if own is None:
        return False
    said = [form for form in FINES if any(pack.has(one, day) for one in form)]
    return bool(said) and own not in said


def _ended(pack: RulePack, key: str, day: date) -> Cell | None:
    """The last value before a day, with the year that it held until; an assumed one is not carried on."""
    past = [one for one in pack.values.get(key, ()) if one.to is not None and one.to < day]
    if not past or past[-1].confidence == ASSUMED:
        return None
    last = past[-1]
    assert last.to is not None
    return Cell(key, f"{written(last)} (until {last.to.year})", disclosed=True, assumed=False)


def _risen(pack: RulePack, key: str, entry: DatedValue, day: date) -> str:
    """A price that rises, as it is on the day; or by what it rises, where that needs figures the pack has
    not; empty for any other value."""
    if key in PER_UNIT and says(pack, INDEXED, day):
        known = pack.has(INDEX, day)
        indexed = entry.model_copy(update={"value": Decimal(pack.onchain(key, day)) / 100})
        return written(indexed) if known else f"{written(entry)} and consumer prices"
    growth = pack.entry(GROWTH.get(key, ""), day)
    if growth is None or day.year == entry.from_.year:
        return ""
    if says(pack, "supply.indexed", day):
        return f"{written(entry)} in {entry.from_.year}, yearly + {written(growth)} and consumer prices"
    price = Decimal(price_on(pack, key, GROWTH[key], day)) / 100
    return written(entry.model_copy(update={"value": price}))


def _deadline(pack: RulePack, day: date) -> Cell:
    """The surrender deadline of the period that a day's year belongs to."""
    for name, rule in pack.periods.items():
        if rule.first_year <= day.year <= rule.last_year and rule.surrender_deadline is not None:
            supplied = pack.assumed_periods.get(name)
            assumed = supplied is not None and "surrender_deadline" in supplied.fields
            text = (
                f"{rule.surrender_deadline} (assumed)" if assumed else str(rule.surrender_deadline)
            )
            return Cell("period", text, not assumed, assumed)
    return _last_deadline(pack, day) or _missing(pack, "period", day)


def _last_deadline(pack: RulePack, day: date) -> Cell | None:
    """The latest known deadline of an earlier year, with that year; assumed ones are not carried on."""
    known = [
        (rule.last_year, rule.surrender_deadline)
        for name, rule in pack.periods.items()
        if rule.last_year < day.year
        and rule.surrender_deadline is not None
        and name not in pack.assumed_periods
    ]
    if not known:
        return None
    year, deadline = max(known)
    return Cell("period", f"{deadline} (of {year})", disclosed=True, assumed=False)


def _benchmarks(pack: RulePack, day: date) -> Cell:
    """How many benchmarks hold on a day."""
    held = [pack.entry(key, day) for key in pack.values if key.startswith("benchmark.")]
    trust = [entry.confidence for entry in held if entry is not None]
    if not trust:
        return _last_benchmarks(pack, day)
    assumed = ASSUMED in trust
    text = f"{len(trust)} (assumed)" if assumed else str(len(trust))
    return Cell("benchmark", text, not assumed, assumed)


def _last_benchmarks(pack: RulePack, day: date) -> Cell:
    """How many benchmarks held together in the last year before a day that had any."""
    ends = [
        one.to
        for key, values in pack.values.items()
        if key.startswith("benchmark.")
        for one in values
        if one.to is not None and one.to < day and one.confidence != ASSUMED
    ]
    if not ends:
        return _missing(pack, "benchmark", day)
    count = ends.count(max(ends))
    return Cell("benchmark", f"{count} (until {max(ends).year})", disclosed=True, assumed=False)


def compared(
    packs: Sequence[RulePack],
    day: date,
    acts: Sequence[date] = (),
    on_chain: Sequence[Mapping[str, str]] = (),
) -> dict[str, list[list[Cell]]]:
    """For each topic a row of cells for each pack, in the topic's columns, by the rules of a day.

    `acts`: for each pack the day for what holds on the day of an act, where that is another one. `on_chain`:
    for each pack what a chain says, by key.
    """
    days = acts or [day] * len(packs)
    told = on_chain or [{} for _ in packs]
    return {
        topic: [
            [cell(pack, key, day if of_a_year(key) else of_acts, said) for _, key in columns]
            for pack, of_acts, said in zip(packs, days, told, strict=True)
        ]
        for topic, columns in TOPICS.items()
    }


def of_a_year(key: str) -> bool:
    """Whether a key holds for reporting years, rather than for the day of an act."""
    return key.partition(".")[0] in OF_YEARS


def written(entry: DatedValue) -> str:
    """A value as people write it, with its unit."""
    value: Any = entry.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(word.replace("_", " ") for word in value)
    if isinstance(value, int | Decimal):
        return _number(Decimal(value), entry.unit)
    return str(value).replace("_", " ")


def text_of(value: int | Decimal, unit: str) -> str:
    """A number as people write it, with its unit."""
    return _number(Decimal(value), unit)


def _number(value: Decimal, unit: str) -> str:
    if unit == "share":
        return f"{(value * 100).normalize():f} %"
    if unit in ("year", "scheme", "factor"):
        return f"{value.normalize():f}"
    text = f"{value:,.2f}" if "/" in unit and value == round(value, 2) else f"{value:,f}"
    if "." in text and "/" not in unit:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}"
