"""Step 7: credits do their work outside the market, and return to who issued them."""

from __future__ import annotations

from tonne.crypto.accounts import keccak
from tonne.simulation.energy_day.model.grid import REGIONS
from tonne.simulation.energy_day.model.results import CreditLine
from tonne.simulation.energy_day.model.state import PLACE, SCHEME, World, aggregator_of
from tonne.simulation.energy_day.steps.opening import DEPOSIT
from tonne.units.energy_credits import MICRO
from tonne.units.energy_credits import report as credit_report

#: Names that are swept in one call.
NAMES = 200

#: How what networks get is divided [ppm]: generation (reserves), transmission, distribution, sale.
SHARES = (50_000, 300_000, 550_000, 100_000)

#: [s] For which a town's small series is good.
SHORT_S = 1_800


def sweep(world: World) -> None:
    """Aggregators take back what their customers' names have left."""
    calls = []
    for region in range(len(REGIONS)):
        mine = [account for account, name in world.holders.items() if name.region == region]
        for first in range(0, len(mine), NAMES):
            sponsor = world.account_of(aggregator_of(region))
            part = mine[first : first + NAMES]
            calls.append(world.call(sponsor, "PowerMarket", "sweep", part))
    world.send_all(calls)


def pay_bills(world: World) -> None:
    """What networks get divides themselves among generation, transmission, distribution and sale."""
    parts = []
    for label, ppm in zip(
        ("power station", "grid operator", "street networks", "retailer"), SHARES, strict=True
    ):
        parts += [world.number_of(label), ppm]
    tariff = (*parts, world.number_of("street networks"), SCHEME, False)
    world.send(world.bureau, "CreditBills", "publishTariff", tariff, PLACE)
    bills = world.chain["CreditBills"]
    for region in range(len(REGIONS)):
        payer = world.account_of(aggregator_of(region))
        owed = -sum(b.networks for b in world.found.bills if b.region == REGIONS[region])
        held = world.chain.call("EnergyCredits", "balanceOf", payer, world.series)
        if owed > held:
            world.send(payer, "PowerMarket", "withdraw", owed - held, payer)
        ref = keccak(f"networks of {REGIONS[region]}, {world.options.day}".encode())
        world.send(payer, "EnergyCredits", "setApprovalForAll", bills, True)
        world.send(payer, "CreditBills", "payBill", 1, world.series, owed, ref)
        world.found.credits.append(
            CreditLine(f"networks of {REGIONS[region]}: a bill that divided itself", owed)
        )


def invoice(world: World) -> None:
    """Other business between participants: paid when it is delivered."""
    seller, buyer = world.people["retailer"], world.people["wind park"]
    amount = 5 * MICRO
    terms = (
        *(seller.number, buyer.number, world.number_of("grid operator"), world.series, amount, 0),
        *(world.chain.now() + 86_400, keccak(b"forecasts of the wind for a month"), 1),
    )
    bills = world.chain["CreditBills"]
    world.send(seller.account, "CreditBills", "issueInvoice", terms)
    world.send(buyer.account, "EnergyCredits", "setApprovalForAll", bills, True)
    world.send(buyer.account, "CreditBills", "fund", 1)
    world.send(world.account_of("grid operator"), "CreditBills", "settle", 1)
    world.found.credits.append(CreditLine("an invoice, settled on delivery", amount))


def pledge(world: World) -> None:
    """Security for a lender: part of it goes back when both agree, the rest where an officer orders."""
    pledgor, lender = world.people["street networks"], world.people["grid operator"]
    house, why = world.chain["CreditPledges"], keccak(b"instalments were not paid")
    terms = keccak(b"a transformer, paid for in instalments")
    world.send(pledgor.account, "EnergyCredits", "setApprovalForAll", house, True)
    world.send(
        pledgor.account, "CreditPledges", "pledge", world.series, lender.number, 3 * MICRO, terms
    )
    for party in (lender, pledgor):
        world.send(party.account, "CreditPledges", "agree", 1, 2 * MICRO, False)
    world.send(world.bureau, "CreditPledges", "order", 1, MICRO, True, why)
    world.found.credits += [
        CreditLine("a pledge: released when both agreed", 2 * MICRO),
        CreditLine("a pledge: given to the lender by order", MICRO),
    ]


def recover(world: World) -> None:
    """Redeemed, reclaimed with a reason, expired: the three ways back."""
    hall, series = world.account_of("town hall"), world.series
    station, retailer = world.account_of("power station"), world.account_of("retailer")
    held = world.chain.call("EnergyCredits", "balanceOf", station, series)
    world.send(
        station, "EnergyCredits", "redeem", series, held // 2, keccak(b"paid out by the town")
    )
    why = keccak(b"given for a service that was not rendered")
    world.send(hall, "EnergyCredits", "reclaim", series, retailer, 5 * MICRO, why)
    short = _short_series(world)
    world.at(world.chain.now() + SHORT_S + 3_600)
    outsider = world.keys.account("outsider")
    world.send(outsider, "EnergyCredits", "sweep", short, [retailer])
    world.send(outsider, "CreditPledges", "expire", 2)
    for line in credit_report(world.chain):
        name = f"series {line.series}"
        world.found.credits += [
            CreditLine(f"{name}: issued", line.issued),
            CreditLine(f"{name}: redeemed", line.redeemed),
            CreditLine(f"{name}: reclaimed", line.reclaimed),
            CreditLine(f"{name}: expired", line.expired),
            CreditLine(f"{name}: outstanding", line.outstanding),
            CreditLine(f"{name}: collateral", line.collateral),
        ]


def _short_series(world: World) -> int:
    """Vouchers that nobody uses in time; some are pledged meanwhile."""
    hall, retailer = world.account_of("town hall"), world.account_of("retailer")
    terms = (SCHEME, world.chain.now() + SHORT_S, 1, 0, keccak(b"vouchers for a fair"))
    receipt = world.send(hall, "EnergyCredits", "openSeries", terms)
    short = next(e["id"] for e in world.chain.events(receipt) if e.name == "SeriesOpened")
    amount, why = 10 * MICRO, keccak(b"a fair")
    world.send(world.bureau, "EnergyCredits", "setIssueLimit", short, amount, why)
    world.send(hall, "EnergyCredits", "recordCollateral", short, DEPOSIT, amount, why)
    world.send(hall, "EnergyCredits", "issue", short, [(retailer, amount)], 1, why)
    house, lender = world.chain["CreditPledges"], world.number_of("grid operator")
    world.send(retailer, "EnergyCredits", "setApprovalForAll", house, True)
    world.send(retailer, "CreditPledges", "pledge", short, lender, amount // 2, why)
    return short
