"""Open cases of the sample market: a charge of a false report, an auction, a monitoring report to verify.

The gas plant's first report leaves out the fuel of its starts. The authority disputes it, the arbiter annuls
it, and the plant restates it. The charge over the annulled report is undecided. Figures are invented.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from tonne.chain.client import Call, Chain
from tonne.constants import HOUR_S
from tonne.crypto.hashing import text_hash
from tonne.evidence import manifest, monitoring_drafts, reports
from tonne.evidence.monitoring_files import Amount, MonitoringDraft, MonitoringForm
from tonne.market.auction_rules import AuctionTerms
from tonne.rules.pack import RulePack
from tonne.sandbox import seed_market
from tonne.sandbox.seed_market import PLANTS, SeedMarket

#: Powers of the arbiter's office: `Powers` PENALISE and DISPUTE of ISchemes.
SECOND_OFFICER: Final = 8 + 512
EVERYWHERE: Final = 0

#: The plant with the annulled report, and its emissions as restated [t CO2e].
CHARGED: Final = "south"
RESTATED_T: Final = 468_000

#: Its cash on the exchange, from which a fine can be debited [0.01 currency].
CHARGED_CASH: Final = 5_000_000

#: The auction: seller, lots, least price [0.01 currency], hours of bids.
SELLER: Final = "east"
LOTS: Final = 20_000
RESERVE_CENTS: Final = 4_500
BIDDING_H: Final = 78  # from Friday morning until Monday afternoon

#: The wind farm's report of its first half of 2021.
FIRST_DAY, LAST_DAY = date(2021, 1, 1), date(2021, 6, 30)
WIND_T: Final = 38_400
WIND_EVIDENCE: Final = (
    b"month,MWh,t CO2e avoided\n"
    b"2021-01,11600,6960\n2021-02,10400,6240\n2021-03,11900,7140\n"
    b"2021-04,11100,6660\n2021-05,10300,6180\n2021-06,8700,5220\n"
)


def restate(chain: Chain, pack: RulePack, market: SeedMarket) -> None:
    """Dispute and annulment of the gas plant's report, and its restatement."""
    scheme, year, who = pack.scheme.number, market.period.last_year, market.people
    number = market.installations[CHARGED]
    about = (number, year)
    _send(
        chain,
        market,
        [
            ("authority", "Schemes", "grantOffice", who["arbiter"], scheme, EVERYWHERE, SECOND_OFFICER),
            ("authority", "EmissionsOracle", "dispute", *about, text_hash("fuel of starts is missing")),
            ("arbiter", "EmissionsOracle", "resolve", *about, True, text_hash("the fuel bills prove it")),
        ],
    )  # fmt: skip
    plant = next(plant for plant in PLANTS if plant.name == CHARGED)
    lines = manifest.power_plant_lines(
        power_mwh=plant.power_mwh,
        heat_gj=plant.heat_gj,
        emissions_t=RESTATED_T,
        fuel=plant.fuel,
    )
    files = manifest.manifest_of({"meters/export.csv": CHARGED.encode()})
    draft = reports.write_report(chain, who[CHARGED], number, year, lines, files)
    _send(chain, market, [seed_market.submission(chain, scheme, who, draft)])


def announce(chain: Chain, market: SeedMarket) -> None:
    """The charge, and an auction whose bids are open when the market starts."""
    plant, year = market.installations[CHARGED], market.period.last_year
    reason = text_hash("the first report left out the fuel of starts")
    begins = -(-chain.now() // 60) * 60 + 60
    ends = begins - begins % HOUR_S + BIDDING_H * HOUR_S
    seller = market.participants[SELLER]
    terms = AuctionTerms(
        market=market.market,
        seller=seller,
        proceeds=seller,
        forfeits=seller,
        lots=LOTS,
        reserveTick=RESERVE_CENTS,
        commitFrom=begins,
        commitUntil=ends,
        revealFrom=ends + HOUR_S,
        revealUntil=ends + 3 * HOUR_S,
        deliverFrom=ends + 4 * HOUR_S,
    )
    wallet, exchange = market.people[SELLER], chain["Exchange"]
    units = (wallet, exchange, market.allowance, LOTS, b"")
    _send(
        chain,
        market,
        [
            ("authority", "FalseReports", "charge", plant, year, 0, 0, reason),
            ("currency_issuer", "SettlementCurrency", "mint", market.people[CHARGED], CHARGED_CASH),
            (CHARGED, "SettlementCurrency", "approve", exchange, CHARGED_CASH),
            (CHARGED, "Exchange", "depositCash", market.market, CHARGED_CASH),
            (SELLER, "Allowances", "safeTransferFrom", *units),
            ("authority", "Auction", "announce", terms.as_tuple(), text_hash("sample auction")),
            (SELLER, "Auction", "open", 1),
        ],
    )
    chain.set_time(begins)


def monitoring_draft(chain: Chain, market: SeedMarket) -> MonitoringDraft:
    """The wind farm's report of the last half-year, signed by its developer alone."""
    document = "meters/export.csv"
    form = MonitoringForm(
        project=1,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        vintage=FIRST_DAY.year,
        buffer_percent="0",
        amounts=[
            Amount(
                kind="baseline",
                name="electricity of coal plants avoided",
                tonnes=WIND_T,
                document=document,
            )
        ],
    )
    files = manifest.manifest_of({document: WIND_EVIDENCE})
    return monitoring_drafts.sign_report(chain, market.people["developer"], form, files)


def _send(chain: Chain, market: SeedMarket, calls: list[tuple[Any, ...]]) -> None:
    chain.send_many(
        Call(market.people[name], chain[contract], function, tuple(args))
        for name, contract, function, *args in calls
    )
