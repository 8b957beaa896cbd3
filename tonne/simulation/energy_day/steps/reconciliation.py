"""Step 8: reconciles the run's own books and the replayed events with the contracts."""

from __future__ import annotations

from tonne.audit.reconcile import audit
from tonne.constants import DAY_S
from tonne.crypto.merkle_sum import Sums
from tonne.errors import refused
from tonne.power.encoding import FIRST_PSEUDONYM
from tonne.simulation.comparison import Comparison
from tonne.simulation.energy_day.model.plan import SETTLEMENT_OPERATOR
from tonne.simulation.energy_day.model.state import DayState
from tonne.types import lanes

#: Differences shown before the rest is only counted.
SHOWN = 5


def compare(state: DayState) -> Comparison:
    """Readings, prices, flows, losses, the balance of every node, and the credits of the market."""
    found = Comparison()
    _roots(state, found)
    _rounds(state, found)
    _losses(state, found)
    _closure(state, found)
    _credits(state, found)
    return found


def _roots(state: DayState, found: Comparison) -> None:
    """The last run of every root sums up what flowed through the node's meters."""
    meters: dict[int, list[int]] = {area: [] for area in state.areas}
    for customer in state.customers:
        meters[state.areas[customer.node]].append(customer.meter)
    for number, row in enumerate(
        state.chain.call_many(("MeterOracle", "meter", (n,)) for n in state.meters), 1
    ):
        if number > len(state.customers):
            meters[row.node].append(number)
    last = {}
    for event in state.chain.logs("MeterOracle", "IntervalPosted"):
        last[event["node"], event["start"]] = Sums.of(event["sums"])
    for index, flows in enumerate(state.flows):
        for area, numbers in meters.items():
            sums = last[area, state.line.at(index)]
            each = [flows.of(number) for number in numbers]
            about = f"node {area}, interval {index}"
            found.equal(f"import at {about}", sum(i for i, _ in each), sums.import_wh)
            found.equal(f"export at {about}", sum(e for _, e in each), sums.export_wh)
            found.equal(f"meters at {about}", len(numbers), sums.settled)


def _rounds(state: DayState, found: Comparison) -> None:
    """Prices and flows are those that the outsider proposed."""
    cleared = [(index, c) for index, c in enumerate(state.rounds) if c is not None]
    stored = state.chain.call_many(
        ("PowerMarket", "pricesOf", (state.line.number(index),)) for index, _ in cleared
    )
    for (index, c), words in zip(cleared, stored, strict=True):
        found.each(
            f"prices of interval {index}",
            zip(c.clearing.prices, lanes.unpack(words, state.grid.nodes), strict=True),
        )
    asked = [(index, arc) for index, c in cleared for arc in range(len(c.round.arcs))]
    scheduled = state.chain.call_many(
        ("PowerMarket", "scheduledOf", (state.line.number(index), arc)) for index, arc in asked
    )
    for (index, arc), answer in zip(asked, scheduled, strict=True):
        round_ = state.rounds[index]
        assert round_ is not None
        sent = round_.clearing.flows[arc]
        about = f"arc {arc} in interval {index}"
        found.equal(f"sent over {about}", sent, answer.sentWh)
        found.equal(
            f"arriving over {about}", round_.round.arcs[arc].arriving(sent), answer.arrivingWh
        )


def _losses(state: DayState, found: Comparison) -> None:
    """A day of every line is what flowed through the meters at its ends."""
    sums = [[0, 0, 0] for _ in state.lines]
    for flows in state.flows:
        for line, own in zip(state.lines, sums, strict=True):
            into = flows.of(line.meter_in)[0]
            own[0] += into
            own[1] += flows.of(line.meter_out)[1]
            own[2] += line.curve.modelled_wh(into)
    for line, day, own in zip(state.lines, state.results.lines, sums, strict=True):
        found.equal(f"into {line.name}", own[0], day.in_wh)
        found.equal(f"out of {line.name}", own[1], day.out_wh)
        found.equal(f"modelled loss of {line.name}", own[2], day.modelled_wh)


