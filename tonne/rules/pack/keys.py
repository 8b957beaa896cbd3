"""The keys of rule packs: unit and integer of each, and in plain words what it does.

Where a key is kept on chain, the words are those of the contracts; the others are read by the plain rules
(`tonne.rules.engine`) and by the disclosure tables.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tonne.constants import DAY_S, PPM
from tonne.rules.pack.key_spec import PRODUCTS, Spec

PRICE: Final = "{currency}/{measure}"

#: What a shortfall can bring beside money.
MEASURES_OF_PENALTY: Final = (
    "publication", "credit_record", "loss_of_subsidies", "loss_of_preference", "production_stop",
)  # fmt: skip


def _share(chain_key: str | None, says: str, most: int | None = 1) -> Spec:
    return Spec("share", PPM, chain_key, most=most, says=says)


def _flag(says: str, chain_key: str | None = None, built: object = None) -> Spec:
    return Spec("flag", 1, chain_key, built=built, says=says)


def _amount(says: str) -> Spec:
    return Spec("{measure}", says=says)


def _price(says: str) -> Spec:
    return Spec(PRICE, 100, says=says)


def _money(says: str, chain_key: str | None = None) -> Spec:
    return Spec("{currency}", 100, chain_key, says=says)


def _rule(says: str, *words: str, built: object = None, chain_key: str | None = None) -> Spec:
    return Spec("rule", chain_key=chain_key, words=words, built=built, says=says)


def _set(says: str, *words: str, chain_key: str | None = None) -> Spec:
    return Spec("set", 1, chain_key, words=words, says=says)


def _times(says: str, chain_key: str | None = None) -> Spec:
    return Spec("times", PPM, chain_key, says=says)


def _vintage(chain_key: str, says: str) -> Spec:
    return Spec("year", 1, chain_key, most=65_535, says=says)


def _date(says: str) -> Spec:
    return Spec("date", says=says)


COVERAGE: Final = {
    "coverage.entities": Spec("entities", says="Emitters under the scheme."),
    "coverage.emissions": _amount("Emissions a year that the scheme covers."),
    "coverage.compliance": _share(None, "Share of the obligations that were met."),
    "coverage.threshold": _amount("Emissions a year from which an emitter is covered."),
    "coverage.gases": _set(
        "Gases that count.", "CO2", "CH4", "N2O", "HFCs", "PFCs", "SF6", "NF3",
    ),
    "coverage.indirect": _flag("Emissions of purchased power and heat count too."),
    "cap.amount": _amount("What the scheme issues in a year: its cap, or budget."),
    "cap.reduction": _share(None, "The cap falls every year by this share of its base."),
    "cap.rebase": _amount("Taken off the cap once, in this year."),
}  # fmt: skip

ALLOCATION: Final = {
    "allocation.method": _set(
        "How allowances are given out: by benchmark times output, by past emissions (grandfathering),"
        " by the emitter's own past intensity, by verified emissions, or by auction.",
        "benchmark", "grandfathering", "intensity", "verified_emissions", "auction",
    ),
    "allocation.preallocation": _share(
        "allocation.preallocation_ppm",
        "Share of an allocation that is given early, on the figures of the year before.",
    ),
    "allocation.preallocation_basis": _rule(
        "What the early part is a share of: benchmark times last output, or last verified emissions.",
        "prior_output", "prior_emissions",
    ),
    "allocation.power_basis": _rule(
        "What a power benchmark is multiplied by: the electricity a plant supplies, or all it generates.",
        "supplied", "generated",
    ),
    "allocation.true_up": _flag("The final allocation follows verified output, up or down."),
    "allocation.gap_limit": _share(
        None, "Surplus and deficit are kept within this share of verified emissions."
    ),
    "allocation.free_share": _share(None, "Share of the cap given for free."),
    "allocation.auction_share": _share(None, "Share of the cap that is auctioned."),
    "allocation.new_entrant_reserve": _share(
        None, "Share of the cap kept for new plants; who comes when it is empty gets nothing."
    ),
    "allocation.closure": _rule(
        "A plant that closes: gets nothing early but all at the true-up, or keeps the part of the year"
        " it ran.",
        "no_preallocation", "to_the_day",
    ),
    "allocation.correction_cooling": Spec(
        "factor", 10**4, most=10, says="Factor on the power benchmark for the way of cooling."
    ),
    "allocation.correction_heat": Spec(
        "factor", 10**4, most=10, says="Factor on the power benchmark for the share of heat supplied."
    ),
    "allocation.correction_load": Spec(
        "factor", 10**4, most=10, says="Factor on the power benchmark for the load of the year."
    ),
    "allocation.correction_all": Spec(
        "factor", PPM, most=1,
        says="Factor on every free allocation, so that they fit into what may be given for free.",
    ),
}  # fmt: skip

OBLIGATION: Final = {
    "obligation.cap_over_free": _share(
        "obligation.cap_over_free_ppm",
        "Nobody owes more than its free allocation and this share of its verified emissions.",
    ),
    "obligation.gas_deficit_exempt": _flag(
        "A gas plant owes no more than its free allocation.", "obligation.gas_deficit_exempt"
    ),
    "obligation.carry_vintages": Spec(
        "vintages", 1, "obligation.carry_vintages",
        says="Older vintages a period admits; without it all, with 0 its own alone.",
    ),
    "obligation.borrow_vintages": Spec(
        "vintages", 1, "obligation.borrow_vintages",
        says="Later vintages a period admits; without it none.",
    ),
    "obligation.part_surrender": _share(
        "obligation.part_surrender_ppm",
        "Share of a year's emissions to surrender after each year of a longer period; the rest is due"
        " after the last.",
    ),
    "obligation.phase_in": _share(None, "Share of a year's emissions that counts."),
}  # fmt: skip

OFFSET: Final = {
    "offset.limit": _share(
        "offset.limit_ppm", "Offsets cover at most this share of an obligation, rounded down."
    ),
    "offset.direct_benefit": _share(
        None, "At least this share of the offsets has a direct benefit for the scheme's own country."
    ),
    "offset.credit_scheme": Spec(
        "scheme", 1, "offset.credit_scheme", most=65_535,
        says="Number of the scheme whose credits are admitted; without it the scheme's own.",
    ),
    "offset.oldest_vintage": Spec(
        "year", 1, "offset.oldest_vintage", most=65_535, says="Oldest vintage of an admitted offset."
    ),
    "offset.newest_vintage": Spec(
        "year", 1, "offset.newest_vintage", most=65_535, says="Newest vintage of an admitted offset."
    ),
    "offset.host_country": Spec(
        "ISO 3166-1 numeric", 1, "offset.host_country", most=999,
        says="Country an admitted offset comes from.",
    ),
    "offset.activities": _set(
        "Activities admitted as offsets.", "reduction", "removal", chain_key="offset.activities"
    ),
    "offset.kinds": _set(
        "Kinds of project admitted as offsets.", "forest", "wind", "efficiency",
        chain_key="offset.kinds",
    ),
    "offset.methodologies": _set(
        "Methodologies admitted, by number in the register.",
        *(str(number) for number in range(1, 191)),
        chain_key="offset.methodologies",
    ),
    "offset.programmes": _set(
        "Programmes whose credits are admitted as offsets.",
        "CCER", "CDM", "JI", "ARB", "RGGI", "regional",
    ),
    "offset.excluded": _set("Kinds of project that are not admitted.", "hydro"),
    "offset.origin": _rule("Where an admitted offset comes from.", "anywhere", "country", "region"),
    "offset.reduced_from": _date("Reductions before this day are not admitted."),
    "offset.registered_from": _date("Projects registered before this day are not admitted."),
    "offset.new_issued": _flag("New offsets are still issued."),
    "offset.buyer_liability": _flag("Who surrendered an offset that is invalidated replaces it."),
    "offset.share_of_proceeds": _share(
        "offset.share_of_proceeds_ppm", "Share of issued credits that goes to adaptation."
    ),
    "offset.overall_mitigation": _share(
        "offset.overall_mitigation_ppm", "Share of issued credits that is cancelled at once."
    ),
}  # fmt: skip

BANKING: Final = {
    "banking.allowed": _flag(
        "Allowances that are left can be used for a later period.", "banking.allowed"
    ),
    "banking.base": Spec("{measure}", 1, "banking.base", says="Everybody can carry this much over."),
    "banking.net_sales_multiple": Spec(
        "times", PPM, "banking.net_sales_ppm",
        says="On top of the base, this many times the net sales of the vintages that may be carried over.",
    ),
    "banking.oldest_vintage": _vintage(
        "banking.oldest_vintage", "Oldest vintage that can be carried over."
    ),
    "banking.newest_vintage": _vintage(
        "banking.newest_vintage", "Newest vintage that can be carried over."
    ),
    "banking.into_vintage": _vintage("banking.into_vintage", "Vintage they become."),
    "banking.expired_vintage": _vintage(
        "banking.expired_vintage", "Allowances of this vintage and of older ones are void."
    ),
    "borrowing.allowed": _flag("Allowances of a later period can be used for this one."),
    "borrowing.limit": _share(
        "borrowing.limit_ppm", "Share of an obligation that can be met with later allowances."
    ),
}  # fmt: skip

LINK: Final = {
    "link.scheme": Spec(
        "scheme", 1, "link.scheme", most=65_535,
        says="Number of the scheme whose allowances are recognised; without it nobody's.",
    ),
    "link.limit": _share("link.limit_ppm", "Share of an obligation that can be met with them, rounded down."),
    "link.ratio": Spec(
        "factor", PPM, "link.ratio_ppm", most=10,
        says="Own allowances for each recognised one, rounded down; without it one.",
    ),
    "link.oldest_vintage": _vintage("link.oldest_vintage", "Oldest vintage that is recognised."),
}  # fmt: skip

SUPPLY: Final = {
    "supply.msr_upper": _amount(
        "Above this many allowances in circulation the stability reserve takes its full share in."
    ),
    "supply.msr_middle": _amount(
        "Between this and the upper threshold the reserve takes in what is above this one."
    ),
    "supply.msr_lower": _amount("Below this many allowances in circulation the reserve releases."),
    "supply.msr_intake": _share(None, "Share of the allowances in circulation that is taken in."),
    "supply.msr_release": _amount("What the reserve releases in a year."),
    "supply.msr_void_above": _amount("What the reserve holds beyond this becomes void."),
    "supply.spike_multiple": _times(
        "Allowances are released when the mean of six months is above this many times the mean of two"
        " years before."
    ),
    "supply.spike_release": _amount("What is released when prices rise so."),
    "supply.reserve_growth": _share(None, "The auction's reserve price rises by this share a year."),
    "supply.indexed": _flag("Reserve, tier and ceiling prices rise by consumer prices as well."),
    "supply.tier_trigger": _share(
        None, "Reserve tiers are offered when the last price was at least this share of the lowest."
    ),
    "supply.ceiling_price": _price("At this price allowances are sold without limit, for own need."),
    "supply.ceiling_growth": _share(None, "The ceiling price rises by this share a year."),
    "supply.ccr_price": _price("Above this price the cost containment reserve is sold."),
    "supply.ccr_price_2": _price("Price of the second tier of the cost containment reserve."),
    "supply.ccr_growth": _share(None, "The containment prices rise by this share a year."),
    "supply.ccr_share": _share(None, "Size of the cost containment reserve, a share of the cap."),
    "supply.ccr_amount": _amount("Size of the cost containment reserve, a year."),
    "supply.ecr_price": _price("Below this price the emissions containment reserve is withheld."),
    "supply.ecr_share": _share(None, "Most that is withheld in a year, a share of the cap."),
    "supply.fixed_price_sale": _flag(
        "The authority sells from a reserve at a fixed price, for compliance only."
    ),
    "supply.buy_back": _share(None, "Most the authority buys back, a share of what was allocated."),
}  # fmt: skip

PENALTY: Final = {
    "penalty.min": _money("Least fine for a shortfall.", "penalty.min_cents"),
    "penalty.max": _money(
        "Highest fine for a shortfall; between the two the authority decides, with a reason.",
        "penalty.max_cents",
    ),
    "penalty.min_per_unit": Spec(
        PRICE, 100, "penalty.min_cents_per_t", says="Least fine for each missing unit."
    ),
    "penalty.max_per_unit": Spec(
        PRICE, 100, "penalty.max_cents_per_t", says="Highest fine for each missing unit."
    ),
    "penalty.index": _times(
        "What a fine for each missing unit is multiplied by: consumer prices. On days of which it is not"
        " known the sum stands as it is."
    ),
    "penalty.indexed": _flag("The fine for each missing unit rises by consumer prices."),
    "penalty.multiple_min": _times(
        "Least fine: this many times the price of the missing units.", "penalty.multiple_min_ppm"
    ),
    "penalty.multiple_max": _times(
        "Highest fine: this many times the price of the missing units.", "penalty.multiple_max_ppm"
    ),
    "penalty.price_months": Spec(
        "months", 1, "penalty.price_months", most=24,
        says="Months whose prices make the fine's price.",
    ),
    "penalty.price_rule": _rule(
        "How that price is made: turnover through volume of listed and block trades, or the mean of"
        " the market's prices.",
        "volume_weighted", "mean", chain_key="penalty.price_rule",
    ),
    "penalty.price_until": _rule(
        "The last of those months: the deadline's own, or the one before it.",
        "deadline_month", "month_before", chain_key="penalty.price_until",
    ),
    "penalty.cap": _money("No fine for a shortfall is higher.", "penalty.cap_cents"),
    "penalty.units_for_each": _times(
        "Units to surrender for each missing one, in its place.", "penalty.units_for_each_ppm"
    ),
    "penalty.units_in_allowances": _share(
        None, "Share of those units, at the least, that must be allowances."
    ),
    "penalty.still_owed": _flag("The missing units are still owed beside the fine."),
    "penalty.forced_debit": _flag("What is missing is first taken out of the emitter's account."),
    "penalty.deduction": _share(
        "penalty.deduction_ppm", "Share of the shortfall taken off the next allocation.", most=None
    ),
    "penalty.deduction_on_refusal": _flag("The deduction follows only where the order is refused."),
    "penalty.measures": _set(
        "What else may follow.", *MEASURES_OF_PENALTY, chain_key="penalty.measures"
    ),
    "penalty.measures_years": Spec("years", most=50, says="How long those measures last."),
    "penalty.grace": Spec("days", says="Days after the notice in which a shortfall can be healed."),
    "penalty.hearing": Spec(
        "days", 1, "penalty.hearing_days", says="Days from the notice until a fine can be decided."
    ),
    "penalty.appeal": Spec(
        "days", 1, "penalty.appeal_days",
        says="Days from a decision in which it can be appealed against; without it, none.",
    ),
    "penalty.payment": Spec(
        "days", 1, "penalty.payment_days", says="Days to pay a fine before it is debited."
    ),
    "penalty.closing": Spec(
        "days", 1, "penalty.closing_days",
        says="Days from the deadline until a shortfall is deducted.",
    ),
    "penalty.false_multiple_min": _times(
        "False report: least fine, times the illegal gains.", "penalty.false_multiple_min_ppm"
    ),
    "penalty.false_multiple_max": _times(
        "False report: highest fine, times the illegal gains.", "penalty.false_multiple_max_ppm"
    ),
    "penalty.false_min": _money(
        "False report: least fine, where gains are none or small.", "penalty.false_min_cents"
    ),
    "penalty.false_max": _money(
        "False report: highest fine, where gains are none or small.", "penalty.false_max_cents"
    ),
    "penalty.false_price_multiple": _times(
        "False report: fine, times the price of what was not reported."
    ),
    "penalty.false_cut_min": _share(
        "penalty.false_cut_min_ppm", "False report, refused: least cut of the next allocation."
    ),
    "penalty.false_cut_max": _share(
        "penalty.false_cut_max_ppm", "False report, refused: highest cut of the next allocation."
    ),
    "penalty.verifier_multiple_min": _times(
        "False verification: least fine, times the gains.", "penalty.verifier_multiple_min_ppm"
    ),
    "penalty.verifier_multiple_max": _times(
        "False verification: highest fine, times the gains.", "penalty.verifier_multiple_max_ppm"
    ),
    "penalty.verifier_max": _money(
        "False verification: highest fine, where gains are small.", "penalty.verifier_max_cents"
    ),
    "penalty.verifier_small_gains": _money(
        "False verification: gains below this are small.", "penalty.verifier_small_gains_cents"
    ),
    "penalty.offset_verifier_max": _money("False verification of an offset: highest fine."),
    "penalty.report_min": _money("No report: least fine."),
    "penalty.report_max": _money("No report: highest fine."),
    "penalty.disturbance_max": _money("Highest fine for disturbing the market."),
}  # fmt: skip

MRV: Final = {
    "mrv.monthly_evidence": Spec(
        "days", says="Days after the end of a month until its evidence is handed in."
    ),
    "mrv.report_days": Spec(
        "days", says="Days after the end of the year in which verified reports are taken."
    ),
    "mrv.dispute_window": Spec(
        "days", DAY_S, "mrv.dispute_window_s", says="Days in which a report can be disputed."
    ),
    "mrv.min_bodies": Spec("bodies", most=8, says="Verification bodies that must sign a report."),
    "mrv.min_assurance": _rule("Least assurance of an opinion.", "limited", "reasonable"),
    "mrv.max_materiality": _share(None, "Highest materiality of an opinion."),
    "mrv.max_signature_age": Spec("days", DAY_S, says="Oldest signature that is taken."),
    "mrv.max_clock_skew": Spec("s", says="How far ahead of the chain a signer's clock may be."),
    "mrv.base": _amount("Emissions beside what output explains: starts, processes."),
    "mrv.oxidation": Spec("factor", 10**4, most=1, says="Part of the carbon of coal that burns."),
    "mrv.max_load": _share(None, "Highest output, a share of capacity times hours.", most=None),
    "mrv.max_heat_load": Spec(
        "GJ/MWh", 10**4, says="Most heat for each MWh that the plant could have generated."
    ),
}  # fmt: skip

MARKET: Final = {
    "market.reference_price": _price("Previous close of the first trading day."),
    "market.lot": _amount("Quantity step of an order."),
    "market.tick": _price("Price step of an order."),
    "market.band": _share(None, "A day's prices stay within this share of the previous close."),
    "market.band_rounding": _rule(
        "How the edges of the band are rounded to the price step.", "nearest", "inward",
        built="nearest",
    ),
    "market.listed_max": _amount("Largest order in the book."),
    "market.block_min": _amount("Smallest block trade."),
    "market.block_band": _share(None, "Block prices stay within this share of the previous close."),
    "market.sessions": Spec("local time", most=2, says="Hours of the book, local time."),
    "market.block_sessions": Spec("local time", most=1, says="Hours of block trades, local time."),
    "market.taker_levels": Spec("levels", most=255, says="Prices of the other side an order reaches."),
    "market.close_rule": _rule(
        "How a day's closing price is made.", "volume_weighted", "last_price"
    ),
    "market.same_day_resale": _flag("What was bought today can be sold today.", built=False),
    "market.order_life": _rule("How long an order rests.", "day", "until_cancelled"),
    "market.custody": _rule(
        "Who may hold units outside the exchange.", "own_wallets", "participants", "free"
    ),
    "market.holding_limit": _amount("Most that one participant, or group, may hold."),
    "market.holding_limit_over_allocation": _flag(
        "An emitter's own yearly allocation comes on top of the holding limit."
    ),
    "market.holding_limit_base": _amount("Holding limit: the first part of the year's budget."),
    "market.holding_limit_base_share": _share(None, "Holding limit: share of that first part."),
    "market.holding_limit_rest_share": _share(None, "Holding limit: share of the budget beyond it."),
    "market.disclosure_over": _amount("Holdings above this are disclosed."),
    "market.over_limit_days": Spec(
        "trading days", says="Days to come back under the holding limit; then the excess is auctioned."
    ),
    "market.sale_limit": _share(None, "Most of its free allocation that an emitter may sell."),
}  # fmt: skip

AUCTION: Final = {
    "auction.form": _rule("How bids are made.", "sealed", "open"),
    "auction.tie": _rule("Who is served first at the price.", "pro_rata", "random", "time"),
    "auction.pricing": _rule("What a winner pays.", "uniform", "as_bid"),
    "auction.minimum_subscription": _share(
        None, "When bids are for less than this share of the volume, nothing is sold."
    ),
    "auction.multiple": _amount("Bids are multiples of this."),
    "auction.reserve_price": _price("Nothing is sold below this price."),
    "auction.bidder_limit": _share(None, "Most that one bidder may buy, a share of the volume."),
    "auction.bidder_limit_others": _share(
        None, "Most that a bidder without an obligation may buy, a share of the volume."
    ),
    "auction.deposit": _share(None, "Deposit, a share of the bid."),
    "auction.floor": _share(
        None, "Below this share of the secondary price an auction is cancelled."
    ),
    "auction.spread": Spec("auctions", most=4, says="Auctions over which unsold volume is spread."),
    "auction.tick": _price("Price step of a bid."),
    "auction.delivery": Spec("days", most=30, says="Days until units and money change hands."),
}  # fmt: skip

INSTALLATION: Final = {
    "installation.sale_consent": _flag("A plant is sold only with the bureau's consent."),
}

KEYS: Final[dict[str, Spec]] = {
    **COVERAGE, **ALLOCATION, **OBLIGATION, **OFFSET, **BANKING, **LINK, **SUPPLY, **PENALTY, **MRV, **MARKET,
    **AUCTION, **INSTALLATION,
}  # fmt: skip

#: Keys that may be said of one sector by itself: `allocation.steel.method`.
OF_SECTORS: Final = ("coverage", "allocation", "obligation")

#: The benchmarks of the contracts' classes of plant, as `ParamKeys` of ISchemes.sol has them.
CHAIN_BENCHMARKS: Final = (
    "benchmark.power.coal_gt300", "benchmark.power.coal_le300", "benchmark.power.unconventional_coal",
    "benchmark.power.gas", "benchmark.heat.coal", "benchmark.heat.gas",
)  # fmt: skip

_BENCHMARK = re.compile(r"benchmark\.(power|heat)\.[\w-]+")
_BOUND = re.compile(r"mrv\.(min|max)_(power|heat)\.[\w-]+")


def spec_of(key: str) -> Spec:
    """The spec of a key; KeyError carries the last parts of the keys that exist beside it."""
    if key in KEYS:
        return KEYS[key]
    section, _, rest = key.partition(".")
    if match := _BENCHMARK.fullmatch(key):
        return Spec(
            f"{{measure}}/{PRODUCTS[match[1]]}", 10**4, key,
            says=f"Free allowances for each {PRODUCTS[match[1]]} of {match[1]}.",
        )  # fmt: skip
    if match := _BOUND.fullmatch(key):
        bound = {"min": "Below", "max": "Above"}[match[1]]
        return Spec(
            f"{{measure}}/{PRODUCTS[match[2]]}", 10**4,
            says=f"{bound} this intensity of {match[2]} a report is not plausible, and refused.",
        )  # fmt: skip
    sector, _, name = rest.partition(".")
    if section in OF_SECTORS and f"{section}.{name}" in KEYS:
        spec = KEYS[f"{section}.{name}"]
        return replace(spec, chain_key=None, says=f"For {sector}: {spec.says}")
    raise KeyError({k.rpartition(".")[2] for k in KEYS if k.startswith(f"{section}.")})


def sector_of(key: str) -> str | None:
    """The sector a key is said of, if it is said of one."""
    parts = key.split(".")
    return parts[1] if len(parts) == 3 and parts[0] in OF_SECTORS else None
