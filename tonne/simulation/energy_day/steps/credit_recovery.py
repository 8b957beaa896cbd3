"""Step 7: credits do their work outside the market, and return to who issued them."""

from __future__ import annotations

from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.hashing import text_hash
from tonne.simulation.energy_day.model.grid import REGIONS
from tonne.simulation.energy_day.model.plan import HOLD_S
from tonne.simulation.energy_day.model.results import CreditLine
from tonne.simulation.energy_day.model.state import PLACE, SCHEME, DayState, aggregator_of
from tonne.simulation.energy_day.steps import bids
from tonne.simulation.energy_day.steps.opening import DEPOSIT
from tonne.units.energy_credits import MICRO
from tonne.units.energy_credits import report as credit_report

#: Names that are swept in one call.
NAMES = 200

#: How what networks get is divided [ppm]: generation (reserves), transmission, distribution, sale.
SHARES = (50_000, 300_000, 550_000, 100_000)

#: [s] For which a town's small series is good.
SHORT_S = 1_800


def sweep(state: DayState) -> None:
    """What bids held is free; aggregators take back what their customers' names have left."""
    state.driver.at(max(state.line.end + HOLD_S, state.chain.now() + 1))
    bids.release(state)
    calls = []
    for region in range(state.grid.regions):
        mine = [account for account, name in state.holders.items() if name.region == region]
        for first in range(0, len(mine), NAMES):
            sponsor = state.account_of(aggregator_of(region))
            part = mine[first : first + NAMES]
            calls.append(state.driver.call(sponsor, "PowerMarket", "sweep", part))
    state.driver.send_all(calls)


def pay_bills(state: DayState) -> None:
    """What networks get divides themselves among generation, transmission, distribution and sale."""
    parts, payees = [], ("power station", "grid operator", "street networks", "retailer")
    for label, ppm in zip(payees, SHARES, strict=True):
        parts += [state.number_of(label), ppm]
    tariff = (*parts, state.number_of("street networks"), SCHEME, False)
    state.driver.send(state.bureau, "CreditBills", "publishTariff", tariff, PLACE)
    bills = state.chain["CreditBills"]
    for region in range(state.grid.regions):
        payer = state.account_of(aggregator_of(region))
        owed = -sum(b.networks for b in state.results.bills if b.region == REGIONS[region])
        held = state.chain.call("EnergyCredits", "balanceOf", payer, state.series)
        if owed > held:
            state.driver.send(payer, "PowerMarket", "withdraw", owed - held, payer)
        ref = text_hash(f"networks of {REGIONS[region]}, {state.options.day}")
        state.driver.send(payer, "EnergyCredits", "setApprovalForAll", bills, True)
        state.driver.send(payer, "CreditBills", "payBill", 1, state.series, owed, ref, 0)
        state.results.credits.append(
            CreditLine(f"networks of {REGIONS[region]}: a bill that divided itself", owed)
        )
    for label in payees:
        _withdraw(state, label)


def _withdraw(state: DayState, label: str) -> None:
    """A payee takes what bills and invoices owe it."""
    account = state.account_of(label)
    state.driver.send(
        account, "CreditBills", "withdrawPayout", state.number_of(label), state.series, account
    )


def invoice(state: DayState) -> None:
    """Other business between participants: paid when it is delivered."""
    seller, buyer = state.people["retailer"], state.people["wind park"]
    amount = 5 * MICRO
    terms = (
        *(seller.number, buyer.number, state.number_of("grid operator"), state.series, amount, 0),
        *(state.chain.now() + DAY_S, text_hash("forecasts of the wind for a month"), 1),
    )
    bills = state.chain["CreditBills"]
    state.driver.send(seller.account, "CreditBills", "issueInvoice", terms)
    state.driver.send(buyer.account, "EnergyCredits", "setApprovalForAll", bills, True)
    state.driver.send(buyer.account, "CreditBills", "fund", 1)
    state.driver.send(state.account_of("grid operator"), "CreditBills", "settle", 1)
    _withdraw(state, "retailer")
    state.results.credits.append(CreditLine("an invoice, settled on delivery", amount))


def pledge(state: DayState) -> None:
    """Security for a lender: part of it goes back when both agree, the rest where an officer orders."""
    pledgor, lender = state.people["street networks"], state.people["grid operator"]
    house, why = state.chain["CreditPledges"], text_hash("instalments were not paid")
    terms = text_hash("a transformer, paid for in instalments")
    state.driver.send(pledgor.account, "EnergyCredits", "setApprovalForAll", house, True)
    state.driver.send(
        pledgor.account, "CreditPledges", "pledge", state.series, lender.number, 3 * MICRO, terms
    )
    for party in (lender, pledgor):
        state.driver.send(party.account, "CreditPledges", "agree", 1, 2 * MICRO, False)
    state.driver.send(state.bureau, "CreditPledges", "order", 1, MICRO, True, why)
    state.results.credits += [
        CreditLine("a pledge: released when both agreed", 2 * MICRO),
        CreditLine("a pledge: given to the lender by order", MICRO),
    ]


def recover(state: DayState) -> None:
    """Redeemed, reclaimed with a reason, expired: the three ways back."""
    hall, series = state.account_of("town hall"), state.series
    station, retailer = state.account_of("power station"), state.account_of("retailer")
    held = state.chain.call("EnergyCredits", "balanceOf", station, series)
    state.driver.send(
        station, "EnergyCredits", "redeem", series, held // 2, text_hash("paid out by the town")
    )
    why = text_hash("given for a service that was not rendered")
    state.driver.send(hall, "EnergyCredits", "reclaim", series, retailer, 5 * MICRO, why)
    short = _short_series(state)
    state.driver.at(state.chain.now() + SHORT_S + HOUR_S)
    outsider = state.keys.account("outsider")
    state.driver.send(outsider, "EnergyCredits", "sweep", short, [retailer])
    state.driver.send(outsider, "CreditPledges", "expire", 2)
    for line in credit_report(state.chain):
        name = f"series {line.series}"
        state.results.credits += [
            CreditLine(f"{name}: issued", line.issued),
            CreditLine(f"{name}: redeemed", line.redeemed),
            CreditLine(f"{name}: reclaimed", line.reclaimed),
            CreditLine(f"{name}: expired", line.expired),
            CreditLine(f"{name}: outstanding", line.outstanding),
            CreditLine(f"{name}: collateral", line.collateral),
        ]


def _short_series(state: DayState) -> int:
    """Vouchers that are not used in time; some are pledged meanwhile."""
    hall, retailer = state.account_of("town hall"), state.account_of("retailer")
    terms = (SCHEME, state.chain.now() + SHORT_S, 1, 0, text_hash("vouchers for a fair"))
    receipt = state.driver.send(hall, "EnergyCredits", "openSeries", terms)
    short: int = next(e["id"] for e in state.chain.events(receipt) if e.name == "SeriesOpened")
    amount, why = 10 * MICRO, text_hash("a fair")
    state.driver.send(state.bureau, "EnergyCredits", "setIssueLimit", short, amount, why)
    state.driver.send(hall, "EnergyCredits", "recordCollateral", short, DEPOSIT, amount, why)
    state.driver.send(hall, "EnergyCredits", "issue", short, [(retailer, amount)], 1, why)
    house, lender = state.chain["CreditPledges"], state.number_of("grid operator")
    state.driver.send(retailer, "EnergyCredits", "setApprovalForAll", house, True)
    state.driver.send(retailer, "CreditPledges", "pledge", short, lender, amount // 2, why)
    return short