def _closure(state: DayState, found: Comparison) -> None:
    """Every node closes to the watt-hour in every interval, and its money to the micro-credit."""
    for done in state.settled:
        about = f"node {done.node}, interval {done.index}"
        open_wh = done.metered_wh - done.sold_wh - done.lost_wh
        found.equal(f"agreed trades of {about}", 0, done.traded_wh)
        found.equal(f"losses of {about}", done.charged_wh, done.lost_wh)
        found.equal(f"energy of {about}", open_wh, done.imbalance_wh)
        found.equal(f"money of {about}", 0, done.money)
    states = state.chain.call_many(
        ("PowerSettlement", "intervalOf", (d.node, state.line.number(d.index)))
        for d in state.settled
    )
    operator = state.number_of(SETTLEMENT_OPERATOR)
    for done, posted in zip(state.settled, states, strict=True):
        found.equal(f"poster of node {done.node}, interval {done.index}", operator, posted.poster)
    _days(state, found)
    _traded(state, found)


def _traded(state: DayState, found: Comparison) -> None:
    """Accounts sold and bought at agreed prices as the run says."""
    zero = state.line.number(0)
    positions = {(d.index, account): d.node for d in state.settled for account, _ in d.traders}
    found.equal(
        "accounts with agreed trades", len([v for v in state.traded.values() if v]), len(positions)
    )
    answers = state.chain.call_many(
        ("PowerTrades", "positionOf", (account, node, zero + index))
        for (index, account), node in positions.items()
    )
    for (index, account), (sold, bought) in zip(positions, answers, strict=True):
        about = f"agreed trades of account {account} in interval {index}"
        found.equal(about, state.traded[index, account], sold - bought)
    for agreed in state.results.agreed:
        due = agreed.each_wh * (agreed.last - agreed.first + 1)
        found.equal(f"energy of contract {agreed.number}", due, agreed.energy_wh)
        found.equal(f"penalty of contract {agreed.number}", agreed.owed, agreed.penalty)


def _days(state: DayState, found: Comparison) -> None:
    """What was posted for payment is what the intervals came to, and all of it was paid."""
    day = state.line.start // DAY_S
    for mine in state.results.days:
        on_chain = state.chain.call("PowerSettlement", "dayOf", mine.node, day)
        about = f"day of node {mine.node}"
        found.equal(f"net, {about}", mine.net, on_chain.net)
        found.equal(f"operator's part, {about}", mine.operator, on_chain.due)
        found.equal(f"surplus, {about}", mine.surplus, on_chain.surplus)
        if state.results.paid:
            posted = state.chain.call("PowerSettlement", "listOf", mine.node, day)
            found.equal(f"payments, {about}", sum(mine.amounts.values()), posted.sum)
            found.equal(f"returned, {about}", mine.returned, posted.sum - on_chain.net)
            found.equal(f"chunks paid, {about}", posted.chunks, posted.paid)


def _credits(state: DayState, found: Comparison) -> None:
    """What the accounts of the market add up to is what the market holds, and what its reserve lent."""
    names = state.chain.call("PowerMarket", "pseudonymCount")
    of_the_grid = len(state.accounts) - len(state.plants)
    found.equal("names", len(state.holders) + of_the_grid, names)
    own = state.chain.call("PowerMarket", "controllerOf", state.chain["PowerSettlement"]).account
    numbers = [own, *(p.number for p in state.people.values())]
    numbers += range(FIRST_PSEUDONYM, FIRST_PSEUDONYM + names)
    accounts = state.chain.call_many(("PowerMarket", "accountOf", (n,)) for n in numbers)
    held = state.chain.call("EnergyCredits", "balanceOf", state.chain["PowerMarket"], state.series)
    aside = sum(state.deposits.values())
    reserve = state.chain.call("PowerMarket", "reserve")
    lent = state.chain.call("PowerMarket", "debtOf", reserve)
    total = sum(a.free + a.escrow for a in accounts) + aside
    found.equal("credits in the market", total, held + lent)


def reconcile(state: DayState) -> None:
    """Compares twice, says how much was compared, and stops the run when anything differs."""
    own = compare(state)
    outside = audit(state.chain)
    state.results.own_values = own.count
    state.results.audit = outside
    state.driver.note(f"{own.count:,} values of the run's own books compared")
    state.driver.note(f"{outside.values:,} values rebuilt from {outside.events:,} events compared")
    state.driver.note(outside.trust)
    differences = own.differences + [str(fault) for fault in outside.faults]
    if differences:
        path = state.folder / "differences.txt"
        path.write_text("\n".join(differences) + "\n", encoding="utf-8")
        shown = "\n".join(differences[:SHOWN])
        raise refused(
            "ENERGY_DAY_DIFFERENCES",
            differences_count=len(differences),
            own_count=own.count + outside.values,
            shown=shown,
        )
    state.driver.note("no difference")
